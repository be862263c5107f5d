"""Row 21, items 21.1 and 21.2: 开展培训宣传.

Works when training hours per officer and year are derived from events and match the attendance
lists.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka


def test_hours_of_an_officer_and_year_match_the_attendance_lists(organisations):
    """Each hour comes from a list that names the officer; what does not match is marked so."""
    asked = organisations.ask(f"training?agency={AGENCY}&year=2026&at={day(20)}")
    found = {one["name"]: one for one in asked["items"]}
    assert {name: (one["hours_held"], one["hours_completed"]) for name, one in found.items()} == {
        "王一": (8, 8),
        "李二": (8, 0),
        "张三": (0, 6),
    }
    assert [one["state"] for one in found.values()] == ["MATCH", "NOT_RECORDED", "NOT_LISTED"]
    (held,) = asked["held"]
    listed = [
        row["event_id"]
        for one in found.values()
        for row in one["trainings"]
        if row["source"] == "HELD"
    ]
    assert listed == [held["event_id"]] * 2  # Whom the list names twice was there once.


def test_another_year_has_its_own_hours(organisations):
    asked = organisations.ask(f"training?agency={AGENCY}&year=2025&at={day(20)}")
    hours = {one["name"]: one["hours_held"] for one in asked["items"]}
    assert hours == {"王一": 4, "李二": 0, "张三": 0}
    page = organisations.page(f"?agency={AGENCY}&year=2026&at={day(20)}")
    assert "签到多于记录" in page
