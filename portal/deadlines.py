"""A deadline as a document: the same members in the HTTP API and on the command line.

Read before: ``projections/deadlines/view.py``. Read next: ``portal/api/deadlines.py``,
``portal/programs/deadlines.py``.

A row says what the stream's newest entry made of it; what time alone does to it is reckoned here,
by the moment that is asked with and the calendar published last. What it says in words stands in
the rule set under which it started.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ledger.domain.control import ControlState
from ledger.domain.control_records import DAY_MICROS, HOUR_MICROS, SHANGHAI_MICROS, day_of
from ledger.domain.deadline_rules import DeadlineRule
from ledger.rules.working_days import WorkingDays
from portal.cli.times import format_time, iso_time
from portal.pages import calendar_date
from projections.deadlines.view import DeadlineRow

_DAY_MIN: Final = -25_000  # In 1901.


class Reckoning:
    """What a deadline is looked at with.

    Args:
        now: The moment, microseconds UTC.
        state: The control log as far as it is known: calendar and rule sets.
    """

    def __init__(self, now: int, state: ControlState) -> None:
        self.now = now
        self.state = state
        self._rule_sets = {rules.version: rules for rules in state.rule_sets}
        self._working_days = WorkingDays(state.calendar)

    def remaining(self, row: DeadlineRow) -> int | None:
        """Return the working days left, negative: so many over; None without a due instant."""
        return None if row.due_at is None else self._working_days.remaining(self.now, row.due_at)

    def rule(self, row: DeadlineRow) -> DeadlineRule | None:
        """Return the row of the rule set under which a deadline started."""
        rules = self._rule_sets.get(row.rule_set_version)
        if rules is None or rules.deadlines is None:
            return None
        return rules.deadlines.rules.get(row.deadline_id)

    def document(self, row: DeadlineRow) -> dict[str, Any]:
        """Return a deadline as JSON; ``remaining_working_days`` only of what is outstanding."""
        rule = self.rule(row)
        return {
            "instance_id": row.instance_id,
            "deadline_id": row.deadline_id,
            "name": None if rule is None else rule.name,
            "basis": None if rule is None else rule.source,
            "rule_set_version": row.rule_set_version,
            "kind": row.kind,
            "severity": None if rule is None else rule.severity,
            "state": row.state,
            "outstanding": row.is_outstanding,
            "overdue": row.is_overdue(self.now),
            "due_at": _time(row.due_at),
            "due_day": None if row.due_at is None else _date(day_of(row.due_at - 1)),
            "remaining_working_days": self.remaining(row) if row.is_outstanding else None,
            "provisional": row.provisional,
            "calendar_version": row.calendar_version or None,
            "stream_id": row.stream_id,
            "case_id": row.case_id,
            "agency_id": row.agency_id,
            "item_code": row.item_code,
            "trigger_event_id": row.trigger_event_id,
            "trigger_type": row.trigger_type,
            "trigger_at": iso_time(max(row.trigger_at, _DAY_MIN * DAY_MICROS)),
            "started_at": iso_time(row.started_at),
            "length": row.length,
            "unit": row.unit,
            "period_end": _date(int(row.period)) if row.period else None,
            "pauses": [{"from": _date(first), "to": _date(last)} for first, last in pauses_of(row)],
            "extensions": row.extensions,
            "fulfilled_by": row.fulfilled_by,
            "broken_by": row.broken_by,
            "cancelled_by": row.cancelled_by,
            "missed_on_record": row.missed_on_record,
            "changed_at": iso_time(row.changed_at),
            "log": row.log,
        }


def left_words(row: DeadlineRow, rule: DeadlineRule | None, left: int, now: int) -> str:
    """Return how much time is left, or over, in words; hours of what counts by hours.

    Args:
        row: An outstanding deadline with a due instant.
        rule: Its row of the rule set.
        left: The working days left; negative: over.
        now: The moment, microseconds UTC.
    """
    assert row.due_at is not None
    is_over = row.due_at < now
    if rule is not None and rule.unit == "H":
        hours = abs(row.due_at - now) // HOUR_MICROS
        whole = f"{hours} 小时" if hours else "不足一小时"
        return f"逾期 {whole}" if is_over else f"剩 {whole}"
    if is_over:
        return f"逾期 {-left} 个工作日" if left else "已逾期"
    if left:
        return f"{left} 个工作日"
    return "今日到期" if day_of(row.due_at - 1) == day_of(now) else "到期前没有工作日"


def pauses_of(row: DeadlineRow) -> list[tuple[int, int | None]]:
    """Return first and last day of each pause; None while it lasts.

    An act may claim any moment; one before all calendars is shown as the first day of ours.
    """
    return [(max(first, _DAY_MIN), last) for first, last in json.loads(row.pauses)]


def due_text(due_at: int) -> str:
    """Return a due instant for people; the end of a day is its 24:00."""
    if (due_at + SHANGHAI_MICROS) % DAY_MICROS:
        return format_time(due_at)[:-3]
    return f"{_date(day_of(due_at - 1))} 24:00"


def _time(micros: int | None) -> str | None:
    return None if micros is None else iso_time(micros)


def _date(day: int | None) -> str | None:
    return None if day is None else calendar_date(day)
