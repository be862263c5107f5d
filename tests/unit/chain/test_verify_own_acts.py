"""What a log makes itself, and what it may not: its key alone is no agency's signature."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.chain.act import encode_act
from ledger.chain.entry import Source, decode_entry
from ledger.chain.findings import LogReport
from ledger.chain.ids import ledger_event_id
from ledger.chain.quick_bundle import QuickCheck
from ledger.chain.verify import verify_log
from tests.support.logs import INCARNATION, LogBuilder, case_acts, make_act, payload_schema
from tests.support.sources import MemorySource

HEARTBEAT = {"at": 1_793_534_400_000_000}
SOURCE = Source(INCARNATION, "enforcement.acts.v1", 0, 77, 1_793_534_400_000_000)


def judged(fill: Callable[[LogBuilder], object], log: str = "log/0") -> LogReport:
    """Verify a log of a few cases to which something was added; both checks must agree."""
    builder = LogBuilder(log)
    builder.submit(case_acts(20, 4, 10))
    fill(builder)
    source = MemorySource.of(builder)
    reports = [verify_log(source, [builder.signer.key], acts=acts) for acts in (False, True)]
    assert reports[0] == reports[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickCheck, "columns", lambda *_: None)
        assert verify_log(source, [builder.signer.key]) == reports[0]
    return reports[0]


def found(report: LogReport) -> list[tuple[str, int | None, str | None]]:
    return [(row.kind, row.leaf_index, row.stream) for row in report.findings]


def made(log: LogBuilder, event_type: str = "LogHeartbeat", **fields: object) -> int:
    """Append a heartbeat, or something that looks like one."""
    stream = str(fields.pop("stream", "log:0"))
    return log.ledger_made("LogHeartbeat", stream, HEARTBEAT, event_type=event_type, **fields)


def test_a_heartbeat_is_the_logs_own() -> None:
    assert judged(made).findings == ()


@pytest.mark.parametrize("event_type", ["PenaltyDecisionMade", "EmitterRegistered", "Other"])
def test_a_log_makes_no_act_of_an_agency(event_type: str) -> None:
    def fill(log: LogBuilder) -> None:
        made(log, event_type, event_id=ledger_event_id(log.origin, 21, event_type))

    report = judged(fill)
    assert (report.exit_code, found(report)) == (10, [("origin", 21, "log:0")])


def test_a_log_is_born_once() -> None:
    def fill(log: LogBuilder) -> None:
        act = decode_entry(log.entries[0]).act
        log.append("ledger", act)

    report = judged(fill)
    assert report.exit_code == 10
    assert ("origin", 21, "ledger") in found(report)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"agency_id": "11430100FCT000022L"}, "agencyId"),
        ({"aggregate_type": "Case"}, "aggregateType"),
        ({"aggregate_id": "case:1"}, "aggregateId"),
        ({"occurred_at": 1}, "occurredAt"),
        ({"recorded_at": 1}, "recordedAt"),
        ({"actors": make_act("X", "case:1", b"", 1).actors}, "actors"),
        ({"event_id": bytes(16)}, "eventId"),
        ({"expected_version": 3}, "expectedVersion"),
        ({"delegate_id": "x"}, "delegateId"),
        ({"emitter_seq": 4}, "emitterSeq"),
        ({"late_entry": "LATE"}, "lateEntry"),
        ({"correlation_id": bytes(16)}, "correlationId"),
        ({"case_id": "case:1"}, "caseId"),
        ({"item_code": "430100"}, "itemCode"),
        ({"stream": "case:1"}, "stream"),
        ({"stream": "log:1"}, "stream"),
        ({"stream": "ledger"}, "stream"),
        ({"emitter_id": "ledger.example/log/1"}, "the log did not make"),
    ],
)
def test_each_field_of_an_own_act_follows_from_its_place(
    fields: dict[str, object], text: str
) -> None:
    report = judged(lambda log: made(log, **fields))
    assert report.exit_code == 10
    assert found(report) == [("origin", 21, fields.get("stream", "log:0"))]
    assert text in report.findings[0].text


def test_the_log_speaks_of_a_case_in_the_cases_stream_only() -> None:
    """With a source the event id follows from the source, and the cause may be named."""
    event_id = ledger_event_id(*SOURCE[:4], "OpeningsCompleted", 0)
    schema = payload_schema("OpeningsCompleted")
    payload = schema.codec.encode({"eventId": bytes(16), "count": 1})

    def fill(stream: str, **changes: object) -> Callable[[LogBuilder], None]:
        def append(log: LogBuilder) -> None:
            act = make_act(
                "OpeningsCompleted",
                stream,
                payload,
                1,
                event_id=event_id,
                aggregate_type="Ledger",
                agency_id="12430000FCT000011R",
                emitter_id=log.origin,
                emitter_seq=None,
                actors=(),
                occurred_at=log.received_at,
                recorded_at=log.received_at,
                causation_id=bytes(16),
                case_id=None,
                item_code=None,
            )
            log.append(stream, encode_act(act), **{"source": SOURCE, **changes})

        return append

    assert judged(fill("case:1")).findings == ()
    assert found(judged(fill("log:0"))) == [("origin", 21, "log:0")]
    assert found(judged(fill("case:1", source=None))) == [("origin", 21, "case:1")]
    other = SOURCE._replace(offset=78)
    assert found(judged(fill("case:1", source=other))) == [("origin", 21, "case:1")]
    assert found(judged(fill("case:1", opened=1))) == [("origin", 21, "case:1")]


@pytest.mark.parametrize("stream", ["ledger", "log:0", "log:control"])
def test_nobody_else_writes_into_the_ledgers_streams(stream: str) -> None:
    act = make_act("CaseClosed", stream, b"", 900)
    report = judged(lambda log: log.submit([act]))
    assert (report.exit_code, found(report)) == (10, [("origin", 21, stream)])


def test_nobody_else_makes_an_act_of_the_ledger() -> None:
    act = make_act("DecisionGateCleared", "case:1", b"", 900)
    report = judged(lambda log: log.submit([act]))
    assert (report.exit_code, found(report)) == (10, [("origin", 21, "case:1")])


def test_streams_that_only_look_like_the_ledgers_are_anybodys() -> None:
    acts = [make_act("CaseClosed", stream, b"", 900 + n) for n, stream in enumerate(LIKE)]
    assert judged(lambda log: log.submit(acts)).findings == ()


LIKE = ("case:log:0", "ledger:x", "log", "xlog:1")
