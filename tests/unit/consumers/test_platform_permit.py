"""The act that asks for a decision's permit, and the answer that the ledger writes behind it."""

from __future__ import annotations

import pytest

from consumers.platform.decision_gate import Draft, Proposed, gate_answer
from ledger.errors import RejectedError
from tests.support.control import event_id, stream_act
from tests.support.disclosure_story import Case, register_agencies
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, LedgerCopy
from tests.support.platform import Platform, publish_rules

HASH = "sha256:" + "ab" * 32
OTHER_HASH = "sha256:" + "cd" * 32
FINE = Proposed("FINE", 5_000_000)


@pytest.fixture
def platform() -> Platform:
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    publish_rules(ledger)
    return Platform(ledger)


@pytest.fixture
def case(platform: Platform) -> Case:
    case = Case(platform.ledger, 1)
    case.filed()
    return case


def asked(platform: Platform, case: Case, draft: Draft):
    """Return the acts by which a permit is asked for."""
    order = platform.order(case.stream, "officer:1")
    return platform.commands.request_decision_gate(order, draft)


def test_the_request_says_draft_penalty_and_review(platform: Platform, case: Case):
    envelope = {"aggregate_type": "LegalReview"}
    case.act("LegalReviewSubmitted", "review:1", envelope=envelope)
    (act,) = asked(platform, case, Draft(HASH, [FINE], ["STAT-1"]))
    item = platform.stream_act(act)
    assert item.event_type == "DecisionGateRequested"
    assert (item.act.aggregate_type, item.act.aggregate_id) == ("Case", case.stream)
    assert item.act.actors[0][::2] == ("officer:1", "HANDLER")
    fine = {
        "kind": "FINE",
        "amountFen": 5_000_000,
        "objectCommitment": None,
        "durationDays": None,
    }
    assert item.payload == {
        "draftHash": HASH,
        "proposedPenalty": [fine],
        "reviewId": "review:1",
        "declared": ["STAT-1"],
    }


def test_without_a_penalty_of_its_own_the_newest_proposal_is_asked_about(
    platform: Platform, case: Case
):
    """Its sealed object is not said again: a commitment belongs to one act."""
    case.act("InvestigationConcluded", proposedPenalty=[penalty("WARNING")])
    case.act("PenaltyPreNoticeServed", proposedPenalty=[penalty("FINE", 7), penalty("CLOSE")])
    (act,) = asked(platform, case, Draft(HASH))
    found = platform.stream_act(act).payload["proposedPenalty"]
    assert [(one["kind"], one["amountFen"]) for one in found] == [("FINE", 7), ("CLOSE", None)]
    assert {one["objectCommitment"] for one in found} == {None}
    assert act.openings == ()


def test_what_does_not_count_is_not_asked_about(platform: Platform, case: Case):
    """A stranger agency's proposal and review, and an annulled proposal: as if they were not."""
    case.act("InvestigationConcluded", proposedPenalty=[penalty("WARNING")])
    annulled = case.act("PenaltyPreNoticeServed", proposedPenalty=[penalty("CLOSE")])
    case.act("EventAnnulled", targetEventId=annulled)
    stranger = {"agency_id": OTHER_AGENCY}
    case.act("PenaltyPreNoticeServed", envelope=stranger, proposedPenalty=[penalty("FINE", 9)])
    case.act(
        "LegalReviewSubmitted", "review:2", envelope={"aggregate_type": "LegalReview", **stranger}
    )
    case.act("DecisionGateRequested", draftHash=OTHER_HASH, proposedPenalty=[penalty("FINE", 7)])

    (act,) = asked(platform, case, Draft(HASH))

    said = platform.stream_act(act).payload
    assert [one["kind"] for one in said["proposedPenalty"]] == ["WARNING"]
    assert said["reviewId"] is None


def test_a_matter_is_its_agencys_until_it_is_handed_over(platform: Platform, case: Case):
    """What a stranger writes of a transfer moves nothing."""
    moved = {"toAgency": OTHER_AGENCY}
    case.act("JurisdictionTransferred", envelope={"agency_id": OTHER_AGENCY}, **moved)
    assert platform.commands.read(case.stream).owner == AGENCY
    case.act("JurisdictionTransferred", **moved)
    assert platform.commands.read(case.stream).owner == OTHER_AGENCY
    (act,) = asked(platform, case, Draft(HASH, [FINE]))
    assert platform.stream_act(act).act.agency_id == OTHER_AGENCY
    assert platform.commands.read("case:none").owner is None


def test_a_matter_without_a_proposal_needs_one(platform: Platform, case: Case):
    with pytest.raises(RejectedError) as refused:
        asked(platform, case, Draft(HASH))
    assert refused.value.code == "NO_PROPOSAL"


def penalty(kind: str, amount: int | None = None):
    commitment = bytes(32)
    return {
        "kind": kind,
        "amountFen": amount,
        "objectCommitment": commitment,
        "durationDays": None,
    }


# --- the answer ----------------------------------------------------------------------------------


def said(event_type: str, name: str, cause: str | None = None):
    """Return an act of a stream."""
    causation = None if cause is None else event_id(cause)
    return stream_act(event_type, {}, event_id=event_id(name), causation_id=causation)


def answered(verdict: str, name: str):
    """Return a request and what the ledger writes behind it."""
    return [
        said("DecisionGateRequested", name),
        said("MajorDecisionAssessed", f"{name} assessed", name),
        said(verdict, f"{name} verdict", name),
    ]


ACTS = [*answered("DecisionGateRefused", "first"), *answered("DecisionGateCleared", "second")]


@pytest.mark.parametrize("name", ["second", "second verdict"])
def test_an_answer_is_found_by_the_request_or_by_itself(name: str):
    answer = gate_answer(ACTS, event_id(name))
    assert answer is not None
    assert answer.is_cleared
    assert answer.request.act.event_id == event_id("second")
    assert answer.verdict.act.event_id == event_id("second verdict")
    assert answer.assessed.act.event_id == event_id("second assessed")


def test_a_refusal_stays_one_whatever_comes_later():
    answer = gate_answer(ACTS, event_id("first"))
    assert answer is not None
    assert not answer.is_cleared


@pytest.mark.parametrize("name", ["second assessed", "elsewhere"])
def test_what_is_no_request_has_no_answer(name: str):
    assert gate_answer(ACTS, event_id(name)) is None


@pytest.mark.parametrize("until", [1, 2])
def test_a_request_without_its_whole_answer_has_none(until: int):
    assert gate_answer(ACTS[:until], event_id("first")) is None
