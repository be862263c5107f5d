"""An act may claim any moment and any day; what is shown of it is the nearest that there is."""

from __future__ import annotations

import pytest

from portal.pages import beijing_time, calendar_date, rfc3339


@pytest.mark.parametrize(
    ("claimed", "year", "end"), [(-(2**63), "0001", "08:00:00"), (2**63 - 1, "9999", "23:59:59")]
)
def test_a_moment_that_no_calendar_has_is_shown(claimed, year, end):
    assert rfc3339(claimed)[:4] == year
    assert beijing_time(claimed).endswith(end)


@pytest.mark.parametrize(
    ("claimed", "shown"), [(-(2**31), "0001-01-01"), (2**31 - 1, "9999-12-31"), (1, "1970-01-02")]
)
def test_a_day_that_no_calendar_has_is_shown(claimed, shown):
    assert calendar_date(claimed) == shown
