"""Row 20, items 20.1 and 20.2: 健全制度体系.

Works when the list of rules in force at a chosen date can be shown with document numbers and file
hashes.
"""

from __future__ import annotations

import pytest

from tests.support.api import ask
from tests.support.ledger_copy import AGENCY, digest
from tests.support.organisation_ledger import day

pytestmark = pytest.mark.kafka

RULE = "甲局〔2026〕1号"


@pytest.mark.parametrize(
    ("at", "clock", "numbers"),
    [
        (7, "received", {"误"}),
        (20, "received", {"误", RULE}),
        (20, "occurred", {RULE, "迟报"}),
        (60, "received", {RULE, "迟报"}),
    ],
)
def test_the_rules_in_force_on_a_day(organisations, at, clock, numbers):
    """From the day they are in force; as the ledger knew it then, or as is known today."""
    found = organisations.ask(f"rules-in-force?at={day(at)}&clock={clock}")["items"]
    assert {one["doc_no"] for one in found} == numbers
    for one in found:
        assert one["file_hash"].startswith("sha256:")
        assert one["in_force_from"] <= day(at)
    assert all(one["file_hash"] == digest("一") for one in found if one["doc_no"] == RULE)


def test_the_page_and_the_spreadsheet_show_number_and_digest(organisations):
    page = organisations.page(f"?agency={AGENCY}&at={day(60)}")
    path = f"/v1/organisation/rules-in-force.csv?at={day(60)}"
    sheet = ask(organisations.ledger, path, role="auditor").body.decode()
    for text in (page, sheet):
        assert RULE in text
        assert digest("一") in text
