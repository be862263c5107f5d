"""The six stages of a penalty case: acts that belong to them, acts that excuse their absence."""

from __future__ import annotations

import pytest

from ledger.domain.case_stages import case_stages, stage_rows
from schemas.catalogue import load_catalogue
from tests.support.control import stream_act

# Of the second release: their schemas are not published yet.
LATER = {"ConfiscationExecuted", "LicenceSanctionExecuted", "SubstitutePerformanceDone"}
DECISION = {"doc": {"docType": "行政处罚决定书"}}
NOTICE = {"doc": {"docType": "行政处罚事先告知书"}}
ORDINARY = [
    ("LeadRegistered", {}),
    ("CaseFiled", {}),
    ("InquiryRecorded", {}),
    ("PenaltyPreNoticeServed", {}),
    ("DocumentServed", NOTICE),
    ("PenaltyDecisionMade", {}),
    ("DocumentServed", DECISION),
    ("FinePaid", {}),
    ("CaseClosed", {"reason": "EXECUTED"}),
]


def stages(*acts):
    """Fold acts, given as type and payload, by stage."""
    items = []
    for version, (event_type, payload) in enumerate(acts, start=1):
        item = stream_act(event_type, payload)
        items.append(item._replace(entry=item.entry._replace(stream_version=version)))
    return {stage.stage: stage for stage in case_stages(items)}


def test_the_stages_are_those_of_the_statute_in_its_order():
    names = [row.cn for row in stage_rows()]
    assert names == ["启动", "调查取证", "审核", "决定", "送达", "执行"]


def test_every_type_of_the_file_is_one_of_the_catalogue():
    named = {act.event_type for row in stage_rows() for act in (*row.acts, *row.absence)}
    assert named - LATER <= set(load_catalogue().rows)
    assert all(act.cn for row in stage_rows() for act in row.absence)


def test_an_ordinary_case_has_an_act_in_each_stage():
    found = stages(*ORDINARY)
    assert {name: stage.versions for name, stage in found.items()} == {
        "INITIATION": (1, 2),
        "INVESTIGATION": (3,),
        "REVIEW": (4,),
        "DECISION": (6,),
        "SERVICE": (7,),
        "EXECUTION": (8,),
    }


def test_service_of_another_document_is_no_service_of_the_decision():
    found = stages(("DocumentServed", NOTICE), ("DocumentServed", {"doc": None}))
    assert not found["SERVICE"].is_accounted_for


@pytest.mark.parametrize("place", [0, 3, 5, 6, 7])
def test_an_act_that_is_not_there_leaves_its_stage_unaccounted_for(place):
    acts = [act for at, act in enumerate(ORDINARY) if at != place and (place or at != 1)]
    missing = [stage for stage in stages(*acts).values() if not stage.is_accounted_for]
    assert len(missing) == 1
    assert (missing[0].versions, missing[0].absence, missing[0].reason) == ((), None, None)


def test_a_summary_case_says_itself_what_it_lacks():
    found = stages(
        ("CredentialsShown", {}), ("OnSitePenaltyDecided", {"handedOver": True}), ("FinePaid", {})
    )
    assert all(stage.is_accounted_for for stage in found.values())
    assert (found["INITIATION"].absence, found["REVIEW"].absence) == (2, 2)
    assert found["INITIATION"].reason
    assert found["SERVICE"].versions == (2,)


def test_a_decision_that_was_not_handed_over_was_not_served():
    found = stages(("OnSitePenaltyDecided", {"handedOver": False}))
    assert not found["SERVICE"].is_accounted_for


@pytest.mark.parametrize(
    ("act", "stage"),
    [
        (("NoPenaltyDecisionMade", {}), "EXECUTION"),
        (("CaseFilingDeclined", {}), "DECISION"),
        (("CaseTransferredToJudiciary", {}), "DECISION"),
        (("CaseClosed", {"reason": "ENDED"}), "SERVICE"),
    ],
)
def test_recorded_reasons_excuse_a_stage(act, stage):
    assert stages(act)[stage].absence == 1


def test_a_case_that_was_executed_is_no_reason_for_no_execution():
    assert not stages(("CaseClosed", {"reason": "EXECUTED"}))["EXECUTION"].is_accounted_for


def test_a_stage_with_an_act_needs_no_reason():
    found = stages(*ORDINARY, ("DecisionRevoked", {}))["EXECUTION"]
    assert (found.versions, found.absence) == ((8,), None)


def test_a_matter_that_is_no_case_has_no_stages():
    """行政处罚法 art. 47 says nothing of a licence; a case of which nothing is known yet has six."""
    licence = stream_act("LicenceApplicationReceived", {}, stream_key="licence:1", case_id=None)
    assert case_stages([licence]) == ()
    assert len(case_stages([])) == 6
