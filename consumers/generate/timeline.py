"""Days and hours of a Chinese office: which days are worked, and when on such a day things happen.

Agencies act in office hours; the platform's desk (disclosure, retrieval, archive) works from 17:00
to 18:30, so that whoever emits a simulated day waits for the platform once and not all day long.

Read before: ``consumers/generate/draws.py``. Read next: ``consumers/generate/vocabulary.py``.
Trusts: the calendars that come with the schemas; outside their years Monday to Friday are worked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Final

DAY_MICROS: Final = 86_400_000_000
MINUTE_MICROS: Final = 60_000_000
_ZONE_MICROS: Final = 8 * 60 * MINUTE_MICROS  # Asia/Shanghai, no daylight saving time.
_EPOCH: Final = date(1970, 1, 1)
DESK_OPENS: Final = 17 * 60
"""Minute of the day at which the platform's desk begins."""


def day_of(micros: int) -> int:
    """Return the local day (days since 1970-01-01) of a moment."""
    return (micros + _ZONE_MICROS) // DAY_MICROS


def moment(day: int, minute: int, second: int = 0) -> int:
    """Return the moment (microseconds UTC) of a local day and minute of that day."""
    return day * DAY_MICROS + minute * MINUTE_MICROS + second * 1_000_000 - _ZONE_MICROS


def day_number(text: str) -> int:
    """Return days since 1970-01-01 of ``YYYY-MM-DD``."""
    return (date.fromisoformat(text) - _EPOCH).days


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(day + _EPOCH.toordinal())


def chinese_date(day: int) -> str:
    """Return a day as it stands in documents: ``2026年9月1日``."""
    found = date_of(day)
    return f"{found.year}年{found.month}月{found.day}日"


class WorkCalendar:
    """Working days (国务院办公厅's yearly arrangement)."""

    def __init__(self, texts: Sequence[str]) -> None:
        documents = [json.loads(text) for text in texts]
        self._holidays = {day_number(day) for doc in documents for day in doc["holidays"]}
        self._makeup = {day_number(day) for doc in documents for day in doc["makeup_workdays"]}

    def is_workday(self, day: int) -> bool:
        """Return whether a day is worked: made up for, or Monday to Friday and no holiday."""
        is_weekday = (day + 3) % 7 < 5  # Day 0 was a Thursday.
        return day in self._makeup or (is_weekday and day not in self._holidays)

    def add(self, day: int, workdays: int) -> int:
        """Return the n-th working day after ``day``, which does not count itself.

        With 0 workdays: ``day`` if it is worked, else the next that is. A negative number counts
        back.
        """
        step = -1 if workdays < 0 else 1
        if workdays == 0 and self.is_workday(day):
            return day
        left = abs(workdays) or 1
        while left:
            day += step
            left -= self.is_workday(day)
        return day
