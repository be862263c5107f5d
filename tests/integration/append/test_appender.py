"""Committed, answered, proven: the appender on real PostgreSQL and a real tile store."""

import pytest

from ledger.chain.outcomes import COMMITTED, DUPLICATE, REJECTED
from ledger.chain.receipt import format_receipt, verify_receipt
from ledger.errors import UnavailableError
from schemas.loader import event_schemas
from tests.support.append_stage import (
    ACTS_TOPIC,
    Topic,
    items,
    joined,
    make,
    make_committed,
    replace,
    run,
)
from tests.support.control import (
    AGENCY,
    AGENCY_EMITTER,
    OTHER_AGENCY,
    PLATFORM,
    emitter_registered,
    event_id,
    schema_published,
    signer,
)
from tests.support.log_checker import check_log, decoded, types

NAME = '"王小明"'.encode()


def closed(name="a", stream="case:1", **fields):
    return make("CaseClosed", {"reason": "EXECUTED"}, stream, event_id=event_id(name), **fields)


def stated(name="s", value=NAME):
    """Return an act with one commitment and its opening."""
    payload = {"reason": bytes(32), "approver": "officer:2"}
    return make_committed(
        "InvestigationSuspended", payload, "case:1", {"/reason": value}, event_id=event_id(name)
    )


def process(stage, topic=None):
    """Let a fresh appender read a topic of acts to its end."""
    with stage.running("0") as appender:
        return run(appender, topic or stage.topics[0])


def receipt_of(deliveries, number=0):
    """Return the receipt in an outcome."""
    item = items(deliveries)[number]
    checkpoint = deliveries.receipts[0].outcomes.checkpoint
    return format_receipt(item.extra, item.leaf_index, item.path, checkpoint)


def test_acts_are_committed_in_order_and_answered_with_receipts(stage):
    """Every receipt verifies against the act alone; the log verifies as a stranger would."""
    acts = [closed(f"a{number}", f"case:{number % 7}") for number in range(100)]
    stage.topics[0].submit(acts[:64])
    stage.topics[0].submit(acts[64:])
    deliveries = process(stage)
    found = items(deliveries)
    assert [item.outcome for item in found] == [COMMITTED] * 100
    assert [item.event_id for item in found] == [act.act.event_id for act in acts]
    assert {answer.emitter_id for answer in deliveries.receipts} == {AGENCY_EMITTER}
    assert len(deliveries.receipts) == 2  # One answer a submission and commit.
    for number in (0, 63, 64, 99):
        report = verify_receipt(
            receipt_of(deliveries, number),
            acts[number].value,
            [stage.signer("0").key],
            [signer(AGENCY_EMITTER).key],
        )
        assert report.origin_checked
    check_log(stage, "0")


def test_the_same_act_again_has_the_same_place(stage):
    """In the same batch, in a later one, and from another submission of the same bytes."""
    stage.topics[0].submit([closed(), closed()])
    stage.topics[0].submit([closed(), closed("b")])
    first = items(process(stage))
    assert [item.outcome for item in first] == [COMMITTED, DUPLICATE, DUPLICATE, COMMITTED]
    stage.topics[0].submit([closed()])
    again = process(stage)
    assert [item.outcome for item in items(again)] == [DUPLICATE]
    assert items(again)[0].leaf_index == first[0].leaf_index
    assert items(again)[0].extra == first[0].extra
    verify_receipt(receipt_of(again), closed().value, [stage.signer("0").key])
    check_log(stage, "0")


def test_other_bytes_under_a_known_id_are_refused(stage):
    """R4, within a batch and against the log."""
    other = closed(stream="case:2")
    stage.topics[0].submit([closed(), other])
    assert [item.outcome for item in items(process(stage))] == [COMMITTED, REJECTED]
    stage.topics[0].submit([other])
    item = items(process(stage))[0]
    assert item.problem.code == "R4_EVENT_ID_REUSED"
    assert item.leaf_index is None


