"""The calendars agree with the package they come from, day by day."""

from __future__ import annotations

import json
from datetime import date, timedelta

import chinese_calendar
import pytest

from schemas.loader import calendar_texts

CALENDARS = {document["year"]: document for document in map(json.loads, calendar_texts())}


@pytest.mark.parametrize(("year", "workdays"), [(2025, 248), (2026, 248)])
def test_official_years_agree_with_the_package(year: int, workdays: int) -> None:
    """Make-up day, or Monday to Friday and no holiday: the rule that deadlines use."""
    calendar = CALENDARS[year]
    assert not calendar["provisional"]
    days = [date(year, 1, 1) + timedelta(number) for number in range(365)]
    ours = [day for day in days if _is_workday(day)]
    assert ours == [day for day in days if chinese_calendar.is_workday(day)]
    assert len(ours) == workdays


def test_a_year_without_an_official_arrangement_is_provisional() -> None:
    """2027: statutory days and their substitutes, no make-up working days yet."""
    calendar = CALENDARS[2027]
    assert calendar["provisional"]
    assert calendar["makeup_workdays"] == []
    assert {"2027-01-01", "2027-02-06", "2027-10-01"} <= set(calendar["holidays"])


def test_versions_are_distinct_and_days_lie_in_their_year() -> None:
    """A later version of a year replaces an earlier one, so versions must differ."""
    assert len({calendar["version"] for calendar in CALENDARS.values()}) == len(CALENDARS)
    for year, calendar in CALENDARS.items():
        days = calendar["holidays"] + calendar["makeup_workdays"]
        assert all(date.fromisoformat(day).year == year for day in days)


def _is_workday(day: date) -> bool:
    calendar = CALENDARS[day.year]
    text = day.isoformat()
    is_weekday = day.weekday() < 5
    return text in calendar["makeup_workdays"] or (is_weekday and text not in calendar["holidays"])
