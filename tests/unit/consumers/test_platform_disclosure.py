"""What the platform commands in a disclosure passes its gates, and shows what it may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consumers.platform.disclosure import Target
from ledger.chain.ids import uuid_text
from ledger.errors import RejectedError
from ledger.store.objects import ObjectStore
from tests.support.correcting import correction
from tests.support.disclosure_story import Case, register_agencies
from tests.support.ledger_copy import AGENCY, LedgerCopy
from tests.support.platform import Platform, publish_rules

PERSON = {
    "partyType": "NATURAL",
    "ageBand": "ADULT",
    "name": None,
    "nameCommitment": bytes(32),
    "uscc": None,
}
DISCLOSURE = "disclosure:1"
FACTS = "王小明销售超过保质期的食品，李四例在场。"


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    publish_rules(ledger)
    return Platform(ledger, ObjectStore(tmp_path))


def decided(platform: Platform, facts: str = FACTS, **party: Any) -> Case:
    """Decide on a natural person, whose values are in the vault, and a witness."""
    case = Case(platform.ledger, 1, party=PERSON | party)
    case.filed()
    inquiry = case.act("InquiryRecorded")
    platform.vault.keep(inquiry, "/person", "李四例")
    decision = case.decided()
    platform.vault.keep(decision, "/party/nameCommitment", "王小明")
    platform.vault.keep(decision, "/facts", facts)
    platform.vault.keep(decision, "/reasons/law", "理由")
    return case


def draft(platform: Platform, case: Case) -> list:
    target = Target(DISCLOSURE, case.decision_id)
    return platform.commands.draft_disclosure(platform.order(case.stream, "officer:1"), target)


def test_a_draft_assesses_the_duty_and_keeps_a_masked_record(platform: Platform):
    """Two acts; the record's bytes lie under the hash that the draft names."""
    case = decided(platform)
    assessed, drafted = platform.take(draft(platform, case))
    assert assessed.event_type == "DisclosureObligationAssessed"
    assert (assessed.payload["result"], assessed.payload["creditClass"]) == ("MUST", "GENERAL")
    assert assessed.payload["ruleIds"] == ["DIS-OBL-NATURAL"]
    assert assessed.payload["dueDate"] is not None
    assert drafted.payload["drafter"] == "officer:1"
    record = json.loads(platform.objects.get(drafted.payload["contentHash"]))
    assert record["fields"]["CF_XDR_MC"] == "王某某"
    assert record["fields"]["CF_SY"] == "王某销售超过保质期的食品，李某在场。"
    assert drafted.act.case_id == case.stream
    assert {actor.role for actor in drafted.act.actors} == {"DISCLOSER"}


def test_only_what_the_record_needs_leaves_the_vault(platform: Platform):
    """Reasons stay where they are."""
    draft(platform, decided(platform))
    assert set(platform.vault.asked) == {"/facts", "/party/nameCommitment", "/person"}


def test_a_second_draft_does_not_assess_again(platform: Platform):
    """One judgement a channel."""
    case = decided(platform)
    platform.take(draft(platform, case))
    assert [item.event_type for item in platform.take(draft(platform, case))] == [
        "DisclosureDrafted"
    ]


def test_draft_review_publication_update_and_withdrawal_pass_their_gates(platform: Platform):
    """The whole life, by two people, on the real rules."""
    case = decided(platform)
    platform.take(draft(platform, case))
    commands = platform.commands
    reviewer = platform.order(case.stream, "officer:2")
    (review,) = platform.take(commands.review_disclosure(reviewer, DISCLOSURE))
    assert review.payload["scan"]["clean"]
    (published,) = platform.take(commands.publish_disclosure(reviewer, DISCLOSURE))
    assert published.payload["contentHash"] == review.payload["contentHash"]
    assert published.payload["version"] == 1

    platform.vault.keep(case.decision_id, "/facts", "更正后的事实。")
    (second,) = platform.take(draft(platform, case))
    assert second.payload["version"] == 2
    platform.take(commands.review_disclosure(platform.order(case.stream, "officer:2"), DISCLOSURE))
    order = platform.order(case.stream, "officer:2")
    (updated,) = platform.take(commands.update_disclosure(order, DISCLOSURE, "笔误更正"))
    assert updated.payload["changedFields"] == ["/fields/CF_SY"]

    revoked = case.act("DecisionRevoked", decisionEventId=case.decision_id)
    order = platform.order(case.stream, "officer:2")
    (withdrawn,) = platform.take(
        commands.withdraw_disclosure(order, DISCLOSURE, "REVOKED", "原处罚决定已撤销", revoked)
    )
    assert withdrawn.payload["contentHash"] == updated.payload["contentHash"]
    assert withdrawn.payload["version"] == 2


