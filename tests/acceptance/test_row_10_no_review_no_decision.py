"""Row 10, item 10.1: 未经法制审核或者审核未通过的，不得作出重大执法决定.

Works when (a) the gate refuses a permit for a major case with no AGREE opinion, (b)
PenaltyDecisionMade for the same case is nevertheless accepted, (c) a CRITICAL alert names the
case, the missing review and both event hashes, and (d) no later event makes the alert disappear.
"""

from __future__ import annotations

import pytest

from ledger.chain.ids import uuid_text
from tests.support.open_ledger import WAIT_S, ago
from tests.support.penalties import DRAFT, FINE, ORGANISATION, review
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def decided(open_ledger):
    """A major case without review: the permit was asked for, and the decision made all the same."""
    case = open_ledger.case()
    case.add("CaseFiled", at=ago(9), party=ORGANISATION, itemCode="HN-SJ-01")
    case.send()
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])
    assert case.send_refused()["failed"] == ["V-LR-01"]
    decision = case.add(
        "PenaltyDecisionMade", party=ORGANISATION, penalties=[FINE], draftHash=DRAFT
    )
    case.send()
    return case, decision


def test_a_the_gate_refuses_the_permit(decided):
    """The refusal is the ledger's own entry in the case, for the draft that was asked about."""
    refused = decided[0].entry("DecisionGateRefused")

    assert refused["payload"]["failed"] == ["V-LR-01"]
    assert refused["payload"]["isMajor"] is True
    assert refused["payload"]["draftHash"] == DRAFT
    assert decided[0].entries("DecisionGateCleared") == []


def test_b_the_decision_is_accepted(decided):
    """It is an entry after the refusal, with the bytes that were sent."""
    case, decision = decided
    entry = case.entry("PenaltyDecisionMade")

    assert entry["event_id"] == uuid_text(decision.event_id)
    assert int(entry["version"]) > int(case.entry("DecisionGateRefused")["version"])


def test_c_a_critical_alert_names_case_rule_and_both_events(decided, open_ledger):
    """The decision and the refusal; rule and words say that it is the review that is missing."""
    case, decision = decided
    alert = case.alert("V-LR-01")

    refused = case.entry("DecisionGateRefused")["event_id"]
    assert (alert["severity"], alert["stream_id"]) == ("CRITICAL", case.id)
    assert alert["trigger_event_id"] == uuid_text(decision.event_id)
    assert alert["causes"] == [uuid_text(decision.event_id), refused]
    whole = open_ledger.get(f"/v1/alerts/{alert['alert_id']}")
    assert whole["rule_text"] == "重大执法决定未经法制审核"


def test_d_no_later_act_makes_the_alert_disappear(decided, open_ledger):
    """Neither a review that comes now with an earlier date, nor annulling the decision."""
    case, decision = decided
    before = case.alert("V-LR-01")
    review(case, "AGREE", at=ago(4))
    case.send()
    proposal = case.add("EventAnnulmentProposed", targetEventId=decision.event_id)
    case.send()
    case.add(
        "EventAnnulled",
        office=open_ledger.supervisor,
        actors=[("officer:9", None, "HEAD")],
        targetEventId=decision.event_id,
        proposalEventId=proposal.event_id,
    )
    case.send()

    assert {"V-LR-01", "V-TIME-03", "V-LED-04"} <= case.rules_broken()
    wait_for(lambda: case.entries("EventAnnulled"), WAIT_S, "the annulment in the view")
    marked = wait_for(
        lambda: [it for it in [case.alert("V-LR-01")] if it["mark"]], WAIT_S, "the mark"
    )
    late = case.entries("LegalReviewConcluded")[-1]["event_id"]
    assert (marked[0]["mark"], marked[0]["late_cured_by"]) == ("LATE_CURE", late)
    unmarked = dict.fromkeys(("mark", "late_cured_by", "late_cured_at"))
    assert {**marked[0], **unmarked} == {**before, **unmarked}
    assert before["state"] == "RAISED"
