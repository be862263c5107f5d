"""What deadlines are counted by: an agency's own limits, and rule sets without deadlines."""

import pytest

from ledger.domain.control_records import CalendarYear
from ledger.rules.calendar import end_of_day, start_of_year
from ledger.rules.deadline_terms import COORDINATION_LIMIT, REVIEW_LIMIT, changed_from, terms_at
from tests.support import control as control_data


def published(limit, coordination):
    """Return a control log in which an agency has published its review workflow, and an act."""
    state = control_data.control_state()
    payload = {
        "version": "1",
        "steps": [],
        "effectiveFrom": 0,
        "limitWorkingDays": limit,
        "coordinationLimitWorkingDays": coordination,
    }
    state.change(
        control_data.make_act("ReviewWorkflowPublished", f"agency:{control_data.AGENCY}"), payload
    )
    return state, control_data.make_act("CaseClosed", "case:1")


@pytest.mark.parametrize(
    ("limit", "coordination", "kept"),
    [
        (5, 366, {REVIEW_LIMIT: 5, COORDINATION_LIMIT: 366}),
        (0, 3, {COORDINATION_LIMIT: 3}),
        (-1, 2**31 - 1, {}),
    ],
)
def test_an_agencys_limit_holds_only_where_it_can_be_counted(limit, coordination, kept):
    """Any number can be claimed; none may stop the engine or let it count without end."""
    state, act = published(limit, coordination)

    assert terms_at(state, act.occurred_at, act).lengths == kept


def test_a_calendar_may_claim_any_year():
    """One that no date has counts as the nearest that one has."""
    wild = CalendarYear(20_260, "x", frozenset(), frozenset(), False)

    assert changed_from({}, {20_260: wild}) == start_of_year(9998)
    assert start_of_year(1970) == end_of_day(-1)
