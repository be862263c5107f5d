"""Each indicator counts what its formula says: one short story each, and what is not counted."""

from __future__ import annotations

import json

import pytest

from ledger.chain.act import Actor
from ledger.chain.ids import uuid_text
from portal.indicators import Wanted, detail, summary
from projections.indicators.definitions import KINDS, RIPENS, indicators
from projections.indicators.view import FactQuery
from schemas.catalogue import load_catalogue
from schemas.loader import event_schema_files, file_json, rule_set_text
from tests.support.disclosure_story import DAY
from tests.support.indicator_story import EVER, TODAY, Story
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, START, sample


@pytest.fixture
def story():
    return Story()


def test_the_file_names_what_there_is():
    """Types, rules and deadlines exist; a way of ripening is one of four."""
    types = {name for name, _ in event_schema_files()}
    rows = {row["id"].upper() for row in json.loads(rule_set_text())["deadlines"]["rows"]}
    rules = set()
    for name in ("matters", "procedure"):
        rules |= set(file_json(f"rules/violations-{name}.json")["rules"])
    assert types >= set(load_catalogue().rows)
    for one in indicators().values():
        named = {
            event_type for match in one.matches for event_type in (*match.types, *match.skipped)
        }
        assert named - {"*"} <= types, one.id
        assert one.deadlines <= rows, one.id
        assert one.met_by_rules | one.failed_by_rules | one.called_by_rules <= rules, one.id
        assert one.ripens in RIPENS
        assert one.kind in KINDS


def test_two_officers_are_asked_for_where_the_rule_asks_for_them():
    """K-11 counts the acts that V-CRED-02 looks at."""
    lists = file_json("rules/violations-procedure.json")["lists"]
    assert set(indicators()["K-11"].enters[0].types) == set(lists["two_officer_acts"])


def test_disclosure_counts_against_its_due_day(story):
    """K-01: in time, late, and not yet due; K-02: published at any time."""
    for number, due in enumerate((TODAY + 5, TODAY - 3, TODAY + 400), start=1):
        story.assessed(number, due)
        story.drafted(number)
    story.assessed(4, TODAY, "MUST_NOT")
    story.act("DisclosurePublished", "disclosure:1")
    story.act("DisclosurePublished", "disclosure:2")

    assert story.count("K-01", START + 10 * DAY) == (1, 2, 1)
    assert story.count("K-01", START + 500 * DAY) == (1, 3, 0)
    assert story.count("K-02") == (2, 3, 0)


def test_a_duty_is_fulfilled_by_whoever_publishes_and_before_it_is_told(story):
    """K-01, K-02: on the agency's own page, in time and late, before anybody had judged."""
    for number, day in ((1, TODAY), (2, TODAY + 9)):
        story.act(
            "DisclosurePublishedExternally",
            f"page:{number}",
            happened=day * DAY,
            sourceEventId=story.decision(number),
        )
    for number in (1, 2, 3):
        story.assessed(number, TODAY + 5)

    assert story.count("K-01", START + 500 * DAY) == (1, 3, 0)
    assert story.count("K-02") == (2, 3, 0)


def test_of_an_annulled_decision_nothing_must_be_public(story):
    """K-01, K-02: whether it was annulled before its duty was told or after that."""
    decisions = [story.act("PenaltyDecisionMade") for _ in range(3)]
    story.assessed(0, TODAY + 5, source=decisions[0])
    story.assessed(1, TODAY + 5, source=decisions[1])
    assert story.count("K-02") == (0, 2, 0)
    for decision in decisions[1:]:
        story.act("EventAnnulled", targetEventId=decision)
    story.assessed(2, TODAY + 5, source=decisions[2])

    assert story.count("K-02") == (0, 1, 0)


def test_a_withdrawal_is_due_where_something_was_published(story):
    """K-03: in time, too late, and nothing to withdraw."""
    story.act("DecisionRevoked")
    story.act("DisclosurePublished", "disclosure:1")
    first, second, third = (story.act("DecisionRevoked") for _ in range(3))
    story.act("DisclosureWithdrawn", "disclosure:1", causeEventId=first)
    story.missed("D-DIS-04", second, story.ledger.now)
    story.act("DisclosureWithdrawn", "disclosure:2", causeEventId=second)

    assert third != second
    assert story.count("K-03") == (1, 2, 1)


