"""Working days and deadlines from the published calendar (docs/spec/gates.md, "Days").

Read before: schemas/calendar/cn-2026.json. Read next: ``gate_rules``.

Most short limits of the law are working days (行政处罚法 art. 85: 2, 3, 5 and 7 days), the long
ones calendar days. The day of the trigger does not count (民诉法 art. 85, by analogy). A year
without a published calendar is counted as Monday to Friday and marked provisional. Days are
numbers since 1970-01-01, Asia/Shanghai; the arrangement is what the control log says, nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from ledger.domain.control_records import CalendarYear

_EPOCH = dt.date(1970, 1, 1)
_MONDAY_SHIFT = 3  # 1970-01-01 was a Thursday.
_SATURDAY = 5


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


def add_working_days(start: int, count: int, calendar: Mapping[int, CalendarYear]) -> Due:
    """Return the day that is ``count`` working days after ``start``, which does not count.

    Args:
        start: Day of the trigger.
        count: At least 1.
        calendar: Years by number.
    """
    assert count >= 1
    day, provisional = start, False
    while count:
        day += 1
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


def add_days(start: int, count: int, calendar: Mapping[int, CalendarYear], *, roll: bool) -> Due:
    """Return the day ``count`` calendar days after ``start``.

    For terms in calendar days, as the ninety from filing to decision (行政处罚法 art. 60).
    With ``roll``, a last day that is not worked moves to the next working day (民诉法 art. 85).
    """
    day, provisional = start + count, False
    while roll and not is_working_day(day, calendar):
        provisional = provisional or _is_provisional(day, calendar)
        day += 1
    return Due(day, provisional or (roll and _is_provisional(day, calendar)))


def _year(day: int) -> int:
    return (_EPOCH + dt.timedelta(days=day)).year


def _is_provisional(day: int, calendar: Mapping[int, CalendarYear]) -> bool:
    year = calendar.get(_year(day))
    return year is None or year.provisional
