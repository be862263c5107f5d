"""Rules of the course of a case: limitation, the time to decide, criminal transfer, closure.

Read before: ``decision``. Read next: ``review``. Statutes: 行政处罚法 arts. 27, 36, 60;
行政执法机关移送涉嫌犯罪案件的规定 art. 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.control_records import HOUR_MICROS, day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import Due, add_days, add_months
from ledger.rules.violations.chronicle import (
    ALL_TYPES,
    between,
    chronicle,
    first,
    found,
    is_late,
    last,
    severity,
    when,
)
from ledger.rules.violations.law import listed, number, ordered
from ledger.rules.violations.procedure import DECISION
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import missed_from

_MONTHS: Final = 12
_NO_PENALTY: Final = "NoPenaltyDecisionMade"
_APPROVED: Final = "CriminalTransferApproved"
_TRANSFERRED: Final = "CaseTransferredToJudiciary"
_CLOSURES: Final = ("CaseClosed", "CaseFileArchived")


@BOOK.rule("V-PROC-17", "CaseFiled", "DeadlineMissed")
def filed_after_limitation(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 36: found two, in some matters five years after it ended: not punished.

    Found is when the lead came in, else when the case was filed (D-PEN-05).
    """
    yield from missed_from(sight, "D-PEN-05")
    item = sight.item
    if item.event_type == "CaseFiled" and item.payload["violationEndDate"] is not None:
        is_long = item.payload["itemCode"] in listed(sight.rules, "long_limitation_items")
        years = number(sight.rules, "limitation_long_years" if is_long else "limitation_years")
        lead = first(sight, "LeadRegistered")
        at = when(item) if lead is None else min(lead.payload["receivedAt"], when(item))
        if day_of(at) > add_months(item.payload["violationEndDate"], years * _MONTHS):
            yield found(sight, item, lead)


@BOOK.rule(
    "V-PROC-12",
    DECISION,
    _NO_PENALTY,
    "DeadlineMissed",
    cured_by=(DECISION, _NO_PENALTY, _TRANSFERRED),
)
def decided_late(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 60: ninety days from filing, longer by extension, without pauses (D-PEN-02).

    Judged at the first decision: what is decided again has another term.
    """
    yield from missed_from(sight, "D-PEN-02")
    filed, item = first(sight, "CaseFiled"), sight.item
    decided = any(chronicle(sight).first(it) for it in (DECISION, _NO_PENALTY))
    if item.event_type == "DeadlineMissed" or filed is None or decided:
        return
    due = decision_due(sight, filed, when(item))
    if is_late(when(item), due):
        yield found(sight, filed, item, severity=severity(is_provisional=due.provisional))


def decision_due(sight: Sight, filed: StreamAct, until: int) -> Due:
    """Return the last day to decide, by the pauses and extensions up to a moment."""
    day = day_of(when(filed)) + number(sight.rules, "decision_days")
    steps: list[tuple[int, int, StreamAct | None]] = [
        (end, paused, None) for end, paused in _pauses(sight, when(filed), until)
    ]
    extensions = between(sight, "DecisionDeadlineExtended", when(filed), until)
    steps += [(day_of(when(it)), 0, it) for it in extensions]
    longest, calendar = number(sight.rules, "decision_extension_days"), sight.control.calendar
    for at, paused, extension in sorted(steps, key=lambda step: step[:2]):
        day += paused
        if extension is not None and at <= add_days(day, 0, calendar, roll=True).day:
            new = extension.payload["newDue"]
            if new <= day + longest or extension.payload["collective"]:
                day = max(day, new)
    return add_days(day, 0, calendar, roll=True)


def _pauses(sight: Sight, start: int, until: int) -> Iterator[tuple[int, int]]:
    """Yield each pause: the day it ended and how many days it took; no day counts twice.

    Neither the first nor the last day of a pause counts (D-PEN-02).
    """
    marks: list[tuple[int, int]] = []
    for pair in ordered(sight.rules, "decision_pauses"):
        begin, _, end = pair.partition(">")
        marks += [(when(it), 1) for it in between(sight, begin, start, until)]
        marks += [(when(it), -1) for it in between(sight, end, start, until)]
    depth, began, known = 0, 0, day_of(start)
    for at, step in [*sorted(marks), (until, -len(marks))]:
        if depth == 0 and step > 0:
            began = max(day_of(at), known + 1)
        if depth > 0 and depth + step <= 0:
            known = max(day_of(at), known)
            yield known, known - began + 1
        depth = max(0, depth + step)


@BOOK.rule(
    "V-PROC-23",
    _APPROVED,
    _TRANSFERRED,
    DECISION,
    "CaseClosed",
    "DeadlineMissed",
    cured_by=(_APPROVED, _TRANSFERRED),
)
def criminal_case_not_transferred(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 27, 移送规定 art. 5: three days to approve, 24 hours to transfer."""
    yield from missed_from(sight, "D-TRF-01", "D-TRF-02")
    item = sight.item
    if item.event_type == _TRANSFERRED:
        approval = last(sight, _APPROVED, when(item))
        limit = number(sight.rules, "criminal_transfer_hours") * HOUR_MICROS
        if approval and item.payload["at"] > approval.payload["decidedAt"] + limit:
            yield found(sight, approval, item)
    elif item.event_type != "DeadlineMissed":
        concluded = _criminal_indication(sight, when(item))
        at = item.payload.get("decidedAt", when(item))
        limit = number(sight.rules, "criminal_transfer_approval_days")
        if concluded and day_of(at) > day_of(when(concluded)) + limit:
            yield found(sight, concluded, item)


def _criminal_indication(sight: Sight, until: int) -> StreamAct | None:
    """Return the conclusion that saw a crime, if nothing was approved on it before."""
    concluded = last(sight, "InvestigationConcluded", until)
    if concluded is None or not concluded.payload["criminalIndication"]:
        return None
    approved = between(sight, _APPROVED, when(concluded), until)
    return concluded if not [it for it in approved if it is not sight.item] else None


@BOOK.rule("V-PROC-24", *ALL_TYPES, cured_by=("CaseReopened",))
def acted_on_closed_case(sight: Sight) -> Iterator[Finding]:
    """平台规则: a closed or archived case is reopened before it is handled again."""
    item = sight.item
    handling = listed(sight.rules, "acts_of_an_open_case")
    if item.event_type in handling and sight.matter.has(*_CLOSURES):
        closed = _closed_before(sight, item)
        if closed is not None:
            yield found(sight, item, closed)
    elif item.event_type in _CLOSURES:
        for event_type in sorted(handling):
            later = chronicle(sight).last(event_type)
            if later is not None and _closed_before(sight, later) is item:
                yield found(sight, later)


def _closed_before(sight: Sight, item: StreamAct) -> StreamAct | None:
    """Return what closed the case before an act happened, None if it was open then."""
    closures = (last(sight, it, when(item) - 1) for it in _CLOSURES)
    closed = max((it for it in closures if it is not None), key=when, default=None)
    reopened = last(sight, "CaseReopened", when(item))
    is_open = closed is None or (reopened is not None and when(reopened) >= when(closed))
    return None if is_open else closed