def test_corrections_and_texts_that_differ_are_faults(story):
    """K-04: each record once."""
    published = [story.act("DisclosurePublished", f"disclosure:{n}") for n in range(3)]
    story.act("DisclosureCorrected", "disclosure:0")
    story.alert("V-DIS-05", published[0])
    story.alert("V-DIS-05", published[1])

    assert story.count("K-04") == (2, 3, 0)


def test_a_closed_case_has_six_stages(story):
    """K-05: an act counts for its stage, an excuse too; what comes after the end does not."""
    story.act("CaseFiled")
    story.act("OnSiteExamined")
    story.act("NoPenaltyDecisionMade")  # The decision, and why nothing is enforced.
    story.act("CaseClosed", reason="EXECUTED")
    story.act("HearingHeld")

    assert story.count("K-05") == (4, 6, 0)


def test_the_newest_declaration_of_each_agency_counts(story):
    """K-06: 37 officers and 1 reviewer, then 2; another agency beside it."""
    for agency, day, officers, reviewers in (
        (AGENCY, 20_000, 37, 1),
        (AGENCY, 20_100, 37, 2),
        (OTHER_AGENCY, 20_050, 20, 1),
    ):
        story.act(
            "StaffingDeclared",
            stream=f"agency:{agency}",
            log="control",
            fields={"agency_id": agency},
            asOf=day,
            officersTotal=officers,
            reviewers=reviewers,
        )

    assert story.count("K-06") == (3, 57, 0)


def test_a_major_decision_is_reviewed_before_it_is_made(story):
    """K-07: reviewed, reviewed too late, another draft; a case that is not major is left out."""
    at = story.ledger.now + DAY
    drafts = {n: f"sm3:{n}" for n in range(4)}
    for number, reviewed_at, draft in ((0, at - 1, 0), (1, at + 1, 1), (2, at - 1, 3)):
        stream = f"case:{number}"
        story.act("MajorDecisionAssessed", stream=stream, isMajor=True)
        story.act(
            "LegalReviewConcluded",
            f"review:{number}",
            reviewed_at,
            stream,
            conclusion="AGREE",
            draftHash=drafts[draft],
        )
        story.act("PenaltyDecisionMade", happened=at, stream=stream, draftHash=drafts[number])
    minor = story.act("PenaltyDecisionMade", happened=at, stream="case:3", draftHash="sm3:9")
    assert story.count("K-07") == (1, 3, 1)

    story.act("SupervisionAlertRaised", stream="case:3", ruleId="V-LR-01", causeEventIds=[minor])
    assert story.count("K-07") == (1, 4, 0)


def test_acts_without_handlers_are_nobodys(story):
    """K-10: acts of handlers; what an alert names is out."""
    story.act("CaseFiled")
    wrong = story.act("OnSiteExamined")
    story.act("CaseClosed", fields={"actors": (Actor("officer:9", "1", "APPROVER"),)})
    story.alert("V-CRED-01", wrong)
    story.ledger.now += 1

    held = story.reader.facts(FactQuery("K-10", EVER), "OUT", 5).rows
    assert [row.event_id for row in held] == [uuid_text(wrong)]


def test_a_decision_after_its_deadline_is_late_whichever_came_first(story):
    """K-12: the miss before the decision, and after it; a miss of something later is none."""
    filed = story.act("CaseFiled")
    story.missed("D-PEN-02", filed, story.ledger.now - 5)
    story.act("PenaltyDecisionMade")
    second = story.act("CaseFiled", stream="case:2")
    story.act("PenaltyDecisionMade", stream="case:2")
    story.act(
        "DeadlineMissed",
        stream="case:2",
        deadlineId="D-PEN-02",
        triggerEventId=second,
        dueAt=story.ledger.now - 5_000_000,
    )
    story.act("PenaltyDecisionMade", stream="case:3")
    story.act(
        "DeadlineMissed",
        stream="case:3",
        deadlineId="D-PEN-02",
        triggerEventId=second,
        dueAt=story.ledger.now + DAY,
    )

    assert story.count("K-12") == (1, 3, 0)