def correct(case: Case, **said: Any) -> bytes:
    """Correct the decision: what is not said is the least that the schema takes."""
    fields = {"doc": {"docNo": "更正1号", "docDate": 20_750}, "party": PERSON, **said}
    act = correction(case.decision_id, "PenaltyDecisionMade", **fields)
    return case.act("EventCorrected", **act)


def test_a_record_is_drafted_from_the_corrected_decision(platform: Platform):
    """Also one that was drafted before; until it is, nothing is approved or published."""
    case = decided(platform)
    platform.take(draft(platform, case))
    changed = correct(case)
    reviewer = platform.order(case.stream, "officer:2")
    with pytest.raises(RejectedError) as refused:
        platform.commands.review_disclosure(reviewer, DISCLOSURE)
    assert refused.value.code == "SOURCE_CORRECTED"
    (drafted,) = platform.take(draft(platform, case))
    record = json.loads(platform.objects.get(drafted.payload["contentHash"]))
    assert record["fields"]["CF_WSH"] == "更正1号"
    platform.take(platform.commands.review_disclosure(reviewer, DISCLOSURE))

    case.act("EventAnnulled", targetEventId=changed)
    with pytest.raises(RejectedError) as refused:
        platform.commands.publish_disclosure(reviewer, DISCLOSURE)
    assert refused.value.code == "SOURCE_CORRECTED"


def test_a_sealed_value_that_was_replaced_is_not_shown_as_the_new_one(platform: Platform):
    """The vault has the old name only, and a record without a name is none."""
    case = decided(platform)
    correct(case, party=PERSON | {"nameCommitment": b"\1" * 32})
    with pytest.raises(RejectedError) as refused:
        draft(platform, case)
    assert refused.value.code == "RECORD_INCOMPLETE"


def test_nothing_is_drafted_of_an_annulled_decision_and_what_is_public_comes_down(
    platform: Platform,
):
    case = decided(platform)
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    platform.take(platform.commands.review_disclosure(order, DISCLOSURE))
    platform.take(platform.commands.publish_disclosure(order, DISCLOSURE))
    case.act("EventAnnulled", targetEventId=case.decision_id)
    with pytest.raises(RejectedError) as refused:
        draft(platform, case)
    assert refused.value.code == "NO_SOURCE"
    order = platform.order(case.stream, "officer:2")
    (withdrawn,) = platform.take(
        platform.commands.withdraw_disclosure(
            order, DISCLOSURE, "WRONGLY_PUBLISHED", "误录的决定已作废"
        )
    )
    assert withdrawn.event_type == "DisclosureWithdrawn"


def test_the_drafter_cannot_review(platform: Platform):
    """Two people, or the gate refuses."""
    case = decided(platform)
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:1")
    (review,) = platform.commands.review_disclosure(order, DISCLOSURE)
    assert platform.refused_by(review) == ["G-DIS-REVIEWER"]


def test_a_record_that_shows_a_number_is_not_published(platform: Platform):
    """The scan's result is in the review; the publish gate looks at nothing else."""
    case = decided(platform, facts=FACTS + "电话13800138000。")
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    (review,) = platform.take(platform.commands.review_disclosure(order, DISCLOSURE))
    assert not review.payload["scan"]["clean"]
    (publication,) = platform.commands.publish_disclosure(order, DISCLOSURE)
    assert platform.refused_by(publication) == ["V-DIS-03"]


def test_a_public_reason_that_names_a_person_is_refused(platform: Platform):
    """Whoever types a name into a public reason learns it from the gate."""
    case = decided(platform)
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    platform.take(platform.commands.review_disclosure(order, DISCLOSURE))
    platform.take(platform.commands.publish_disclosure(order, DISCLOSURE))
    (withdrawal,) = platform.commands.withdraw_disclosure(
        order, DISCLOSURE, "WRONGLY_PUBLISHED", "李四例举报"
    )
    assert platform.refused_by(withdrawal) == ["V-DIS-03"]


def test_a_returned_draft_hides_its_reason_and_cannot_be_published(platform: Platform):
    """The reason is a commitment with one opening about the case."""
    case = decided(platform)
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    acts = platform.commands.review_disclosure(order, DISCLOSURE, returned_because="事实不清")
    assert [(it.path, it.subject_id) for it in acts[0].openings] == [("/reason", case.stream)]
    (returned,) = platform.take(acts)
    assert returned.payload["decision"] == "RETURNED"
    (publication,) = platform.commands.publish_disclosure(order, DISCLOSURE)
    assert "G-DIS-APPROVED" in platform.refused_by(publication)


