"""A violation rule by its examples, and at what it was asked in a case.

Read before: ``portal/cli/rule.py``, ``ledger/rules/rule_examples.py``. Read next:
``ledger/rules/violations/engine.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ledger.domain.stream import StreamAct
from ledger.errors import MalformedError
from ledger.rules.rule_examples import Verdict, verdict
from ledger.rules.violations.book import BOOK
from ledger.store.log_tables import CONTROL
from portal.programs.streams import read_acts, read_acts_beside
from schemas.loader import rule_examples

ALERT: Final = "SupervisionAlertRaised"


def judge_examples(rule_id: str) -> dict[str, Any]:
    """Return what a rule says of each of its examples. Raises MalformedError: there is no rule."""
    _check(rule_id)
    verdicts = [verdict(rule_id, example) for example in rule_examples()[rule_id]]
    return {
        "rule_id": rule_id,
        "holds": all(one.holds for one in verdicts),
        "examples": [_document(one) for one in verdicts],
    }


def looked_at(data: Path, rule_id: str, case: str) -> dict[str, Any]:
    """Return the entries of a case at which a rule is asked, with the alerts that it raised there.

    Raises:
        MalformedError: There is no such rule.
        RejectedError: There is no such case.
        UnavailableError: Database or tile store is away.
    """
    _check(rule_id)
    log, acts = read_acts(data, case)
    told = read_acts_beside(data, case) if log == CONTROL else acts
    types = BOOK.rules[rule_id].event_types
    raised = [it for it in told if it.event_type == ALERT and it.payload["ruleId"] == rule_id]
    entries = [_entry(it, raised) for it in acts if it.event_type in types]
    return {"rule_id": rule_id, "case": case, "log": log, "entries": entries}


def _entry(item: StreamAct, raised: list[StreamAct]) -> dict[str, Any]:
    own = [it.payload["alertId"] for it in raised if it.act.causation_id == item.act.event_id]
    return {
        "version": item.entry.stream_version,
        "leaf_index": item.entry.leaf_index,
        "event_type": item.event_type,
        "event_id": item.act.event_id.hex(),
        "alert_ids": own,
    }


def _document(one: Verdict) -> dict[str, Any]:
    differences = list(one.differences)
    if one.wanted != one.found:
        differences.append(f"found {one.found}, not {one.wanted}")
    return {
        "name": one.name,
        "holds": one.holds,
        "wanted": [{"at": at, "subject": subject} for at, subject in one.wanted],
        "found": [{"at": at, "subject": subject} for at, subject in one.found],
        "differences": differences,
    }


def _check(rule_id: str) -> None:
    if rule_id not in BOOK.rules:
        raise MalformedError(f"there is no violation rule {rule_id}", code="NOT_FOUND")
