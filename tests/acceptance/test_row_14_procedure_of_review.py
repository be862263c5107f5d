"""Row 14, item 14.2: 审核意见不一致时的协调机制.

Works when a coordinated case without a new AGREE opinion is still refused by the gate, and the
coordination record names both positions and the result.
"""

from __future__ import annotations

import pytest

from tests.support.open_ledger import ago
from tests.support.penalties import DRAFT, FINE, ORGANISATION, review

pytestmark = pytest.mark.kafka


@pytest.fixture
def coordinated(open_ledger):
    """A major case whose reviewer found problems, the handlers objected, and the head decided."""
    case = open_ledger.case()
    case.add("CaseFiled", at=ago(9), party=ORGANISATION)
    aggregate = review(case, "PROBLEMS_FOUND", at=ago(4))
    points = [{"code": "DISCRETION", "text": "裁量理由充分"}]
    case.add(
        "ReviewDisagreementRaised",
        at=ago(3),
        aggregate=aggregate,
        points=points,
        unitId="unit:handling",
    )
    meeting = {"convener": "officer:8", "attendees": ["officer:1", "officer:5"]}
    case.add("ReviewCoordinationHeld", at=ago(2), aggregate=aggregate, **meeting)
    case.add("ReviewCoordinationResolved", at=ago(1), aggregate=aggregate, outcome="HEAD_DECIDES")
    case.send()
    return case


def request(case):
    """Ask for the permit of the draft."""
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])


def test_the_record_names_both_positions_and_the_result(coordinated):
    """What the reviewers found, what the handlers say of it, who met, and how it ended."""
    found = coordinated.entry("LegalReviewConcluded")["payload"]
    raised = coordinated.entry("ReviewDisagreementRaised")["payload"]
    held = coordinated.entry("ReviewCoordinationHeld")["payload"]
    resolved = coordinated.entry("ReviewCoordinationResolved")["payload"]

    assert (found["unitId"], found["conclusion"]) == ("unit:legal", "PROBLEMS_FOUND")
    assert [one["code"] for one in found["problems"]] == ["DISCRETION"]
    assert (raised["unitId"], [one["code"] for one in raised["points"]]) == (
        "unit:handling",
        ["DISCRETION"],
    )
    assert held["attendees"] == ["officer:1", "officer:5"]
    assert resolved["outcome"] == "HEAD_DECIDES"


def test_coordination_alone_does_not_open_the_gate_a_new_opinion_does(coordinated):
    """Refused for the opinion that stands; cleared once there is an AGREE about this draft."""
    request(coordinated)
    assert coordinated.send_refused()["failed"] == ["V-LR-02"]
    assert coordinated.entry("DecisionGateRefused")["payload"]["failed"] == ["V-LR-02"]

    review(coordinated, "AGREE", number=2)
    coordinated.send()
    request(coordinated)
    coordinated.send()
    assert coordinated.entry("DecisionGateCleared")["payload"]["draftHash"] == DRAFT