def test_a_critical_alert_has_to_be_acknowledged(platform: Platform):
    """The review lists what was open then; what came after it blocks."""
    case = decided(platform)
    alert = {"alertId": "a" * 64, "severity": "CRITICAL"}
    case.act("SupervisionAlertRaised", **alert)
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    (review,) = platform.take(platform.commands.review_disclosure(order, DISCLOSURE))
    assert review.payload["acknowledgedAlerts"] == ["a" * 64]
    case.act("SupervisionAlertRaised", alertId="b" * 64, severity="CRITICAL")
    (publication,) = platform.commands.publish_disclosure(order, DISCLOSURE)
    assert platform.refused_by(publication) == ["G-DIS-ALERTS"]


def test_a_minors_case_is_not_drafted_and_can_be_withheld(platform: Platform):
    """No record of it is ever built; the judgement is recorded with the withholding."""
    case = decided(platform, ageBand="FROM_14_TO_17")
    with pytest.raises(RejectedError) as refused:
        draft(platform, case)
    assert refused.value.code == "PROHIBITED"
    order = platform.order(case.stream, "officer:3")
    target = Target(DISCLOSURE, case.decision_id)
    acts = platform.commands.withhold_disclosure(order, target, "MINOR_PARTY")
    assessed, withheld = platform.take(acts)
    assert (assessed.payload["result"], assessed.payload["dueDate"]) == ("MUST_NOT", None)
    assert (withheld.payload["ground"], withheld.payload["approver"]) == (
        "MINOR_PARTY",
        "officer:3",
    )


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda platform, case: platform.vault.values.clear(), "RECORD_INCOMPLETE"),
        (lambda platform, case: setattr(case, "decision_id", bytes(16)), "NO_SOURCE"),
    ],
)
def test_what_cannot_be_drafted_says_why(platform: Platform, spoil, code: str):
    """A code for the caller; no act, no half-built record."""
    case = decided(platform)
    spoil(platform, case)
    with pytest.raises(RejectedError) as refused:
        draft(platform, case)
    assert refused.value.code == code


def test_nothing_can_be_published_that_was_not_drafted(platform: Platform):
    """There is not even an act for it."""
    case = decided(platform)
    order = platform.order(case.stream, "officer:2")
    for command in (platform.commands.publish_disclosure, platform.commands.review_disclosure):
        with pytest.raises(RejectedError) as refused:
            command(order, DISCLOSURE)
        assert refused.value.code == "NO_DRAFT"


def test_an_organisations_representative_is_no_hit(platform: Platform):
    """Shown by law, so the scan must not find the name that the policy shows."""
    case = Case(
        platform.ledger,
        1,
        party={
            "partyType": "LEGAL",
            "name": "长沙示范食品有限公司",
            "uscc": "91430100MAFCT0011C",
            "legalRepCommitment": bytes(32),
        },
    )
    case.filed()
    decision = case.decided()
    platform.vault.keep(decision, "/party/legalRepCommitment", "张三样")
    platform.vault.keep(decision, "/facts", "该公司销售超过保质期的食品。")
    platform.take(draft(platform, case))
    order = platform.order(case.stream, "officer:2")
    (review,) = platform.take(platform.commands.review_disclosure(order, DISCLOSURE))
    assert review.payload["scan"]["clean"]
    record = json.loads(platform.objects.get(review.payload["contentHash"]))
    assert record["fields"]["CF_FRDB"] == "张三样"


def test_orders_with_a_reference_give_the_same_ids_and_others_fresh_ones(platform: Platform):
    """A repeated order is noticed by its ids."""
    case = decided(platform)
    order = platform.order(case.stream, "officer:1", reference="sha256:x")
    target = Target(DISCLOSURE, case.decision_id)
    first = platform.commands.draft_disclosure(order, target)
    again = platform.commands.draft_disclosure(order, target)
    ids = [uuid_text(platform.stream_act(act).act.event_id) for act in first]
    assert ids == [uuid_text(platform.stream_act(act).act.event_id) for act in again]
    assert platform.commands.earlier(order, "DisclosureDrafted") is None
    platform.take(first)
    earlier = platform.commands.earlier(order, "DisclosureDrafted")
    assert earlier is not None
    assert earlier.refusal is None
    assert [uuid_text(item.act.event_id) for item in earlier.acts] == ids
    fresh = platform.commands.draft_disclosure(order._replace(reference=None), target)
    assert platform.stream_act(fresh[-1]).act.event_id.hex() not in ids
    assert platform.stream_act(first[0]).act.agency_id == AGENCY
