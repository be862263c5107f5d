"""Row 22, items 22.1 and 22.2: 加强督促检查.

Works when a supervision opinion with a due date either has a rectification report or shows as
overdue.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka


def test_an_opinion_has_a_report_or_is_overdue(organisations):
    """Until the end of the day that is due; a report of another agency is none."""
    for at, state, words in (
        (20, "OPEN", "未到期"),
        (21, "OVERDUE", "逾期未完成"),
        (28, "DONE_LATE", "逾期完成"),
    ):
        (found,) = organisations.ask(f"supervision-opinions?agency={AGENCY}&at={day(at)}")["items"]
        assert (found["due"], found["state"]) == (day(20), state)
        assert (found["report_event_id"] is not None) == (state == "DONE_LATE")
        assert words in organisations.page(f"?agency={AGENCY}&at={day(at)}")
    assert found["reported_on"] == day(28)


def test_assessments_are_on_the_board(organisations):
    (found,) = organisations.ask(f"assessments?agency={AGENCY}")["items"]
    assert (found["document"]["doc_no"], found["date"]) == ("考评", day(11))


def test_the_board_of_reform_tasks_says_what_was_late(organisations):
    """By item and level, with its day (SV-09)."""
    page = organisations.page(f"/tasks?at={day(31)}")
    found = {
        (one["seed_item"], one["level"]): one["state"]
        for one in organisations.ask(f"reform-tasks?at={day(31)}")["items"]
    }
    assert found == {
        ("2.3", "PROVINCE"): "DONE_LATE",
        ("2.3", "CITY"): "OVERDUE",
        ("10.1", "CITY"): "OVERDUE",
    }
    assert page.count("逾期未完成") == 2
