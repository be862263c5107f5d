"""Rules of retrieval (调阅): approval, scope, window, return, emergencies.

Read before: ``access``. Basis: 任务分解表 row 9. The platform's own accesses pass gates; that
the same rules look at them holds the gates to their word. What happened on paper comes as
``OfflineAccessReported``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.control_records import HOUR_MICROS, day_of
from ledger.rules.calendar import end_of_day
from ledger.rules.violations.access import Accesses, Grant
from ledger.rules.violations.law import number
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import (
    Lateness,
    late_by_hours,
    late_by_working_days,
    missed,
)

_ACCESSES: Final = ("RecordAccessed", "RecordCopied", "OfflineAccessReported")


@BOOK.rule("V-RET-01", *_ACCESSES, cured_by=("RetrievalApproved",))
def access_without_approval(sight: Sight) -> Iterator[Finding]:
    """任务分解表 9.2: nobody sees a record without approval."""
    is_approved = bool(_grants(sight)) or sight.item.payload.get("approvedBy") is not None
    if not is_approved:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-RET-02", *_ACCESSES)
def access_outside_scope(sight: Sight) -> Iterator[Finding]:
    """An approval names what may be seen; something else was."""
    grants, payload = _grants(sight), sight.item.payload
    seen = {payload.get(field) for field in ("mediaId", "docId", "what")} - {None}
    allowed = (grant.scope.media_ids | grant.scope.doc_ids for grant in grants)
    if grants and not any(seen <= ids for ids in allowed):
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-RET-03", *_ACCESSES)
def access_outside_window(sight: Sight) -> Iterator[Finding]:
    """An approval says from when to when; a record was seen before or after."""
    grants, hours = _grants(sight), number(sight.rules, "emergency_access_hours")
    # What the platform shows, it shows when the entry is there.
    is_offline = sight.item.event_type == "OfflineAccessReported"
    at = sight.item.payload["at"] if is_offline else sight.item.entry.received_at
    if grants and not any(_is_open(grant, at, hours) for grant in grants):
        yield Finding(sight.item.act.event_id.hex())


def _is_open(grant: Grant, at: int, emergency_hours: int) -> bool:
    end = grant.start + emergency_hours * HOUR_MICROS if grant.end is None else grant.end
    return grant.start <= at < end


def _grants(sight: Sight) -> list[Grant]:
    """Return the windows an access may rest on: the one it names, or those of its retrieval."""
    accesses = sight.matter.part(Accesses)
    if sight.item.event_type == "OfflineAccessReported":
        return accesses.of_retrieval.get(sight.item.act.aggregate_id, [])
    grant = accesses.by_window.get(sight.item.payload["windowId"])
    return [] if grant is None else [grant]


@BOOK.rule("V-RET-04", "RetrievalClosed", "RecordReturned", "DeadlineMissed")
def retrieval_not_ended_in_time(sight: Sight) -> Iterator[Finding]:
    """A retrieval is closed when its window ends; originals come back in ten working days."""
    late = missed(sight, "D-RET-02", "D-RET-03") or _late_end(sight)
    if late:
        yield late.finding(sight, late.trigger.act.aggregate_id)


def _late_end(sight: Sight) -> Lateness | None:
    approval = sight.matter.part(Accesses).approval(sight.item.act.aggregate_id)
    if approval is None or approval.end is None:
        return None
    if sight.item.event_type == "RecordReturned":
        return late_by_working_days(sight, approval.act, "return_working_days")
    if sight.item.event_type != "RetrievalClosed":
        return None
    due = end_of_day(day_of(approval.end))
    is_late = sight.item.act.occurred_at >= due
    return Lateness(approval.act, due, is_provisional=False) if is_late else None


@BOOK.rule("V-RET-06", "OfflineAccessReported", "RetrievalApproved")
def approved_own_request(sight: Sight) -> Iterator[Finding]:
    """Whoever asks does not approve."""
    payload, act = sight.item.payload, sight.item.act
    if sight.item.event_type == "OfflineAccessReported":
        asked, approved = payload["who"], {payload["approvedBy"]}
    else:
        asked = sight.matter.part(Accesses).requesters.get(act.aggregate_id)
        approved = {payload["approver"], payload["secondApprover"]}
    if asked is not None and asked in approved:
        yield Finding(act.event_id.hex())


@BOOK.rule("V-RET-07", "RetrievalApproved", "DeadlineMissed", cured_by=("RetrievalApproved",))
def emergency_not_ratified(sight: Sight) -> Iterator[Finding]:
    """An access in an emergency is approved afterwards, within 24 hours."""
    late = missed(sight, "D-RET-04")
    if sight.item.event_type == "RetrievalApproved":
        used = sight.matter.part(Accesses).emergency(sight.item.act.aggregate_id)
        late = late_by_hours(sight, used and used.act, "retrieval_ratification_hours")
    if late:
        yield late.finding(sight, late.trigger.act.aggregate_id)