@pytest.mark.parametrize("deadline", ["D-LIC-02", "D-LIC-03"])
def test_a_licence_after_its_deadline_is_late(story, deadline):
    """K-12: of what one agency handles, and of what several handle together."""
    accepted = story.act("LicenceApplicationAccepted", stream="licence:1")
    story.act(
        "DeadlineMissed",
        stream="licence:1",
        deadlineId=deadline,
        triggerEventId=accepted,
        dueAt=story.ledger.now - 5,
    )
    story.act("LicenceGranted", stream="licence:1")
    story.act("LicenceGranted", stream="licence:2")

    assert story.count("K-12") == (1, 2, 0)


@pytest.mark.parametrize(
    ("late_by", "expected"), [(-1, (1, 1, 0)), (1, (0, 1, 0)), (None, (0, 1, 0))]
)
def test_service_counts_by_when_it_happened(story, late_by, expected):
    """K-13: served in time but reported late is in time; late or never is not."""
    decision = story.act("PenaltyDecisionMade", doc={"docNo": "1号"})
    assert story.count("K-13") == (0, 0, 1)

    due = story.ledger.now + DAY
    story.missed("D-SRV-01", decision, due)
    if late_by is not None:
        story.act("DocumentServed", happened=due + late_by, doc={"docNo": "1号"})

    assert story.count("K-13") == expected


def test_reviews_are_counted_once_with_what_they_found(story):
    """K-14, K-15, K-16: adviser, first round, disagreement and its end."""
    checks = [{"key": "law", "answer": "PROBLEM"}, {"key": "facts", "answer": "PASS"}]
    for number in range(2):
        story.act("LegalReviewSubmitted", f"review:{number}")
    story.act("LegalAdviserConsulted", "review:0")
    story.act("LegalReviewConcluded", "review:0", round=1, conclusion="AGREE", checklist=[])
    story.act(
        "LegalReviewConcluded", "review:1", round=1, conclusion="PROBLEMS_FOUND", checklist=checks
    )
    story.act("ReviewDisagreementRaised", "review:1")
    story.act("ReviewCoordinationResolved", "review:1", outcome="HEAD_DECIDES")
    story.act("LegalReviewConcluded", "review:1", round=2, conclusion="AGREE", checklist=[])

    assert [story.count(name) for name in ("K-14", "K-15", "K-16")] == [(1, 2, 0)] * 3
    by_key = story.totals("K-15", "DETAIL")
    assert [(it.part, it.numerator, it.denominator) for it in by_key] == [("law", 0, 1)]
    ends = story.reader.totals(FactQuery("K-16", EVER), "OUTCOME")
    assert [it.part for it in ends] == ["", "HEAD_DECIDES"]


def test_an_access_needs_a_window_its_scope_and_its_time(story):
    """K-17: approved, beyond the scope, too late, without any, offline with and without."""
    now = story.ledger.now
    scope = {"mediaIds": ["media:1"], "docIds": []}
    window = story.act(
        "RetrievalApproved", "retrieval:1", scope=scope, **{"from": now, "to": now + DAY}
    )
    for media, at, through in (
        ("media:1", now + 5, window),
        ("media:2", now + 5, window),
        ("media:1", now + DAY + 1, window),
        ("media:1", now + 5, bytes(16)),
    ):
        story.act("RecordAccessed", "retrieval:1", mediaId=media, at=at, windowId=through)
    story.act("OfflineAccessReported", "retrieval:1", at=now, approvedBy="officer:1")
    story.act("OfflineAccessReported", "retrieval:1", at=now)

    assert story.count("K-17") == (2, 6, 0)


def test_requests_are_answered_in_time(story):
    """K-18: answered, missed, open."""
    story.act("RetrievalRequested", "retrieval:1")
    late = story.act("RetrievalRequested", "retrieval:2")
    story.act("RetrievalRequested", "retrieval:3")
    story.act("RetrievalRejected", "retrieval:1")
    story.missed("D-RET-01", late, story.ledger.now)

    assert story.count("K-18") == (1, 2, 1)


def test_hearings_and_remedies(story):
    """K-19: of those who had the right; results that were not upheld."""
    story.act("PenaltyPreNoticeServed", hearingRight=True)
    story.act("PenaltyPreNoticeServed", stream="case:2", hearingRight=False)
    story.act("HearingHeld")
    story.act("HearingHeld", stream="case:2")
    for result in ("UPHELD", "REVOKED"):
        story.act("RemedyResultReceived", result=result)

    assert story.count("K-19A") == (1, 1, 0)
    assert story.count("K-19B") == (1, 2, 0)


