"""Row 2, items 2.1 to 2.4: 强化事前公开.

Works when the ex-ante completeness page of any agency shows a tick or a dated gap for each of the
11 content types, and replaying the ledger to an earlier date shows the lists that were in force on
that date.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY, OTHER_AGENCY
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka

CONTENTS = [
    "主体",
    "人员",
    "职责",
    "权限",
    "依据",
    "程序",
    "救济渠道",
    "随机抽查清单",
    "服务指南",
    "事项清单",
    "流程图",
]


def contents(organisations, agency, at):
    path = f"agencies/{agency}/completeness?at={at}"
    return {one["name"]: one for one in organisations.ask(path)["contents"]}


def test_each_of_the_eleven_contents_has_a_tick_or_a_dated_gap(organisations):
    """On the page as in the API, for an agency that published much and one that published nothing."""
    for agency, at in ((AGENCY, 12), (AGENCY, 60), (OTHER_AGENCY, 60)):
        found = contents(organisations, agency, day(at))
        assert list(found) == CONTENTS
        page = organisations.page(f"/completeness?agency={agency}&at={day(at)}")
        for name, one in found.items():
            shown = f"✓ 自 {one['since']}" if one["is_there"] else f"缺，自 {one['gap_since']}"
            assert f'data-label="内容">{name}</th>\n<td data-label="是否公开">' in page
            assert shown in page, name
    assert contents(organisations, AGENCY, day(60))["主体"]["gap_since"] == day(50)
    nothing = contents(organisations, OTHER_AGENCY, day(60))
    assert {
        name: one["gap_since"] for name, one in nothing.items() if name != "人员"
    } == dict.fromkeys([name for name in CONTENTS if name != "人员"], day(0))


def test_an_earlier_date_shows_the_lists_in_force_then(organisations):
    """Version 1 of the power list until version 2; an item until it is retired."""
    for at, version, items in ((5, "1", 1), (12, "1", 2), (39, "1", 1), (40, "2", 1)):
        found = contents(organisations, AGENCY, day(at))
        assert [one["label"] for one in found["职责"]["in_force"]] == [version], at
        assert len(found["事项清单"]["in_force"]) == items, at
    early = contents(organisations, AGENCY, day(2))
    assert [name for name, one in early.items() if one["is_there"]] == ["主体", "权限"]
