"""Row 19, items 19.1 to 19.3: 加强组织领导.

Works when the board shows for each agency the current responsible person since when, and the last
coordination meeting with its minutes hash.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, digest
from tests.support.organisation_ledger import day
from tests.support.organisation_story import A1, A2

pytestmark = pytest.mark.kafka


def test_the_board_names_the_person_and_the_minutes(organisations):
    """The newest of each as of the day; an agency that named nobody is there too."""
    for at, officer, since, minutes in ((11, A1, 2, "纪要1"), (40, A2, 30, "纪要2")):
        items = organisations.ask(f"responsibilities?at={day(at)}")["items"]
        found = {one["agency_id"]: one for one in items}
        (duty,) = found[AGENCY]["responsible"]
        assert (duty["role"], duty["officer_id"]) == ("FIRST_RESPONSIBLE", officer)
        assert duty["since"] == day(since)
        assert found[AGENCY]["last_meeting"]["document"]["file_hash"] == digest(minutes)
        other = found[OTHER_AGENCY]
        assert (other["responsible"], other["last_meeting"]) == ([], None)


def test_the_pages_show_the_same(organisations):
    """In words: a name and not an id, and the digest of the minutes."""
    board, own = organisations.page(""), organisations.page(f"?agency={AGENCY}")
    assert f"李二（自 {day(30)}）" in board
    assert "未确定" in board
    assert "李二" in own
    assert digest("纪要2") in own
