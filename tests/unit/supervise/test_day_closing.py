"""A day is closed once every log has passed it, and what was learnt late is looked for again."""

import json

import pytest

from consumers.supervise.day_closing import STREAMS_MAX, close_all
from consumers.supervise.judging import Judging
from consumers.supervise.reevaluation import reevaluate
from ledger.chain.act import decode_act, encode_act
from ledger.chain.partition import partition_for
from ledger.domain.control_records import day_of
from schemas.loader import rule_set_text
from tests.support.control import days, published_text
from tests.support.day_closing import memory_closer
from tests.support.ledger_copy import (
    FINGERPRINTS,
    PLATFORM,
    SECOND,
    LedgerCopy,
    MemorySource,
    codec_of,
    digest,
    sample,
)
from tests.support.supervision import TYPES, memory_matters

DAY = 24 * 3_600 * SECOND
OFFICER = "officer:1"
CREDENTIAL = {"credentialNo": "18010017"}
INQUIRY, DECISION = "InquiryRecorded", "PenaltyDecisionMade"
INSPECTION = "InspectionRecordMade"
MATTERS = [f"case:{number}" for number in range(STREAMS_MAX + 4)]


@pytest.fixture
def ledger():
    """Two case logs, the default rule set, and an officer with a credential."""
    types = ("CredentialIssued", "CredentialSuspended", "EventCorrected")
    ledger = LedgerCopy(2, schemas=(*TYPES, *types, INQUIRY, DECISION, INSPECTION))
    text = rule_set_text()
    ledger.add(
        "RuleSetPublished",
        published_text(json.loads(text)["version"], text),
        stream="platform:rules",
    )
    terms = {
        "scope": ["PENALTY"],
        "regionCode": "430100",
        "validFrom": days("2026-01-01"),
        "validTo": days("2028-12-31"),
    }
    ledger.add(
        "CredentialIssued", sample("CredentialIssued", **CREDENTIAL, **terms), stream=OFFICER
    )
    return ledger


def inquire(ledger, stream):
    log = str(partition_for(stream.encode(), 2))
    return ledger.add(INQUIRY, sample(INQUIRY), stream=stream, log=log, emitter_seq=None)


def suspend(ledger, start):
    payload = sample("CredentialSuspended", **CREDENTIAL, **{"from": start, "to": None})
    return ledger.add("CredentialSuspended", payload, stream=OFFICER, actors=(), emitter_seq=None)


def pass_days(ledger, count=1, logs=("control", "0", "1")):
    ledger.now += count * DAY
    for log in logs:
        ledger.add("EventAnnulled", sample("EventAnnulled"), stream=f"log:{log}", log=log)


def closed(ledger):
    """Return the acts that follow from the days that are over, and the first that is not."""
    source = MemorySource(ledger.logs)
    closer = memory_closer(source)
    found = close_all(closer, source.sizes(), lambda day: day <= 0)
    return [decode_act(one.act.value) for one, _ in found], closer.next_day


def test_what_was_learnt_late_is_said_in_each_matter(ledger):
    """Of all logs, with the acts since then only; each matter is read, though few are kept."""
    inquire(ledger, MATTERS[0])
    start = ledger.now + SECOND
    own = {stream: [inquire(ledger, stream), inquire(ledger, stream)] for stream in MATTERS}
    pass_days(ledger)
    trigger = suspend(ledger, start)
    inquire(ledger, MATTERS[0])
    pass_days(ledger)
    found, _ = closed(ledger)

    assert {act.stream_key for act in found} == set(MATTERS)
    for act in found:
        assert (act.causation_id, act.case_id) == (trigger, act.stream_key)
        causes = [trigger, *own[act.stream_key]]
        assert [cause in act.payload for cause in causes] == [True, True, True]
    assert len({act.event_id for act in found}) == len(MATTERS)


