"""The act that says a deadline was missed, and what a miss weighs; the daily additional fine.

Read before: ``deadlines``, docs/spec/derived.md. Read next: schemas/DeadlineMissed.v1.avsc.

Whoever computes it gets the same act, so a second engine makes a duplicate and not a second miss.
"""

from __future__ import annotations

from typing import Any, Final

from ledger.chain.ids import alert_event_id
from ledger.domain.control_records import day_of
from ledger.rules.deadline_instance import NEVER, Deadline

MISSED_TYPE: Final = "DeadlineMissed"
_PROVISIONAL_SEVERITY: Final = "MEDIUM"
_ABOVE_PROVISIONAL: Final = ("CRITICAL", "HIGH")


def needs_act(deadline: Deadline) -> bool:
    """Tell whether a miss is an act: no window of the party, and a day on which it was due."""
    is_recorded = deadline.missed_on_record and deadline.due_at is not None
    return is_recorded and not deadline.rule.is_informational


def missed_payload(deadline: Deadline) -> dict[str, Any]:
    """Return the payload of ``DeadlineMissed``.

    ``deadlineId`` is in capitals (``D-DIS-01A``): the schema's pattern has no small letters.
    ``calendarVersion`` is that of the year in which the due day lies.
    """
    assert deadline.due_at is not None
    return {
        "deadlineId": deadline.deadline_id.upper(),
        "triggerEventId": deadline.trigger.event_id,
        "dueAt": deadline.due_at,
        "calendarVersion": deadline.calendar_version,
        "provisional": deadline.provisional,
    }


def missed_envelope(deadline: Deadline) -> dict[str, Any]:
    """Return what the envelope of ``DeadlineMissed`` takes from the deadline.

    ``eventId`` is the UUIDv8 of the deadline's own id, both times are the due instant; agency,
    case, item and stream are the trigger's, which is the cause.
    """
    assert deadline.due_at is not None
    trigger = deadline.trigger
    return {
        "event_id": alert_event_id(deadline.instance_id),
        "event_type": MISSED_TYPE,
        "stream_key": trigger.stream_key,
        "aggregate_type": "Deadline",
        "aggregate_id": f"deadline:{deadline.instance_id}",
        "agency_id": trigger.agency_id,
        "case_id": trigger.case_id,
        "item_code": trigger.item_code,
        "occurred_at": deadline.due_at,
        "recorded_at": deadline.due_at,
        "causation_id": trigger.event_id,
        "emitter_seq": None,
        "actors": (),
    }


def severity_of(deadline: Deadline) -> str | None:
    """Return what a miss weighs: CRITICAL, HIGH, MEDIUM, LOW, or None for a window.

    Never HIGH or CRITICAL where the due day was counted with days of a provisional year.
    """
    severity = deadline.rule.severity
    if deadline.provisional and severity in _ABOVE_PROVISIONAL:
        return _PROVISIONAL_SEVERITY
    return severity


def overdue_days(deadline: Deadline, until: int) -> int:
    """Return for how many days something has accrued up to ``until`` (microseconds UTC).

    From the day after the start to the day of ``until`` or of the payment, paused days left out
    (行政处罚法 arts. 72, 73); never beyond the day on which the cap is reached.
    """
    last = day_of(min(until, NEVER if deadline.due_at is None else deadline.due_at - 1))
    paused = set[int]()
    for pause in deadline.pauses:
        end = last if pause.last_day is None else min(pause.last_day, last)
        paused.update(range(max(pause.first_day, deadline.started_day + 1), end + 1))
    return max(0, last - deadline.started_day - len(paused))


def accrued_fen(deadline: Deadline, fine_fen: int, until: int) -> int:
    """Return the additional fine in fen for a fine of ``fine_fen``, at most the cap.

    行政处罚法 art. 72: three per cent of the fine a day, not more than the fine.
    """
    accrual = deadline.rule.accrual
    assert accrual is not None
    per_mille = overdue_days(deadline, until) * accrual.per_mille_per_day
    return fine_fen * min(per_mille, accrual.cap_per_mille) // 1000
