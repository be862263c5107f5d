"""Working days, checked against dates computed with another calendar package."""

import json

import pytest

from ledger.domain.published_texts import parse_calendar
from ledger.rules.calendar import (
    add_days,
    add_months,
    add_working_days,
    calendar_version,
    next_month_day,
    period_end,
    subtract_working_days,
)
from schemas.loader import calendar_texts
from tests.support.control import days, published_text

CALENDAR = {
    year.year: year
    for text in calendar_texts()
    for year in [parse_calendar(published_text(json.loads(text)["version"], text))]
}


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2026-09-28", 7, "2026-10-13"),
        ("2026-09-24", 3, "2026-09-30"),
        ("2026-02-12", 7, "2026-02-28"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-04-29", 7, "2026-05-12"),
        ("2025-12-30", 7, "2026-01-09"),
        ("2025-09-26", 7, "2025-10-13"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-11-20", 20, "2026-12-18"),
    ],
)
def test_working_days_follow_the_published_arrangement(start, count, due):
    """Make-up days count, holidays do not, and the day of the trigger does not."""
    assert add_working_days(days(start), count, CALENDAR).day == days(due)


@pytest.mark.parametrize(
    ("start", "count", "roll", "due"),
    [
        ("2026-07-03", 90, True, "2026-10-08"),
        ("2026-07-03", 90, False, "2026-10-01"),
        ("2026-09-17", 15, True, "2026-10-08"),
        ("2026-08-24", 30, False, "2026-09-23"),
    ],
)
def test_calendar_days_roll_only_where_the_rule_says_so(start, count, roll, due):
    """A last day that is not worked moves on, if it may."""
    assert add_days(days(start), count, CALENDAR, roll=roll).day == days(due)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-06-03", 6, "2026-12-03"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
    ],
)
def test_a_month_later_is_the_same_number_or_the_last_day(start, months, due):
    """民法典 art. 202."""
    assert add_months(days(start), months) == days(due)


def test_what_recurs_ends_with_its_period():
    """Quarters and years; and the last of January after a year."""
    assert period_end(days("2026-02-03"), 3) == days("2026-03-31")
    assert period_end(days("2026-06-30"), 3) == days("2026-06-30")
    assert period_end(days("2026-02-03"), 12) == days("2026-12-31")
    assert next_month_day(days("2026-12-31"), 1, 31) == days("2027-01-31")


def test_the_version_of_a_calendar_is_that_of_the_day_s_year():
    """``none`` where nothing is published."""
    assert calendar_version(days("2026-12-31"), CALENDAR) == "cn-2026.1"
    assert calendar_version(days("2027-01-01"), CALENDAR) == "cn-2027.0"
    assert calendar_version(days("2031-01-01"), CALENDAR) == "none"


def test_working_days_are_counted_backwards_too():
    """A hearing on 2026-10-12 needs its notice by 2026-09-24."""
    assert subtract_working_days(days("2026-10-12"), 7, CALENDAR).day == days("2026-09-24")


def test_a_deadline_over_the_year_is_provisional_while_the_next_year_is():
    """2027 has no official arrangement yet."""
    official = {year: it for year, it in CALENDAR.items() if year < 2027}
    assert not add_working_days(days("2026-12-21"), 3, CALENDAR).provisional
    assert add_working_days(days("2026-12-28"), 5, CALENDAR).provisional
    assert add_working_days(days("2026-12-28"), 5, official).provisional


@pytest.mark.parametrize("day", [-(1 << 62), 1 << 62])
def test_a_day_that_no_calendar_has_stops_nothing(day):
    """An act may claim any moment; what is made of it is of no use, but it is made."""
    assert add_working_days(day, 3, CALENDAR).day > day
    assert add_days(day, 30, CALENDAR, roll=True).day >= day + 30
    assert isinstance(add_months(day, 6), int)
    assert isinstance(period_end(day, 3), int)
    assert calendar_version(day, CALENDAR) == "none"