def test_inspections_that_became_cases(story):
    """K-23: of those that found something, the same party's."""
    for party, finding in (
        ("a", "CORRECTION_ORDERED"),
        ("b", "FURTHER_ACTION"),
        ("c", "NO_PROBLEM"),
    ):
        story.act(
            "InspectionRecordMade",
            stream="inspection:1",
            object={"partyId": party},
            results=[{"itemCode": "1", "finding": finding}],
        )
    for party in ("b", "c"):
        story.act(
            "InspectionCaseReferred", stream="inspection:1", object=party, followUp="CASE_FILED"
        )

    assert story.count("K-23") == (1, 2, 0)


def test_cases_that_end_without_a_penalty(story):
    """K-24: with the ground."""
    story.act("NoPenaltyDecisionMade", ground="FIRST_OFFENCE")
    story.act("CaseClosed")
    story.act("CaseClosed", stream="case:2")

    assert story.count("K-24") == (1, 2, 0)
    assert [it.part for it in story.reader.totals(FactQuery("K-24", EVER), "DETAIL")] == [
        "FIRST_OFFENCE"
    ]


def test_acts_that_came_a_day_late(story):
    """K-25: the lag in the middle is kept; what the platform derives is not counted."""
    story.ledger.now += 3 * DAY
    for lag in (0, DAY, DAY + 2_000_000):
        story.act("CaseFiled", happened=story.ledger.now + 1_000_000 - lag)
    story.alert("V-TIME-01")

    assert story.count("K-25") == (1, 3, 0)
    assert story.reader.totals(FactQuery("K-25", EVER))[0].median == DAY


def test_alerts_and_emergencies(story):
    """K-26, K-27: decided in time, missed, open."""
    for number in range(3):
        story.act("SupervisionAlertRaised", alertId=f"{number:064}", severity="HIGH")
    measures = [story.act("EmergencyMeasureImposed") for _ in range(3)]
    story.act("AlertResolved", alertId=f"{0:064}", outcome="CONFIRMED")
    story.act("EmergencyMeasureRatified", measureEventId=measures[0])
    story.missed("D-COE-01", measures[1], story.ledger.now)

    assert story.count("K-26") == (1, 1, 2)
    assert story.count("K-27") == (1, 2, 1)


def test_what_the_list_says_is_recorded(story):
    """K-08: by the list of the day; recorded, not recorded, excused afterwards; no list, no fact."""
    story.act("OnSiteExamined")
    entry = {"actKind": "PENALTY", "startPoint": "1", "endPoint": "2", "retentionMonths": 6}
    entry["mandatory"] = True
    steps = [entry | {"step": "OnSiteExamined"}, entry | {"step": "CaseFiled", "mandatory": False}]
    story.publish("AvRecordListPublished", entries=steps)
    story.act("OnSiteExamined", happened=story.ledger.now - 2 * DAY)
    acts = [story.act("OnSiteExamined") for _ in range(3)]
    story.act("CaseFiled")
    for act in acts[:2]:
        story.alert("V-EVD-04", act)
    before = story.ledger.now
    story.act("RecordingExempted", actEventId=acts[0])

    assert story.count("K-08", before) == (1, 3, 0)
    assert story.count("K-08") == (2, 3, 0)


def test_recorders_in_use_for_each_officer(story):
    """K-09: a retired one counts no more from its day on; the newest declaration counts."""
    stream = {"stream": f"agency:{AGENCY}", "log": "control"}
    for number, day in enumerate((10, 5)):
        story.act("StaffingDeclared", asOf=TODAY - day, officersTotal=30 + 7 * number, **stream)
    for device in ("a", "b", "c"):
        story.act("RecorderDeviceRegistered", deviceId=device, **stream)
    story.act("RecorderDeviceRetired", happened=story.ledger.now + 3 * DAY, deviceId="a", **stream)
    end = {"to_day": TODAY + 10}

    assert story.totals("K-09", stock_day=TODAY + 1, **end)[0][1:3] == (3, 37)
    assert story.totals("K-09", stock_day=TODAY + 5, **end)[0][1:3] == (2, 37)
    assert [it.part for it in story.totals("K-09", "AGENCY", stock_day=TODAY)] == [AGENCY]
    story.act("RecorderDeviceRegistered", deviceId="a", **stream)
    assert story.totals("K-09", stock_day=TODAY + 5, **end)[0][1:3] == (3, 37)


