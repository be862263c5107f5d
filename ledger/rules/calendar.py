"""Working days and deadlines from the published calendar (docs/spec/deadlines.md).

Read before: schemas/calendar/cn-2026.json. Read next: ``gate_rules``, ``deadline_due``.

Most short limits of the law are working days (行政处罚法 art. 85: 2, 3, 5 and 7 days), the long
ones calendar days. The day of the trigger does not count (民诉法 art. 85, by analogy). A year
without a published calendar is counted as Monday to Friday and marked provisional; one that the
State Council has not arranged yet is published as provisional, with its statutory days. Days are
numbers since 1970-01-01, Asia/Shanghai; the arrangement is what the control log says, nothing else.
"""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from ledger.domain.control_records import DAY_MICROS, SHANGHAI_MICROS, CalendarYear

_EPOCH = dt.date(1970, 1, 1)
_DAY_MIN = (dt.date(1, 1, 1) - _EPOCH).days
_DAY_MAX = (dt.date(9000, 1, 1) - _EPOCH).days
_MONDAY_SHIFT = 3  # 1970-01-01 was a Thursday.
_SATURDAY = 5
_NO_VERSION: Final = "none"
_FIRST, _LAST = itemgetter(0), itemgetter(1)  # Of a span.

# First and last day of a time that does not count; ascending, apart from each other.
Spans = Sequence[tuple[int, int]]


class Due(NamedTuple):
    """A due day; provisional where a year without an official arrangement was counted."""

    day: int
    provisional: bool


def is_working_day(day: int, calendar: Mapping[int, CalendarYear]) -> bool:
    """Tell whether ``day`` is worked: made up, or Monday to Friday and no holiday."""
    year = calendar.get(_year(day))
    is_weekday = (day + _MONDAY_SHIFT) % 7 < _SATURDAY
    if year is None:
        return is_weekday
    return day in year.makeup_workdays or (is_weekday and day not in year.holidays)


def add_working_days(
    start: int, count: int, calendar: Mapping[int, CalendarYear], paused: Spans = ()
) -> Due:
    """Return the day that is ``count`` working days after ``start``, which does not count.

    Args:
        start: Day of the trigger.
        count: At least 1.
        calendar: Years by number.
        paused: Days that do not count.
    """
    assert count >= 1
    day, provisional = start, False
    while count:
        day = _after(day + 1, paused)
        provisional = provisional or _is_provisional(day, calendar)
        if is_working_day(day, calendar):
            count -= 1
    return Due(day, provisional)


def subtract_working_days(end: int, count: int, calendar: Mapping[int, CalendarYear]) -> Due:
    """Return the ``count``-th working day before ``end``, which does not count.

    For what is due before a day, as the notice of a hearing is seven working days before it
    (行政处罚法 art. 64).
    """
    assert count >= 1
    day, provisional = end, False
    while count:
        day -= 1
        provisional = provisional or _is_provisional(day, calendar)
        if is_working_day(day, calendar):
            count -= 1
    return Due(day, provisional)


def add_days(
    start: int,
    count: int,
    calendar: Mapping[int, CalendarYear],
    *,
    roll: bool,
    paused: Spans = (),
) -> Due:
    """Return the day ``count`` calendar days after ``start``.

    For terms in calendar days, as the ninety from filing to decision (行政处罚法 art. 60).
    With ``roll``, a last day that is not worked moves to the next working day (民诉法 art. 85).
    """
    day = start + count
    for first, last in paused:
        if last > start and first <= day:
            day += last - max(first, start + 1) + 1
    return roll_day(day, calendar) if roll else Due(day, provisional=False)


def roll_day(day: int, calendar: Mapping[int, CalendarYear]) -> Due:
    """Return ``day`` if it is worked, else the next working day (民诉法 art. 85)."""
    provisional = _is_provisional(day, calendar)
    while not is_working_day(day, calendar):
        day += 1
        provisional = provisional or _is_provisional(day, calendar)
    return Due(day, provisional)


def add_months(start: int, count: int) -> int:
    """Return the day with the same number ``count`` months later, else that month's last day.

    民法典 arts. 201, 202: a term in months or years ends on the day of the same number, and on the
    last day of the month where there is no such day.
    """
    date = _date(start)
    year, month = divmod(date.year * 12 + date.month - 1 + count, 12)
    last = gregorian.monthrange(year, month + 1)[1]
    return (dt.date(year, month + 1, min(date.day, last)) - _EPOCH).days


def next_month_day(after: int, month: int, day: int) -> int:
    """Return the next day with this month and number after ``after``."""
    year = _year(after)
    found = (dt.date(year, month, day) - _EPOCH).days
    return found if found > after else (dt.date(year + 1, month, day) - _EPOCH).days


def period_end(day: int, months: int) -> int:
    """Return the last day of the year (12 months) or quarter (3 months) that ``day`` lies in."""
    date = _date(day)
    month = (date.month - 1) // months * months + months
    last = gregorian.monthrange(date.year, month)[1]
    return (dt.date(date.year, month, last) - _EPOCH).days


def end_of_day(day: int) -> int:
    """Return 24:00 of a day in Shanghai, microseconds UTC."""
    return (day + 1) * DAY_MICROS - SHANGHAI_MICROS


def start_of_year(year: int) -> int:
    """Return 0:00 of the first of January in Shanghai, microseconds UTC.

    A calendar may claim any year; one that no date has counts as the nearest that one has.
    """
    known = min(max(year, dt.MINYEAR + 1), dt.MAXYEAR - 1)
    return end_of_day((dt.date(known, 1, 1) - _EPOCH).days - 1)


def calendar_version(day: int, calendar: Mapping[int, CalendarYear]) -> str:
    """Return the version of the calendar that ``day`` lies in; ``none`` if none is published."""
    year = calendar.get(_year(day))
    return _NO_VERSION if year is None else year.version


def join_span(spans: list[tuple[int, int]], first: int, last: int) -> None:
    """Add a span of days to ascending ones; those that it touches or overlaps become one with it.

    Costs the logarithm of their number, so that what is paused every day is not counted again.
    """
    start = bisect_left(spans, first - 1, key=_LAST)
    end = bisect_right(spans, last + 1, key=_FIRST)
    if start < end:
        first, last = min(first, spans[start][0]), max(last, spans[end - 1][1])
    spans[start:end] = [(first, last)]


def joined_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of days ascending, those that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        join_span(joined, first, last)
    return joined


def _after(day: int, paused: Spans) -> int:
    """Return ``day``, or the first one after the span that it lies in."""
    place = bisect_right(paused, day, key=_FIRST) - 1
    return max(day, paused[place][1] + 1) if place >= 0 else day


def _date(day: int) -> dt.date:
    """Return the date of a day; one that no calendar has is the first or last that we count with.

    An act may claim any moment that fits in 64 bits, and no claim stops a rule.
    """
    return _EPOCH + dt.timedelta(days=min(max(day, _DAY_MIN), _DAY_MAX))


@lru_cache(maxsize=8192)
def _year(day: int) -> int:
    return _date(day).year


def _is_provisional(day: int, calendar: Mapping[int, CalendarYear]) -> bool:
    year = calendar.get(_year(day))
    return year is None or year.provisional
