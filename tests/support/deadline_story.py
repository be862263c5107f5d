"""Matters with deadlines in a ``LedgerCopy``: acts, time that passes, and law that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG, EntryView
from ledger.domain.stream import StreamAct, count_step
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadline_terms import terms_at
from ledger.rules.deadlines import Deadlines
from ledger.store.log_tables import origin_of
from schemas.loader import calendar_texts, rule_set_text
from tests.support.control import DAY, emitter_registered, published_text
from tests.support.deadlines import default_text
from tests.support.ledger_copy import AGENCY, LEDGER, OTHER_AGENCY, START, LedgerCopy, sample

ROWS: Final = ("D-PEN-01", "D-PEN-02", "D-COE-02", "D-LR-01", "D-REC-01", "D-ARC-02")
TYPES: Final = (
    "CalendarVersionPublished",
    "CaseFiled",
    "EmitterRegistered",
    "EventAnnulled",
    "InquiryRecorded",
    "JurisdictionTransferred",
    "LeadRegistered",
    "LegalReviewAccepted",
    "LegalReviewConcluded",
    "LegalReviewMaterialsReturned",
    "LegalReviewResubmitted",
    "MeasureExtended",
    "MeasureImposed",
    "MeasureLifted",
    "NoPenaltyDecisionMade",
    "ReviewWorkflowPublished",
    "RuleSetPublished",
)
PAYLOADS: Final[Mapping[str, Mapping[str, Any]]] = {
    "MeasureImposed": {"measureKind": "SEIZE"},
    "JurisdictionTransferred": {"toAgency": OTHER_AGENCY},
}
CASE_ACTS: Final = tuple(
    sorted(
        set(TYPES)
        - {
            "CalendarVersionPublished",
            "EmitterRegistered",
            "ReviewWorkflowPublished",
            "RuleSetPublished",
        }
    )
)


class Story:
    """A ledger, and what is written into it."""

    def __init__(self, case_logs: int = 2, start: int = START) -> None:
        self.ledger = LedgerCopy(case_logs, schemas=TYPES, start=start)
        self._case_logs = case_logs
        self._newest: dict[int, bytes] = {}
        self._versions = 0

    def rules(self, *, without: Sequence[str] = (), lead_days: int = 15) -> None:
        """Publish a rule set with some rows of the installed ones."""
        self._versions += 1
        text = json.loads(rule_set_text())
        rows = [row for row in default_text()["rows"] if row["id"] in set(ROWS) - set(without)]
        for row in rows:
            if row["id"] == "D-PEN-01":
                row["length"] = lead_days
        text["deadlines"] = {**default_text(), "rows": rows}
        text |= {"version": f"test.{self._versions}", "violations": {}}
        payload = published_text(text["version"], json.dumps(text))
        self.ledger.add("RuleSetPublished", payload, stream="platform:rules")

    def calendar(self, year: int) -> None:
        """Publish the installed calendar of a year."""
        texts = {json.loads(text)["year"]: text for text in calendar_texts()}
        payload = published_text(json.loads(texts[year])["version"], texts[year])
        self.ledger.add("CalendarVersionPublished", payload, stream="platform:calendar")

    def workflow(self, limit: int) -> None:
        """Have the agency set its own limit of legal review."""
        payload = sample("ReviewWorkflowPublished", limitWorkingDays=limit)
        self.ledger.add("ReviewWorkflowPublished", payload, stream=f"agency:{AGENCY}")

    def emitter(self, name: str, kind: str) -> None:
        """Register an emitter."""
        payload = emitter_registered(name, kind, [AGENCY])
        self.ledger.add("EmitterRegistered", payload, stream=f"emitter:{name}")

    def act(self, event_type: str, number: int = 0, **fields: Any) -> bytes:
        """Record an act of a matter, of its agency unless told."""
        given = {**PAYLOADS.get(event_type, {}), **fields.pop("payload", {})}
        if event_type == "EventAnnulled":
            given.setdefault("targetEventId", self._newest.get(number, bytes(16)))
        self._newest[number] = self.ledger.add(
            event_type,
            sample(event_type, **given),
            stream=f"case:{number}",
            log=str(number % self._case_logs),
            **fields,
        )
        return self._newest[number]

    def wait(self, days: int) -> None:
        """Let days pass."""
        self.ledger.now += days * DAY


def deadlines_of(ledger: LedgerCopy, log: str, stream_id: str) -> list[Deadline]:
    """Return the deadlines of a stream, made in one go by the engine from all of its entries."""
    engine, owner, state = Deadlines(), None, ControlState()
    for data in ledger.stream(log, stream_id):
        entry = decode_entry(data)
        state = _carried_on(ledger, state, entry.control_size)
        view = EntryView(log, entry, state)
        item = StreamAct(entry, view.act, view.payload)
        does_count, owner = count_step(item, owner, state, origin_of(LEDGER, log))
        terms = terms_at(state, entry.received_at, view.act if does_count else None)
        if does_count:
            engine.apply(item, terms)
        else:
            engine.advance(entry.received_at, terms)
    return engine.all()


def control_at(ledger: LedgerCopy, size: int) -> ControlState:
    """Return what the first ``size`` entries of the control log make."""
    return _carried_on(ledger, ControlState(), size)


def _carried_on(ledger: LedgerCopy, state: ControlState, size: int) -> ControlState:
    """Return a state of the control log carried on to its first ``size`` entries."""
    state = state.copy()
    for data in ledger.logs[CONTROL_LOG][state.size : size]:
        entry = decode_entry(data)
        view = EntryView(CONTROL_LOG, entry, state)
        state.apply(entry, view.act, view.payload)
    return state