def test_fines_against_the_benchmark_of_their_day(story):
    """K-20, K-21: the item of the case; two grades; below, above and between, and no fine."""
    grades = [
        {"circumstance": "较轻", "minFen": 1_000, "maxFen": 2_000},
        {"circumstance": "一般", "minFen": 3_000, "maxFen": 5_000},
    ]
    story.publish("DiscretionBenchmarkPublished", itemCode="IT-1", grades=grades)
    story.act("CaseFiled", itemCode="IT-1")
    for fine in (500, 1_000, 1_500, 2_900, 5_000, 6_000, 0):
        story.fine(fine)
    story.act("CaseFiled", stream="case:2", itemCode="IT-2")
    story.fine(700, stream="case:2")

    assert story.count("K-20") == (3, 6, 0)
    bands = {it.part: it.facts for it in story.totals("K-20", "OUTCOME")}
    assert bands == {"BELOW": 2, "Q1": 1, "Q3": 1, "Q4": 1, "ABOVE": 1}
    held = story.reader.facts(FactQuery("K-20", EVER), None, 9).rows
    assert [row.value for row in held][::-1] == [-1_000, -500, 0, -550, 500, 1_000]
    assert {row.item_code for row in held} == {"IT-1"}
    document = detail(story.reader, indicators()["K-21"], Wanted(EVER))
    light = next(part for part in document["by_detail"] if part["part"] == "IT-1:较轻")
    assert (light["numerator"], light["denominator"], light["rate"]) == (408, 1_000, "40.8%")
    assert (document["facts"], document["denominator"]) == (6, 2_816)


def test_inspections_beyond_the_cap_of_a_year(story):
    """K-22: the third of two allowed, of one enterprise, item and year; persons have none."""
    item = {"itemCode": "IT-1", "object": "1", "ratioPerMille": 30, "frequencyCapPerYear": 2}
    story.publish("InspectionItemListPublished", items=[item])
    party = sample("InspectionRecordMade")["object"] | {"partyType": "LEGAL", "uscc": "U1"}
    found = [{"itemCode": code, "finding": "NO_PROBLEM"} for code in ("IT-1", "IT-2")]
    for number in range(4):
        at = story.ledger.now + (400 * DAY if number == 3 else 0)
        story.act(
            "InspectionRecordMade",
            stream=f"inspection:{number}",
            happened=at,
            object=party,
            results=found,
        )
    for change in ({"uscc": "U2"}, {"partyType": "NATURAL", "uscc": None}):
        story.act(
            "InspectionRecordMade", stream="inspection:9", object=party | change, results=found
        )

    assert story.count("K-22") == (1, 5, 0)
    beyond = story.reader.facts(FactQuery("K-22", EVER), "IN", 9, None, "RANK").rows
    assert [row.stream_id for row in beyond] == ["inspection:2"]
    assert [it.part for it in story.totals("K-22", "DETAIL")] == ["IT-1"]


def test_segments_are_verified_until_a_breach(story):
    """K-28: up to the verified size; beyond the first bad entry none is; another log neither."""
    at = {"stream": "anchor", "log": "control"}
    for origin, size in (("a/log/0", 100), ("a/log/0", 200), ("a/log/1", 50)):
        story.act("StreamHeadsAnchored", origin=origin, treeSize=size, **at)
    story.act("ChainVerified", origin="a/log/0", treeSize=150, result="SOUND", **at)
    assert story.count("K-28") == (1, 3, 0)
    story.act("ChainVerified", origin="a/log/0", treeSize=300, result="SOUND", **at)
    story.act("ChainVerified", origin="a/log/1", treeSize=50, result="BROKEN", **at)
    last = story.act("ChainAnchored", origin="a/log/0", treeSize=300, **at) and story.ledger.now
    assert story.count("K-28") == (3, 4, 0)
    bad = {"origin": "a/log/0", "leafIndex": 150}
    story.act("IntegrityBreachDetected", firstBad=bad, **at)
    story.act("ChainVerified", origin="a/log/0", treeSize=300, result="SOUND", **at)

    assert story.count("K-28") == (1, 4, 0)
    shown = summary(story.reader, indicators()["K-28"], Wanted(last + 7))
    assert shown["newest_age_micros"] == "7"
