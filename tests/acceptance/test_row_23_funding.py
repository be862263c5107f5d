"""Row 23, items 23.1 and 23.2: 保障经费投入.

Works when the board shows all four document kinds per agency category with dates, or the gap.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY, OTHER_AGENCY
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka

KINDS = {
    "STANDARD": "装备配备标准",
    "EQUIPMENT_PLAN": "装备配备规划",
    "FACILITY_PLAN": "设施建设规划",
    "ANNUAL_PLAN": "年度实施计划",
}


def test_each_category_shows_four_kinds_with_dates_or_the_gap(organisations):
    """Of each kind the newest date and who has none; of each agency its document or nothing."""
    asked = organisations.ask("equipment")
    (category,) = asked["categories"]
    assert set(category["documents"]) == set(KINDS)
    for kind, found in category["documents"].items():
        missing = [OTHER_AGENCY] if kind == "STANDARD" else [AGENCY, OTHER_AGENCY]
        assert sorted(found["missing"]) == sorted(missing)
        assert found["newest"] == (day(9) if kind == "STANDARD" else None)
    own = next(one for one in asked["items"] if one["agency_id"] == AGENCY)
    assert own["documents"]["STANDARD"]["doc_date"] == day(9)
    assert [(plan["year"], plan["amount_fen"]) for plan in own["funding"]] == [(2026, "5000000")]


def test_the_board_shows_them_in_words(organisations):
    board, own = organisations.page(""), organisations.page(f"?agency={AGENCY}")
    for name in KINDS.values():
        assert name in board
        assert name in own
    assert "50,000 元" in own
    assert own.count('<span class="tag warn">没有</span>') == 3
