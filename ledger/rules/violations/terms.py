"""What was not done in time: by the platform's ``DeadlineMissed``, or by the act that came late.

Read before: ``ledger/rules/calendar.py``. Read next: ``coercion``, ``service``.

Both name what started the term, so they find the same subject and raise one alert. The day of the
start does not count; a term in working days or days ends at 24:00 in Shanghai, one in hours runs
on (民诉法 art. 85; 行政处罚法 art. 85). A due day that a year without an official calendar has
part in is provisional and never more than MEDIUM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ledger.domain.control_records import HOUR_MICROS, day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import add_working_days, end_of_day
from ledger.rules.violations.chronicle import severity
from ledger.rules.violations.law import number
from ledger.rules.violations.rule import Finding, Sight


class Lateness(NamedTuple):
    """A term that ended without what it was for."""

    trigger: StreamAct  # The act that started it.
    due_at: int  # Microseconds UTC.
    is_provisional: bool

    def finding(self, sight: Sight, subject: str) -> Finding:
        """Return the finding of it; what started the term is a cause beside the arriving act."""
        causes = () if self.trigger is sight.item else (self.trigger.act.event_id,)
        return Finding(subject, causes, severity(is_provisional=self.is_provisional))


def missed(sight: Sight, *deadline_ids: str) -> Lateness | None:
    """Return what the arriving ``DeadlineMissed`` says, None for another act or deadline."""
    payload = sight.item.payload
    if sight.item.event_type != "DeadlineMissed" or payload["deadlineId"] not in deadline_ids:
        return None
    trigger = sight.matter.act(payload["triggerEventId"])
    return None if trigger is None else Lateness(trigger, payload["dueAt"], payload["provisional"])


def missed_from(sight: Sight, *deadline_ids: str) -> Iterator[Finding]:
    """Yield the same as a finding about the act that started the deadline."""
    late = missed(sight, *deadline_ids)
    if late is not None:
        yield late.finding(sight, late.trigger.act.event_id.hex())


def late_by_working_days(
    sight: Sight, trigger: StreamAct | None, name: str, *, done: StreamAct | None = None
) -> Lateness | None:
    """Return how a term in working days was overrun, None if it was kept.

    Args:
        sight: The arriving act.
        trigger: What started the term; nothing is late where nothing started.
        name: The number of the rule set that says how many.
        done: What ended the term, else the arriving act.
    """
    if trigger is None:
        return None
    return late_since(sight, trigger, trigger.act.occurred_at, name, done=done)


def late_since(
    sight: Sight, trigger: StreamAct, start: int, name: str, *, done: StreamAct | None = None
) -> Lateness | None:
    """Return the same of a term that starts at another moment than its trigger."""
    days = number(sight.rules, name)
    due = add_working_days(day_of(start), days, sight.control.calendar)
    ended = (done or sight.item).act.occurred_at
    if day_of(ended) <= due.day:
        return None
    return Lateness(trigger, end_of_day(due.day), due.provisional)


def late_by_hours(
    sight: Sight, trigger: StreamAct | None, name: str, *, done: StreamAct | None = None
) -> Lateness | None:
    """Return how a term in hours was overrun, None if it was kept."""
    if trigger is None:
        return None
    due = trigger.act.occurred_at + number(sight.rules, name) * HOUR_MICROS
    ended = (done or sight.item).act.occurred_at
    return Lateness(trigger, due, is_provisional=False) if ended > due else None
