"""Each indicator counts what its formula says: one short story each, and what is not counted."""

from __future__ import annotations

import pytest

from ledger.chain.act import Actor
from ledger.chain.ids import uuid_text
from projections.indicators.definitions import RIPENS, indicators
from projections.indicators.memory import MemoryIndicatorReader
from projections.indicators.projection import IndicatorsProjection
from projections.indicators.view import NEVER, FactQuery
from schemas.catalogue import load_catalogue
from schemas.loader import event_schema_files, file_json
from tests.support.disclosure_story import DAY
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, START, LedgerCopy, MemorySource, sample
from tests.support.views import memory_view

EVER = NEVER - 1
CASE = "case:1"
TODAY = START // DAY
TYPES = frozenset(
    event_type
    for one in indicators().values()
    for match in (*one.enters, *one.meets, *one.outcomes, *sum(one.notes.values(), ()))
    for event_type in match.types
) | {"DeadlineMissed", "EventAnnulled", "RetrievalApproved", "CaseFiled", "OnSiteExamined"}


class Story:
    """Acts of one case, and the counts after them."""

    def __init__(self):
        self.ledger = LedgerCopy(1, schemas=TYPES)

    def act(
        self,
        event_type,
        aggregate=None,
        happened=None,
        stream=CASE,
        log="0",
        fields=None,
        **payload,
    ):
        """Append an act."""
        return self.ledger.add(
            event_type,
            sample(event_type, **payload),
            stream=stream,
            log=log,
            aggregate=aggregate,
            occurred_at=happened,
            **(fields or {}),
        )

    def missed(self, deadline, trigger, due_at):
        """Have the ledger say that a deadline passed."""
        return self.act("DeadlineMissed", deadlineId=deadline, triggerEventId=trigger, dueAt=due_at)

    def alert(self, rule, *causes):
        """Have the ledger say that a rule was broken."""
        return self.act("SupervisionAlertRaised", ruleId=rule, causeEventIds=list(causes))

    @property
    def reader(self):
        """A view that has taken in everything."""
        view = memory_view(IndicatorsProjection(), MemorySource(self.ledger.logs))
        return MemoryIndicatorReader(view.rows)

    def count(self, indicator_id, as_of=EVER):
        """Return numerator, denominator and what is pending."""
        latest = indicators()[indicator_id].is_latest
        found = self.reader.totals(FactQuery(indicator_id, as_of), latest=latest)
        return (found[0].numerator, found[0].denominator, found[0].pending) if found else (0, 0, 0)


@pytest.fixture
def story():
    return Story()


def test_the_file_names_what_there_is():
    """Types, rules and deadlines exist; a way of ripening is one of four."""
    types = {name for name, _ in event_schema_files()}
    rows = {row["id"].upper() for row in file_json("rules/deadlines-1.json")["rows"]}
    rules = set()
    for name in ("matters", "procedure"):
        rules |= set(file_json(f"rules/violations-{name}.json")["rules"])
    assert types >= set(load_catalogue().rows)
    for one in indicators().values():
        notes = [match for matches in one.notes.values() for match in matches]
        named = {
            event_type
            for match in (*one.enters, *one.meets, *one.outcomes, *notes)
            for event_type in (*match.types, *match.skipped)
        }
        assert named - {"*"} <= types, one.id
        assert one.deadlines <= rows, one.id
        assert one.met_by_rules | one.failed_by_rules | one.called_by_rules <= rules, one.id
        assert one.ripens in RIPENS


def test_two_officers_are_asked_for_where_the_rule_asks_for_them():
    """K-11 counts the acts that V-CRED-02 looks at."""
    lists = file_json("rules/violations-procedure.json")["lists"]
    assert set(indicators()["K-11"].enters[0].types) == set(lists["two_officer_acts"])


def test_disclosure_counts_against_its_due_day(story):
    """K-01: in time, late, and not yet due; K-02: published at any time."""
    for number, due in enumerate((TODAY + 5, TODAY - 3, TODAY + 400), start=1):
        story.act(
            "DisclosureObligationAssessed", f"disclosure:{number}", result="MUST", dueDate=due
        )
    story.act("DisclosureObligationAssessed", "disclosure:4", result="MUST_NOT", dueDate=TODAY)
    story.act("DisclosurePublished", "disclosure:1")
    story.act("DisclosurePublished", "disclosure:2")

    assert story.count("K-01", START + 10 * DAY) == (1, 2, 1)
    assert story.count("K-01", START + 500 * DAY) == (1, 3, 0)
    assert story.count("K-02") == (2, 3, 0)


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
    by_key = story.reader.totals(FactQuery("K-15", EVER), "DETAIL")
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


def test_an_annulled_act_counts_no_more(story):
    """Neither in the denominator, nor as what met something; before that it did."""
    one, two = (story.act("RetrievalRequested", f"retrieval:{n}") for n in range(2))
    story.act("RetrievalApproved", "retrieval:0")
    answered = story.act("RetrievalApproved", "retrieval:1")
    before = story.ledger.now
    story.act("EventAnnulled", targetEventId=one)
    story.act("EventAnnulled", targetEventId=answered)

    assert two != one
    assert story.count("K-18", before) == (2, 2, 0)
    assert story.count("K-18") == (0, 1, 0)
