"""Row 11, items 11.1 to 11.4: 明确审核机构.

Works when an agency with 37 officers and 1 reviewer is shown as 2.7 %, needs 2, and is flagged;
after a declaration of 2 it is not.
"""

from __future__ import annotations

import pytest

from tests.support.ledger_copy import AGENCY
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka


def test_one_reviewer_for_37_officers_is_flagged_until_two_are_declared(organisations):
    """By the share of the published rule set, in the API, in the spreadsheet and on the board."""
    for at, reviewers, ratio, flag in ((15, 1, "2.7", "V-LR-08"), (25, 2, "5.4", None)):
        (found,) = organisations.ask(f"staffing?agency={AGENCY}&at={day(at)}")["items"]
        staff = found["declared"]
        assert (staff["officers"], staff["reviewers"], staff["required"]) == (37, reviewers, 2)
        assert (staff["ratio_percent"], found["flag"], found["percent_min"]) == (ratio, flag, 5)
        page = organisations.page(f"?agency={AGENCY}&at={day(at)}")
        assert f"占 {ratio} %，应有 2 人" in page
        assert ("低于 5 %（V-LR-08）" in page) == (flag is not None)