def test_a_wrong_expected_version_is_refused_with_the_right_one(stage):
    """R5 only where a version is expected; it counts what the same batch appended."""
    stage.topics[0].submit([closed("a", expected_version=0), closed("b", expected_version=1)])
    stage.topics[0].submit([closed("c", expected_version=1), closed("d")])
    found = items(process(stage))
    assert [item.outcome for item in found] == [COMMITTED, COMMITTED, REJECTED, COMMITTED]
    assert found[2].problem.code == "R5_VERSION"
    assert found[2].problem.stream_version == 2


def test_refused_records_are_recorded_and_their_bytes_kept_encrypted(stage):
    """One EventsRejected a batch; the emitter hears of what is proven to be its own."""
    topic = stage.topics[0]
    topic.put(b"case:1", b"rubbish \xff")
    topic.put(None, None)
    topic.submit([closed(agency_id=OTHER_AGENCY)])
    topic.submit([closed("ok")])
    topic.submit([closed("elsewhere")], ledger="other")
    deliveries = process(stage)
    codes = [notice.code for notice in deliveries.rejected]
    assert codes == ["R1_MALFORMED", "R11_NULL_VALUE", "R3_NOT_REGISTERED", "R2_LEDGER"]
    assert [item.outcome for item in items(deliveries)] == [REJECTED, COMMITTED]
    entry, act = decoded(stage, "0")[-1]
    assert act.event_type == "EventsRejected"
    assert entry.source.offset == 0
    (sealed,) = stage.query("SELECT count(*) FROM vault.quarantine")[0]
    assert sealed == 4
    everything = str(stage.query("SELECT * FROM vault.quarantine"))
    assert "rubbish" not in everything
    check_log(stage, "0")


def test_many_refusals_take_several_entries(stage):
    """At most 256 items each."""
    for number in range(600):
        stage.topics[0].put(b"case:1", b"%d" % number)
    deliveries = process(stage)
    assert len(deliveries.rejected) == 600
    assert types(stage, "0").count("EventsRejected") == 3
    check_log(stage, "0")


def test_openings_go_to_the_vault_and_missing_ones_may_follow(stage):
    """Stripped on the way: appended, then completed once by a duplicate that has them."""
    topic = stage.topics[0]
    topic.submit([stated("whole")])
    topic.submit([stated("stripped")], with_openings=False)
    assert [item.outcome for item in items(process(stage))] == [COMMITTED] * 2
    opened = {act.event_id: entry.opened for entry, act in decoded(stage, "0")}
    assert opened[event_id("whole")] == 1
    assert opened[event_id("stripped")] == 0
    for _ in range(2):
        topic.submit([stated("stripped"), stated("whole")])
    assert [item.outcome for item in items(process(stage))] == [DUPLICATE] * 4
    assert types(stage, "0").count("OpeningsCompleted") == 1
    assert stage.query("SELECT count(*) FROM vault.openings") == [(2,)]
    check_log(stage, "0")


def test_openings_that_come_again_in_one_batch_are_kept_once(stage):
    """The act that brings them, the duplicate that completes them, and then no other."""
    topic = stage.topics[0]
    topic.submit([stated("whole")])
    topic.submit([stated("stripped")], with_openings=False)
    for _ in range(2):
        topic.submit([stated("stripped"), stated("whole")])
    found = [item.outcome for item in items(process(stage))]
    assert found == [COMMITTED] * 2 + [DUPLICATE] * 4
    assert types(stage, "0").count("OpeningsCompleted") == 1
    assert stage.query("SELECT count(*) FROM vault.openings") == [(2,)]
    check_log(stage, "0")


def test_a_damaged_seal_is_refused_and_the_act_may_come_again(stage):
    """R9 leaves nothing in the stream: a rejected id may be sent again."""
    topic = stage.topics[0]
    record = topic.submit([stated()])[0]
    name, sealed = record.headers[2]
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    topic.records[-1] = record._replace(headers=[*record.headers[:2], (name, damaged)])
    topic.submit([stated()])
    found = items(process(stage))
    assert [item.outcome for item in found] == [REJECTED, COMMITTED]
    assert found[0].problem.code == "R9_SEAL_UNREADABLE"


