"""An alert that is confirmed before the engine could raise it is the engine's, byte for byte."""

from __future__ import annotations

import pytest

from consumers.platform.alerts import Confirmation
from consumers.supervise.control_history import ControlHistory
from ledger.errors import RejectedError
from tests.support.ledger_copy import LedgerCopy, MemorySource, sample
from tests.support.platform import CopyOfLogs, Platform, publish_rules
from tests.support.supervision import MemorySender, MemoryTracking, memory_engine

RULE, STREAM, SUPERVISOR = "V-COE-07", "case:1", "officer:9"


@pytest.fixture
def ledger():
    ledger = LedgerCopy(1)
    publish_rules(ledger)
    return ledger


def confirm(platform, rule, event_id):
    control = ControlHistory(CopyOfLogs(platform.ledger))
    order = platform.order(STREAM, SUPERVISOR)
    said = Confirmation(rule, event_id, "属实。")
    return platform.commands.confirm_alert(order, control, said)


def test_the_alert_is_raised_once_and_confirmed(ledger):
    payload = sample("EnforcementDecisionMade")
    wrong = ledger.add("EnforcementDecisionMade", payload, stream=STREAM, log="0")
    platform = Platform(ledger)
    raised, word = platform.take(confirm(platform, RULE, wrong))
    sender = MemorySender()
    memory_engine(MemorySource(ledger.logs), sender, MemoryTracking()).supervise_batch()

    assert raised.entry.act in sender.values.values()
    assert (raised.event_type, raised.act.causation_id) == ("SupervisionAlertRaised", wrong)
    assert word.payload["alertId"] == raised.payload["alertId"]
    assert (word.payload["outcome"], word.payload["by"]) == ("CONFIRMED", SUPERVISOR)
    assert [it.event_type for it in platform.take(confirm(platform, RULE, wrong))] == [
        "AlertResolved"
    ]


def test_what_no_rule_finds_nobody_confirms(ledger):
    payload = sample("EnforcementDecisionMade")
    ledger.add("DemandNoticeServed", sample("DemandNoticeServed"), stream=STREAM, log="0")
    right = ledger.add("EnforcementDecisionMade", payload, stream=STREAM, log="0")
    platform = Platform(ledger)
    for rule, event_id in ((RULE, right), ("V-NONE-01", right), (RULE, bytes(16))):
        with pytest.raises(RejectedError, match="finds nothing"):
            confirm(platform, rule, event_id)
