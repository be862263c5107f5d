"""Acts that are genuine, but twice in a log or in another log than their own."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.findings import LogReport
from ledger.chain.partition import partition_for
from ledger.chain.quick_bundle import QuickCheck
from ledger.chain.schema_text import text_hash
from ledger.chain.verify import control_keys, verify_log
from tests.support.logs import EMITTER, LogBuilder, case_acts, make_act, signer
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_control import ControlBuilder

Fill = Callable[[LogBuilder], object]
NO_CAREFUL = {"CaseClosed": "case", "HoldPlaced": "target", "AgencyRegistered": "control"}


def found(report: LogReport) -> set[tuple[str, int | None, str | None]]:
    return {(row.kind, row.leaf_index, row.stream) for row in report.findings}


@pytest.mark.parametrize("at", [1, 200, 300])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_act_taken_twice_is_found(at: int, workers: int) -> None:
    """In the same bundle and in another one, in the same range and in another one."""
    log = LogBuilder()
    log.submit(case_acts(300, 30, 10))
    entry = decode_entry(log.entries[at])
    for first in range(1_000, 1_000 + 16 * 256 * 2, 256):
        log.submit(case_acts(256, 30, 10, first=first))
    again = log.append(entry.stream_id, entry.act, entry.submission)
    report = verify_log(MemorySource.of(log), [log.signer.key], workers=workers)
    assert (report.exit_code, found(report)) == (10, {("event_id", again, entry.stream_id)})


def test_an_event_id_used_again_in_a_row_is_found() -> None:
    log = LogBuilder()
    acts = case_acts(60, 6, 10)
    acts[40] = acts[40]._replace(event_id=acts[39].event_id)
    log.submit(acts)
    report = verify_log(MemorySource.of(log), [log.signer.key], acts=True)
    assert found(report) == {("event_id", 41, acts[40].stream_key)}


def many_logs(log: str, fill: Fill) -> LogReport:
    builder = LogBuilder(log, case_logs=4)
    fill(builder)
    return verify_log(MemorySource.of(builder), [builder.signer.key])


def test_each_stream_lies_in_the_log_of_its_key() -> None:
    acts = case_acts(400, 40, 10)
    places = [partition_for(act.stream_key.encode(), 4) for act in acts]
    own = [act for act, place in zip(acts, places, strict=True) if place == 2]
    others = [act for act, place in zip(acts, places, strict=True) if place != 2]
    assert many_logs("log/2", lambda log: log.submit(own)).findings == ()
    report = many_logs("log/2", lambda log: log.submit([*own, *others]))
    assert report.exit_code == 10
    first = {act.stream_key: len(own) + n for n, act in enumerate(others, 1)}
    first = {act.stream_key: len(own) + n for n, act in reversed([*enumerate(others, 1)])}
    assert found(report) == {("misplaced", at, stream) for stream, at in first.items()}


def test_the_streams_of_a_log_itself_have_no_key() -> None:
    def fill(log: LogBuilder) -> None:
        log.ledger_made("LogHeartbeat", "log:3", {"at": log.received_at})

    assert {partition_for(name, 4) for name in (b"ledger", b"log:3")} - {3}
    assert many_logs("log/3", fill).findings == ()


def catalogued(*versions: dict[str, str]) -> ControlBuilder:
    """Return a control log with an emitter and catalogues: log by event type."""
    control = ControlBuilder()
    control.schema("CatalogueVersionPublished")
    control.emitter(signer(EMITTER))
    birth = {"SchemaPublished": "control", "CatalogueVersionPublished": "control"}
    for rows in versions:
        types = {name: {"log": where} for name, where in {**birth, **rows}.items()}
        text = json.dumps({"version": "1", "types": types})
        payload = {"version": "1", "text": text, "textHash": text_hash(text), "effectiveFrom": 0}
        control.publish("CatalogueVersionPublished", "platform:catalogue", payload)
    return control


def judged(control: ControlBuilder, fill: Fill) -> LogReport:
    """Verify a case log against a control log; both checks of a bundle must agree."""
    log = LogBuilder()
    log.control_size = len(control.entries)
    fill(log)
    keys, source = control.keys(), MemorySource.of(log)
    report = verify_log(source, [log.signer.key], emitter_keys=keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickCheck, "columns", lambda *_: None)
        assert verify_log(source, [log.signer.key], emitter_keys=keys) == report
    return report


def test_acts_lie_in_the_log_that_the_catalogue_says() -> None:
    control = catalogued(NO_CAREFUL)
    acts = [make_act(name, "case:1", b"", 700 + n) for n, name in enumerate([*NO_CAREFUL, "New"])]
    assert judged(control, lambda log: log.submit(acts[:2])).findings == ()
    report = judged(control, lambda log: log.submit(acts))
    assert report.exit_code == 10
    assert found(report) == {("misplaced", 3, "case:1"), ("misplaced", 4, "case:1")}


def test_a_case_act_in_the_control_log_is_found() -> None:
    control = catalogued(NO_CAREFUL)
    control.submit([make_act("HoldPlaced", "case:1", b"", 800)])
    assert control.keys().control_size == len(control.entries)
    index = control.submit([make_act("CaseClosed", "case:1", b"", 801)])[0]
    report, keys = control_keys(MemorySource.of(control), [control.signer.key])
    assert (report.exit_code, keys, found(report)) == (10, None, {("misplaced", index, "case:1")})


def test_an_entry_is_judged_by_the_catalogue_of_its_own_time() -> None:
    control = catalogued({"CaseClosed": "case"}, {"CaseClosed": "control"})
    size = len(control.entries)

    def fill(log: LogBuilder) -> None:
        for step in (2, 1, 0):  # No catalogue, the first, the second.
            log.control_size = size - step
            log.submit(case_acts(4, 2, 10, first=100 * step + 1))

    report = judged(control, fill)
    assert {row.leaf_index for row in report.findings} == {9, 10, 11, 12}
    assert {row.kind for row in report.findings} == {"misplaced"}


def test_a_text_that_is_no_catalogue_is_found() -> None:
    control = catalogued()
    text = json.dumps({"types": []})
    payload = {"version": "1", "text": text, "textHash": text_hash(text), "effectiveFrom": 0}
    index = control.publish("CatalogueVersionPublished", "platform:catalogue", payload)
    report, keys = control_keys(MemorySource.of(control), [control.signer.key])
    assert (report.exit_code, keys) == (10, None)
    assert ("act", index, "platform:catalogue") in found(report)


@pytest.mark.parametrize("own", [False, True])
def test_more_of_the_control_log_than_was_read_is_incomplete(own: bool) -> None:
    """A control copy that was cut, or lags: its keys are not to be called unknown."""
    control = ControlBuilder()
    size = len(control.entries)

    def fill(log: LogBuilder) -> None:
        if own:
            log.ledger_made("LogHeartbeat", "log:0", {"at": log.received_at})
        else:
            log.submit(case_acts(3, 2, 10))

    def beyond(log: LogBuilder) -> None:
        log.control_size = size + 1
        fill(log)

    report = judged(control, beyond)
    assert report.exit_code == 11
    assert {row.kind for row in report.findings} == {"behind"}
    assert report.findings[0].leaf_index == 1
    assert judged(control, fill).exit_code == (0 if own else 12)


def test_a_case_log_of_another_ledger_is_found() -> None:
    control = ControlBuilder()
    log = LogBuilder(case_logs=3)
    report = verify_log(MemorySource.of(log), [log.signer.key], emitter_keys=control.keys())
    assert (report.exit_code, found(report)) == (10, {("birth", 0, "ledger")})


def test_a_checkpoint_read_before_is_the_one_verified() -> None:
    """The case log's checkpoint is taken first, so that the control log reaches further."""
    log = LogBuilder()
    log.submit(case_acts(300, 9, 10))
    early = log.checkpoint(280)
    source = MemorySource({**log.objects(280), **log.objects(), "checkpoint": log.checkpoint()})
    source.lists = False
    report = verify_log(source, [log.signer.key], checkpoint=early)
    assert (report.findings, report.size) == ((), 280)
