"""An act may claim any day and any moment of its types; what shows it is shown all the same."""

from __future__ import annotations

import pytest

from portal.pages import beijing_time, calendar_date, rfc3339, utc_text

INT32, INT64 = 2**31 - 1, 2**63 - 1


@pytest.mark.parametrize(
    ("day", "text"),
    [(INT32, "9999-12-31"), (-INT32 - 1, "0001-01-01"), (20_782, "2026-11-25")],
)
def test_a_day_that_no_calendar_has_is_shown_as_the_nearest(day, text):
    assert calendar_date(day) == text


@pytest.mark.parametrize("show", [beijing_time, rfc3339, utc_text])
@pytest.mark.parametrize(("micros", "year"), [(INT64, "9999"), (-INT64 - 1, "0001")])
def test_a_moment_that_no_calendar_has_is_shown_as_the_nearest(show, micros, year):
    assert show(micros).partition("-")[0].rjust(4, "0") == year