def test_what_was_learnt_late_is_no_alert_that_a_rule_set_drops(ledger):
    """A re-evaluation asks no rule of the day's end, those with a name of both kinds included."""
    start = ledger.now + SECOND
    inquire(ledger, MATTERS[0])
    pass_days(ledger)
    suspend(ledger, start)
    pass_days(ledger)
    (alert,) = closed(ledger)[0]
    log = str(partition_for(MATTERS[0].encode(), 2))
    ledger.append(encode_act(alert), log)
    source = MemorySource(ledger.logs)
    found = reevaluate(source, Judging(memory_matters(source), PLATFORM.name), ["V-CRED-01"])

    assert (found.dropped, found.others) == ([], 1)


def test_nothing_is_learnt_late_where_it_was_known(ledger):
    inquire(ledger, MATTERS[0])
    suspend(ledger, ledger.now + 2 * SECOND)
    inquire(ledger, MATTERS[0])
    pass_days(ledger)

    assert closed(ledger)[0] == []


def test_a_day_lasts_until_every_log_has_passed_it(ledger):
    """One log without a heartbeat keeps it open, whatever the others have."""
    first = day_of(ledger.now)
    inquire(ledger, MATTERS[0])
    inquire(ledger, MATTERS[1])
    pass_days(ledger, logs=("control", "1"))
    assert closed(ledger) == ([], first)

    pass_days(ledger, 2)
    assert closed(ledger) == ([], first + 3)


def decide(ledger, stream, number):
    log = str(partition_for(stream.encode(), 2))
    return ledger.add(DECISION, decision(number), stream=stream, log=log, emitter_seq=None)


def decision(number):
    payload = sample(DECISION, draftHash=digest("draft"))
    number = f"长市监处罚〔2026〕{number}号"
    return {**payload, "doc": {**payload["doc"], "docNo": number, "fileHash": digest("file")}}


def correct(ledger, stream, target, number):
    payload = sample(
        "EventCorrected",
        targetEventId=target,
        payloadSchema=FINGERPRINTS[DECISION, 1],
        payload=codec_of(DECISION).encode(decision(number)),
    )
    log = str(partition_for(stream.encode(), 2))
    return ledger.add("EventCorrected", payload, stream=stream, log=log, emitter_seq=None)


def test_a_correction_of_an_act_of_another_type_ends_no_day_early(ledger):
    """It brings a decision and is about none; what it says is nobody's number, and no fault."""
    decide(ledger, MATTERS[0], 7)
    correct(ledger, MATTERS[1], inquire(ledger, MATTERS[1]), 7)
    pass_days(ledger)
    assert closed(ledger) == ([], day_of(ledger.now))


def test_an_inspection_at_a_time_that_no_calendar_has_keeps_no_day_open(ledger):
    uscc = "91430100DEM000005N"
    results = [{"itemCode": "A-1", "finding": "NO_PROBLEM"}]
    payload = sample(INSPECTION, results=results)
    payload = {**payload, "object": {**payload["object"], "uscc": uscc}}
    log = str(partition_for(MATTERS[0].encode(), 2))
    ledger.add(
        INSPECTION, payload, stream=MATTERS[0], log=log, occurred_at=-(2**62), emitter_seq=None
    )
    pass_days(ledger)
    assert closed(ledger) == ([], day_of(ledger.now))


def test_a_number_counts_as_it_reads_when_the_day_ends(ledger):
    """Corrected the same day it was never a double; corrected into one, the correction is."""
    first, second, third = MATTERS[:3]
    decide(ledger, first, 7)
    correct(ledger, second, decide(ledger, second, 7), 8)
    other = decide(ledger, third, 9)
    pass_days(ledger)
    assert closed(ledger)[0] == []

    wrong = correct(ledger, third, other, 8)
    pass_days(ledger)
    (found,) = closed(ledger)[0]
    assert (found.stream_key, found.causation_id) == (third, wrong)


def test_a_correction_that_leaves_the_number_says_it_no_second_time(ledger):
    decide(ledger, MATTERS[0], 7)
    other = decide(ledger, MATTERS[1], 7)
    pass_days(ledger)
    correct(ledger, MATTERS[1], other, 7)
    pass_days(ledger)

    (found,) = closed(ledger)[0]
    assert found.causation_id == other