def test_a_new_life_of_the_topic_is_read_from_its_first_offset(stage):
    """What was appended before is a duplicate, whatever its offset is now."""
    stage.topics[0].submit([closed("a"), closed("b")])
    process(stage)
    reborn = Topic(ACTS_TOPIC, incarnation="00000000-0000-4000-8000-000000000001")
    reborn.submit([closed("b"), closed("c"), closed("a")])
    found = items(process(stage, reborn))
    assert [item.outcome for item in found] == [DUPLICATE, COMMITTED, DUPLICATE]
    check_log(stage, "0")


def test_a_record_is_consumed_once_whoever_reads_it_again(stage):
    """Offsets at or below the tracking row are dropped under the head lock."""
    stage.topics[0].submit([closed("a"), closed("b")])
    records = stage.topics[0].records
    with stage.running("0") as appender:
        first = appender.process(records, stage.topics[0].incarnation)
        before = joined(first, appender.drain())
        again = appender.process(records, stage.topics[0].incarnation)
        assert items(before)
        assert not items(again)
        assert not items(appender.drain())
    check_log(stage, "0")


def test_a_log_whose_control_log_has_not_published_yet_waits(empty_stage):
    """Acts are not judged by an empty catalogue: that would refuse them all."""
    empty_stage.found()
    empty_stage.topics[0].submit([closed()])
    with empty_stage.running("0") as appender, pytest.raises(UnavailableError):
        appender.process(empty_stage.topics[0].records, empty_stage.topics[0].incarnation)


# --- the control log -----------------------------------------------------------------------------


def registered(name, agencies=(AGENCY,)):
    payload = emitter_registered(name, "AGENCY", agencies)
    return replace(make("EmitterRegistered", payload, f"emitter:{name}"), actors=())


def process_control(stage):
    with stage.running("control") as appender:
        return items(run(appender, stage.control_topic))


def test_a_control_entry_is_judged_by_all_before_it(stage):
    """An emitter that is registered may act in the very next record of the same batch."""
    topic = stage.control_topic
    retired = {"itemCode": "430100-SC-0001", "reason": bytes(32), "effectiveFrom": 20_000}
    act = make("EnforcementItemRetired", retired, "item:x", emitter_id="agy.new", case_id=None)
    topic.submit([act], "agy.new")
    topic.submit([registered("agy.new")], PLATFORM)
    topic.submit([act], "agy.new")
    found = process_control(stage)
    assert [item.outcome for item in found] == [COMMITTED, COMMITTED]
    sizes = [entry.control_size for entry, _ in decoded(stage, "control")]
    assert sizes == list(range(len(sizes)))
    check_log(stage, "control")


def test_what_cannot_be_applied_is_refused_and_changes_nothing(stage):
    """A second text under a known type and version, a vkey of another name."""
    text = event_schemas()["CaseClosed", 1].replace('"结案"', '"别的"')
    other = schema_published("CaseClosed", 1, text)
    second = replace(make("SchemaPublished", other, "schema:CaseClosed"), actors=())
    payload = emitter_registered("agy.x", "AGENCY", [AGENCY]) | {"vkey": signer("agy.y").vkey}
    misnamed = replace(make("EmitterRegistered", payload, "emitter:agy.x"), actors=())
    stage.control_topic.submit([second, misnamed, registered("agy.z")], PLATFORM)
    found = process_control(stage)
    assert [item.outcome for item in found] == [REJECTED, REJECTED, COMMITTED]
    assert found[0].problem.pointer == "/payload/text"
    assert found[1].problem.pointer == "/payload/vkey"
    stage.topics[0].submit([closed()])
    assert [item.outcome for item in items(process(stage))] == [COMMITTED]
    check_log(stage, "control")


def test_an_entry_says_how_much_of_the_control_log_it_was_judged_by(stage):
    """The promised size, which never goes back."""
    stage.topics[0].submit([closed("a")])
    process(stage)
    stage.control_topic.submit([registered("agy.later")], PLATFORM)
    process_control(stage)
    later = closed("b", emitter_id="agy.later")
    stage.topics[0].submit([later], "agy.later")
    assert [item.outcome for item in items(process(stage))] == [COMMITTED]
    sizes = [entry.control_size for entry, _ in decoded(stage, "0")]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(decoded(stage, "control"))
