"""Natural persons who are fined, in matters of a ledger in memory."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from schemas.loader import rule_set_text, schema_text
from tests.support.control import days, published_text
from tests.support.ledger_copy import SECOND, LedgerCopy, digest, sample
from tests.support.supervision import ALERT

RULE: Final = "V-PROC-15"
OF_STREAMS: Final = "V-COE-07"
DECISION, FILED = "PenaltyDecisionMade", "CaseFiled"
DAY: Final = 24 * 3_600 * SECOND
NOTHING: Final = {"objectCommitment": None, "durationDays": None}
FINE: Final = [{"kind": "FINE", "amountFen": 50_000, **NOTHING}]
WARNING: Final = [{**FINE[0], "kind": "WARNING", "amountFen": None}]
TYPES: Final = (
    *(FILED, DECISION, "EventCorrected", "EventAnnulled", "RuleSetPublished"),
    *("EnforcementDecisionMade", "OpeningsCompleted", "VaultKeyDestroyed"),
)


def a_ledger(case_logs: int = 1, *, by_index: bool = True) -> LedgerCopy:
    """Return a ledger in which this rule is in force, and one of single streams."""
    ledger = LedgerCopy(case_logs, schemas=TYPES)
    for version in (1, 2)[: 1 + by_index]:
        publish_alert(ledger, version)
    payload = published_text(*two_rules())
    ledger.add("RuleSetPublished", payload, stream="platform:rules", emitter_seq=None)
    return ledger


@cache
def two_rules() -> tuple[str, str]:
    """Return version and text of a rule set that is read fast."""
    text = json.loads(rule_set_text())
    text["violations"] = {rule: text["violations"][rule] for rule in (RULE, OF_STREAMS)}
    del text["deadlines"]
    return text["version"], json.dumps(text)


def publish_alert(ledger: LedgerCopy, version: int) -> None:
    """Publish a version of what an alert says."""
    ledger.publish_schema(ALERT, version, schema_text(f"{ALERT}.v{version}.avsc"))


def decision(number: int, penalties: Any = FINE) -> dict[str, Any]:
    """Return a decision about the natural person of a matter."""
    payload = sample(DECISION, violationType="UNLICENSED", penalties=penalties)
    payload |= {"draftHash": digest("draft"), "doc": {**payload["doc"], "fileHash": digest("file")}}
    party = {"partyId": f"p-{number}", "partyType": "NATURAL", "idScheme": "IDCARD", "uscc": None}
    return {**payload, "party": {**payload["party"], **party, "idValueCommitment": bytes(32)}}


def decide(
    ledger: LedgerCopy, number: int, penalties: Any = FINE, log: str = "0", opened: int = 2
) -> bytes:
    """Have a person decided about in a matter of its own."""
    stream = f"case:{number}"
    filed = sample(FILED, violationEndDate=days("2026-02-20"))
    ledger.add(FILED, filed, stream=stream, log=log, emitter_seq=None)
    payload = decision(number, penalties)
    return ledger.add(DECISION, payload, stream=stream, log=log, emitter_seq=None, opened=opened)


def open_later(ledger: LedgerCopy, number: int, event_id: bytes, log: str) -> None:
    """Have the openings of a decision come."""
    payload = {"eventId": event_id, "count": 2}
    ledger.add("OpeningsCompleted", payload, stream=f"case:{number}", log=log, emitter_seq=None)


def destroy_key(ledger: LedgerCopy, number: int, log: str) -> None:
    """Have the key of a matter's party destroyed."""
    payload = {"subjects": [f"p-{number}"], "proposalEventId": bytes(16)}
    ledger.add("VaultKeyDestroyed", payload, stream=f"case:{number}", log=log, emitter_seq=None)


def end_day(ledger: LedgerCopy, days_passed: int = 1) -> None:
    """Let time pass in every log."""
    ledger.now += days_passed * DAY
    for log in ledger.logs:
        note = sample("EventAnnulled", targetEventId=bytes(16))
        ledger.add("EventAnnulled", note, stream=f"log:{log}", log=log, emitter_seq=None)
