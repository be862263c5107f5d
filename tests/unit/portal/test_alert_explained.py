"""What an alert rests on is shown wherever it lies."""

from contextlib import nullcontext

from ledger.chain.ids import uuid_text
from portal.cli.alert import explanation
from portal.programs import alerts
from portal.programs.streams import OpenLedger
from projections.supervision.view import AlertQuery
from tests.support.ledger_copy import MemorySource
from tests.support.supervision import (
    LogStreams,
    MemorySender,
    MemoryTracking,
    enforce,
    judged_ledger,
    memory_engine,
    memory_matters,
)
from tests.support.views import memory_readers


class WholeLog(LogStreams):
    """Lacks nothing."""

    def check_whole(self):
        pass


def test_a_trigger_in_the_control_log_is_shown(monkeypatch, tmp_path):
    """In its case log the stream has nothing but alerts."""
    ledger = judged_ledger(1)
    trigger = enforce(ledger, "case:1", "control")
    source = MemorySource(ledger.logs)
    memory_engine(source, MemorySender(ledger), MemoryTracking()).supervise_batch()
    row = memory_readers(ledger.logs).supervision.alerts(AlertQuery(), 1).rows[0]
    assert (row.log, len(ledger.stream("0", "case:1"))) == ("0", 2)
    opened = OpenLedger(
        {},
        {log: WholeLog(source, log) for log in source.logs},
        memory_matters(source).control.newest(),
    )
    monkeypatch.setattr(alerts, "read_alert", lambda data, alert_id: row)
    monkeypatch.setattr(alerts, "open_ledger", lambda data: nullcontext(opened))
    monkeypatch.setattr(alerts, "log_of_stream", lambda data, stream_id: "0")

    document = alerts.explain_alert(tmp_path, row.alert_id)

    (act,) = document["acts"]
    assert (act["event_id"], act["term"]) == (uuid_text(trigger), "强制执行决定")
    assert any("(EnforcementDecisionMade), version 1" in line for line in explanation(document))
