"""When a deadline is due: pure arithmetic over its start, pauses, extensions and the calendar.

Read before: docs/spec/deadlines.md, ``calendar``. Read next: ``deadline_instance``.

A due instant is a function of facts and of the calendar that is asked with, and is never a fact
itself. Days end at 24:00 in Shanghai; hours run on without a break.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.domain.control_records import HOUR_MICROS, CalendarYear, day_of
from ledger.rules.calendar import Due as DueDay
from ledger.rules.calendar import (
    Spans,
    add_days,
    add_months,
    add_working_days,
    calendar_version,
    end_of_day,
    next_month_day,
    roll_day,
    subtract_working_days,
)

_MONTHS: Final = {"M": 1, "Y": 12}

Calendar = Mapping[int, CalendarYear]


class DueInstant(NamedTuple):
    """The last instant of a deadline."""

    at: int  # Microseconds UTC.
    provisional: bool
    calendar_version: str


class Extended(NamedTuple):
    """One extension: more of the unit, or another last day and how far it may go."""

    add: int
    to_day: int | None
    most: int | None


class Term(NamedTuple):
    """What the law says of one deadline that runs: from when, how long, how counted."""

    start_day: int
    start_at: int  # Microseconds UTC; for hours.
    length: int
    unit: str
    rolls: bool = False
    is_backward: bool = False
    on_day: int | None = None  # The last day, where an act names it.
    month_day: tuple[int, int] | None = None


def due_instant(
    term: Term,
    calendar: Calendar,
    pauses: Spans = (),
    extensions: Sequence[Extended] = (),
) -> DueInstant:
    """Return the last instant at which a deadline is kept.

    Args:
        term: How it counts.
        calendar: Years by number.
        pauses: The days that do not count.
        extensions: In the order in which they were given.
    """
    if term.unit == "H":
        at = term.start_at + (term.length + sum(it.add for it in extensions)) * HOUR_MICROS
        return DueInstant(at, provisional=False, calendar_version=_version(at, calendar))
    length, due = term.length, _due_day(term, term.length, calendar, pauses)
    for extension in extensions:
        length += extension.add
        longer = _due_day(term, length, calendar, pauses)
        due = max(due, longer) if extension.to_day is None else due
        if extension.to_day is not None:
            due = max(due, _due_to(term, length, extension, calendar, pauses))
    return DueInstant(end_of_day(due.day), due.provisional, calendar_version(due.day, calendar))


def _due_to(
    term: Term, length: int, extension: Extended, calendar: Calendar, spans: Spans
) -> DueDay:
    """Return the day that an extension names, no later than the law lets it go."""
    assert extension.to_day is not None
    named = DueDay(extension.to_day, provisional=False)
    if extension.most is None:
        return named
    return min(named, _due_day(term, length + extension.most, calendar, spans))


def _due_day(term: Term, length: int, calendar: Calendar, spans: Spans) -> DueDay:
    if term.on_day is not None:
        return DueDay(term.on_day, provisional=False)
    if term.month_day is not None:
        return DueDay(next_month_day(term.start_day, *term.month_day), provisional=False)
    if term.is_backward:
        return subtract_working_days(term.start_day, length, calendar)
    if term.unit == "WD":
        return add_working_days(term.start_day, length, calendar, spans)
    if term.unit == "CD":
        return add_days(term.start_day, length, calendar, roll=term.rolls, paused=spans)
    day = add_months(term.start_day, length * _MONTHS[term.unit])
    return roll_day(day, calendar) if term.rolls else DueDay(day, provisional=False)


def _version(at: int, calendar: Calendar) -> str:
    return calendar_version(day_of(at), calendar)
