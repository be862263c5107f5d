"""Row 12, item 12.1: 制定重大执法决定法制审核目录清单.

Works when the same case is judged “major” or “not major” by the catalogue version in force on the
decision date, and the judgement shows which rule matched.
"""

from __future__ import annotations

import pytest

from ledger.chain.ids import uuid_text
from tests.support.open_ledger import ago, day
from tests.support.penalties import DRAFT, FINE, ORGANISATION

pytestmark = pytest.mark.kafka
LIST = "list:major"


def adopt(open_ledger, event_type, version, since, least_fen):
    """Adopt the agency's catalogue in a version: fines from an amount on are major."""
    stream = open_ledger.stream(LIST, open_ledger.other)
    rule = {"ruleId": "CAT-7", "actKind": "PENALTY", "fineFenLegalMin": least_fen}
    stream.add(
        event_type,
        at=ago(since),
        aggregate=("List", LIST),
        catalogueId="catalogue:1",
        version=version,
        rules=[rule],
        effectiveFrom=day(since),
    )
    stream.send()


def test_the_catalogue_of_the_decision_date_says_what_is_major(open_ledger):
    """Asked under the first version it is not; under the second it is, by the rule named."""
    adopt(open_ledger, "ReviewCatalogueAdopted", "v1", 20, FINE["amountFen"] + 1)
    case = open_ledger.case(open_ledger.other)
    case.add("CaseFiled", at=ago(15), party=ORGANISATION)
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])
    case.send()
    first = case.entry("MajorDecisionAssessed")["payload"]
    assert (first["isMajor"], first["matched"], first["catalogueVersion"]) == (False, [], "v1")

    adopt(open_ledger, "ReviewCatalogueAmended", "v2", 5, FINE["amountFen"])
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])
    assert case.send_refused()["failed"] == ["V-LR-01"]
    made = {"party": ORGANISATION, "penalties": [FINE], "draftHash": DRAFT}
    case.add("PenaltyDecisionMade", at=ago(10), **made)
    later = case.add("PenaltyDecisionMade", at=ago(1), **made)
    case.send()

    alert = case.alert("V-LR-01")  # One, though there are two decisions.
    assert alert["trigger_event_id"] == uuid_text(later.event_id)
    second = case.entries("MajorDecisionAssessed")[-1]["payload"]
    assert second["isMajor"] is True
    assert second["matched"] == [{"ruleId": "CAT-7", "catalogueVersion": "v2"}]
    broken = case.rules_broken()
    assert "V-LR-09" not in broken
