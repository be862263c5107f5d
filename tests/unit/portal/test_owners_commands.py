"""Commands that only accounts of a matter's agency may give, whatever a view says whose it is."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from portal import platform_desk
from portal.api.problem import ProblemError
from portal.auth import EVERY_AGENCY, Account
from portal.commands import ROWS, AdviseDiscretion
from portal.permissions import Role
from portal.platform_desk import Asked
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY

CASE = "case:00000001-0000-4000-8000-000000000000"


@pytest.fixture
def ordered(monkeypatch):
    """Return what makes an order of an account of an agency, in a case that was handed over."""
    row = SimpleNamespace(agency_id=AGENCY, item_code=None)
    monkeypatch.setattr(platform_desk, "matter_row", lambda *_: row)
    matter = SimpleNamespace(owner=OTHER_AGENCY)
    resources = SimpleNamespace(
        platform_commands=lambda: nullcontext(SimpleNamespace(read=lambda _: matter)),
        clock=SimpleNamespace(now_micros=lambda: 0),
        control=SimpleNamespace(state=SimpleNamespace(officers={})),
    )

    def order(agency_id):
        body = AdviseDiscretion(case_id=CASE, circumstance="一般", chosen_fen=1)
        account = Account("clerk", Role.CLERK, "person:clerk", agency_id)
        return platform_desk._order(resources, Asked("advise_discretion", body, account, "::1"))

    return order


def test_a_choice_is_recorded_for_accounts_of_the_agency_that_has_the_case(ordered):
    assert ROWS["advise_discretion"].is_owners
    for own in (OTHER_AGENCY, EVERY_AGENCY):
        assert ordered(own).officer_id == "person:clerk"
    for other in (AGENCY, None):
        with pytest.raises(ProblemError) as refused:
            ordered(other)
        assert refused.value.problem.code == "OTHER_AGENCY"
