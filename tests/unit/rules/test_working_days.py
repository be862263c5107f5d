"""Remaining working days are those that the calendar counts with."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.calendar import add_working_days, end_of_day, is_working_day
from ledger.rules.working_days import WorkingDays
from tests.support.control import days
from tests.support.deadlines import CALENDAR, instant

COUNTED = WorkingDays(CALENDAR)
DAYS = st.integers(days("2025-01-01"), days("2028-12-31"))


@given(start=DAYS, count=st.integers(1, 60))
def test_what_a_deadline_was_given_is_what_is_left_on_its_first_day(start, count):
    """Counting forward and counting what is left are each other's inverse."""
    due = add_working_days(start, count, CALENDAR)
    assert COUNTED.remaining(end_of_day(start) - 1, end_of_day(due.day)) == count


@given(today=DAYS, last=DAYS)
def test_it_counts_day_by_day(today, last):
    """Today does not count while there is time; after the last day every one up to today does."""
    between = range(min(today, last) + 1, max(today, last) + 1)
    count = sum(is_working_day(day, CALENDAR) for day in between)
    expected = count if last >= today else -count
    assert COUNTED.remaining(end_of_day(today) - 1, end_of_day(last)) == expected


def test_the_last_day_and_the_day_after():
    """Nothing is left on the last day; hours end in the day that they end in."""
    assert COUNTED.remaining(instant("2026-06-01 09:00"), instant("2026-06-01 17:00")) == 0
    assert COUNTED.remaining(instant("2026-06-01 09:00"), instant("2026-06-02 00:00")) == 0
    assert COUNTED.remaining(instant("2026-06-02 00:00"), instant("2026-06-02 00:00")) == -1
