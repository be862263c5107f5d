"""Row 14, item 14.2: 审核意见不一致时的协调机制.

Works when a coordinated case without a new AGREE opinion is still refused by the gate, and the
coordination record names both positions and the result.
"""

from __future__ import annotations

import json

import pytest

from ledger.chain.ids import alert_event_id, alert_id, uuid_text
from ledger.domain.review import INVALIDATED
from tests.support.open_ledger import ago
from tests.support.penalties import DRAFT, FINE, ORGANISATION, review
from tests.support.running import program

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


def test_new_evidence_after_an_opinion_is_told_by_the_platform(open_ledger):
    """Once an opinion, in the case's stream; who judges the ledger anew finds the same act."""
    case = open_ledger.case()
    case.add("CaseFiled", at=ago(9), party=ORGANISATION)
    _, name = review(case, "AGREE", at=ago(4))
    case.send()
    opinion = case.entry("LegalReviewConcluded")
    evidence = case.add("EvidenceRegistered")
    case.send()
    case.add("EvidenceRegistered")
    case.send()

    told = case.entry(INVALIDATED)
    cause = next(
        it
        for it in case.entries("EvidenceRegistered")
        if it["event_id"] == uuid_text(evidence.event_id)
    )
    assert told["payload"] == {
        "reviewId": name,
        "cause": "EVIDENCE_ADDED",
        "causeEventId": uuid_text(evidence.event_id),
    }
    logs = open_ledger.ledger.json("/v1/logs")["logs"]
    (origin,) = [it["origin"] for it in logs if it["origin"].endswith(f"/log/{cause['log']}")]
    subject = f"{name}:{opinion['event_id'].replace('-', '')}"
    lapse = alert_id(INVALIDATED, subject, f"{origin}#{cause['leaf_index']}")
    assert told["event_id"] == uuid_text(alert_event_id(lapse))
    request(case)
    assert case.send_refused()["failed"] == ["V-LR-05"]

    again = program("alert", "dry-run", "--data", open_ledger.ledger.data, "--json")
    found = json.loads(again.stdout)["reviews"]
    assert found["derived"] >= 1
    assert (found["missing"], found["different"], found["surplus"]) == ([], [], [])
