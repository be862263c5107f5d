"""How many working days lie between two days, for lists that ask it row by row.

Read before: ``calendar``. Read next: ``portal/deadlines.py``.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from ledger.domain.control_records import CalendarYear, day_of
from ledger.rules.calendar import is_working_day

_EPOCH: Final = dt.date(1970, 1, 1)
_YEARS_MAX: Final = 200  # Further away no deadline is: what lies beyond counts as if it lay there.


class WorkingDays:
    """Counts working days by one calendar; keeps the days of each year that was asked for."""

    def __init__(self, calendar: Mapping[int, CalendarYear]) -> None:
        self._calendar = calendar
        self._years: dict[int, list[int]] = {}

    def remaining(self, now: int, due_at: int) -> int:
        """Return the working days that are left until a deadline ends, today left out.

        Negative: so many lie after its last day, today included.

        Args:
            now: Microseconds UTC.
            due_at: The last instant, microseconds UTC; 24:00 of a day belongs to that day.
        """
        today, last = day_of(now), day_of(due_at - 1)
        return self._between(today, last) if last >= today else -self._between(last, today)

    def _between(self, after: int, last: int) -> int:
        """Return how many working days lie after a day, up to another."""
        first_year, last_year = _year(after), min(_year(last), _year(after) + _YEARS_MAX)
        whole = sum(len(self._days(year)) for year in range(first_year, last_year))
        before = bisect_right(self._days(first_year), after)
        return whole + bisect_right(self._days(last_year), last) - before

    def _days(self, year: int) -> list[int]:
        if year not in self._years:
            first, end = (_day(dt.date(it, 1, 1)) for it in (year, year + 1))
            self._years[year] = [
                day for day in range(first, end) if is_working_day(day, self._calendar)
            ]
        return self._years[year]


def _year(day: int) -> int:
    return (_EPOCH + dt.timedelta(days=min(max(day, -25_000), 2_500_000))).year


def _day(date: dt.date) -> int:
    return (date - _EPOCH).days
