"""What an annulment takes away, what was known before it, and who may write what is counted."""

from __future__ import annotations

import copy

import pytest

from projections.indicators.definitions import indicators
from projections.indicators.view import PARTS, FactQuery
from tests.support.correcting import correction
from tests.support.disclosure_story import DAY
from tests.support.indicator_story import EVER, TODAY, Story
from tests.support.ledger_copy import OTHER_AGENCY


@pytest.fixture
def story():
    return Story()


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
    assert story.count("K-18") == (0, 0, 1)
    story.act("RetrievalRejected", "retrieval:1")
    assert story.count("K-18") == (1, 1, 0)


def test_a_record_published_again_is_published(story):
    """K-01, K-02: its publication was annulled, and made once more, in time or too late."""
    due = story.ledger.now // DAY + 2
    for number in range(2):
        story.assessed(number, due)
        story.drafted(number)
    for number in range(2):
        wrong = story.act("DisclosurePublished", f"disclosure:{number}")
        story.act("EventAnnulled", targetEventId=wrong)
    annulled = story.ledger.now
    assert story.count("K-02") == (0, 2, 0)
    story.act("DisclosurePublished", "disclosure:0")
    story.act("DisclosurePublished", "disclosure:1", happened=story.ledger.now + 9 * DAY)

    assert story.count("K-02") == (2, 2, 0)
    assert story.count("K-01") == (1, 2, 0)
    assert story.count("K-02", annulled) == (0, 2, 0)
    assert story.count("K-02", annulled - 1) == (1, 2, 0)  # One was annulled, one not yet.


def test_how_it_ended_is_known_when_it_ended(story):
    """K-16, K-26: as of a moment before, neither outcome nor grounds were known."""
    story.act("LegalReviewSubmitted", "review:1")
    story.act("SupervisionAlertRaised", alertId="a" * 64, severity="HIGH")
    before = story.ledger.now
    story.act("ReviewCoordinationResolved", "review:1", outcome="HEAD_DECIDES")
    story.act("AlertResolved", alertId="a" * 64, outcome="CONFIRMED")

    for name, word in (("K-16", "HEAD_DECIDES"), ("K-26", "CONFIRMED")):
        found = [
            [it.part for it in story.reader.totals(FactQuery(name, at), "OUTCOME")]
            for at in (before, EVER)
        ]
        assert found == [[""], [word]], name


def test_what_a_stranger_agency_writes_is_not_counted(story):
    """Neither its acts, nor what they would meet or annul; the owner's are."""
    decision = story.act("PenaltyDecisionMade", doc={"docNo": "1号"})
    foreign = {"fields": {"agency_id": OTHER_AGENCY}}
    story.missed("D-SRV-01", decision, story.ledger.now)
    story.act("DocumentServed", happened=decision_time(story), doc={"docNo": "1号"}, **foreign)
    story.act("CaseClosed", **foreign)
    story.act("EventAnnulled", targetEventId=decision, **foreign)

    assert story.count("K-13") == (0, 1, 0)
    assert story.count("K-24") == (0, 0, 0)
    story.act("JurisdictionTransferred", toAgency=OTHER_AGENCY)
    story.act("CaseClosed", **foreign)
    assert story.count("K-24") == (0, 1, 0)


def test_whom_an_opinion_addresses_may_answer_it(story):
    """In the opinion's own stream its acts count from then on."""
    answer = {"stream": "supervision:1", "fields": {"agency_id": OTHER_AGENCY}}
    story.act("CaseFiled", stream="supervision:1")
    story.act("CaseClosed", **answer)
    assert story.count("K-24") == (0, 0, 0)
    story.act("SupervisionOpinionIssued", stream="supervision:1", toAgency=OTHER_AGENCY)
    story.act("CaseClosed", **answer)
    assert story.count("K-24") == (0, 1, 0)


def decision_time(story):
    """A moment before everything that came."""
    return story.ledger.now - DAY


def correct(story, target, event_type, fields=None, **payload):
    """Correct an act: its whole payload anew."""
    return story.act("EventCorrected", fields=fields, **correction(target, event_type, **payload))


def test_a_corrected_act_counts_as_corrected(story):
    """K-15, K-24: from the correction on, until that is annulled; a stranger corrects nothing."""
    checks = [{"key": "law", "answer": "PROBLEM"}]
    found = {"round": 1, "conclusion": "PROBLEMS_FOUND", "checklist": checks}
    review = story.act("LegalReviewConcluded", "review:1", **found)
    ground = story.act("NoPenaltyDecisionMade", ground="FIRST_OFFENCE")
    story.act("CaseClosed")
    before = story.ledger.now
    stranger = {"agency_id": OTHER_AGENCY}
    correct(story, ground, "NoPenaltyDecisionMade", stranger, ground="NOT_ESTABLISHED")
    first = correct(story, ground, "NoPenaltyDecisionMade", ground="MINOR_HARM")
    correct(story, review, "LegalReviewConcluded", round=1, conclusion="AGREE", checklist=[])

    def grounds(as_of=EVER):
        return [it.part for it in story.totals("K-24", "DETAIL", as_of)]

    assert (story.count("K-15", before), story.count("K-15")) == ((0, 1, 0), (1, 1, 0))
    assert (grounds(before), grounds()) == (["FIRST_OFFENCE"], ["MINOR_HARM"])
    story.act("EventAnnulled", targetEventId=first)
    assert grounds() == ["FIRST_OFFENCE"]
    story.act("EventAnnulled", targetEventId=ground)
    assert (story.count("K-24"), grounds()) == ((0, 1, 0), [])


def tell(story, *, left_out=None):
    """Acts of two streams, one after the other; one may be left out, its place stays empty."""
    told = []

    def act(*given, **fields):
        event = story.ledger.leave_out() if len(told) == left_out else story.act(*given, **fields)
        told.append(event)
        return event

    now = story.ledger.now
    act("CaseFiled")
    examined = act("OnSiteExamined")
    act("MajorDecisionAssessed", isMajor=True)
    act("LegalReviewSubmitted", "review:1")
    checks = [{"key": "law", "answer": "PROBLEM"}]
    act("LegalReviewConcluded", "review:1", round=1, conclusion="PROBLEMS_FOUND", checklist=checks)
    act("ReviewDisagreementRaised", "review:1")
    act("ReviewCoordinationResolved", "review:1", outcome="HEAD_DECIDES")
    for _ in range(2):
        act("LegalReviewConcluded", "review:1", now, conclusion="AGREE", draftHash="sm3:1")
    notice = act("PenaltyPreNoticeServed", hearingRight=True)
    act("HearingHeld")
    decision = act("PenaltyDecisionMade", draftHash="sm3:1", doc={"docNo": "1号"})
    act("DocumentServed", doc={"docNo": "1号"})
    act("DocumentServed", doc={"docNo": "1号"})
    act("DeadlineMissed", deadlineId="D-SRV-01", triggerEventId=decision, dueAt=now + 1)
    act("DeadlineMissed", deadlineId="D-PEN-02", triggerEventId=examined, dueAt=now + 1)
    # Of no act of the story: of one that is annulled nothing must be public, other than here.
    source = story.decision(7)
    duty = {"result": "MUST", "channel": "PORTAL", "sourceEventId": source}
    act("DisclosureObligationAssessed", "duty:1", dueDate=TODAY + 9, **duty)
    act("DisclosureObligationAssessed", "duty:1", dueDate=TODAY + 8, **duty)
    act("DisclosureDrafted", "disclosure:1", sourceEventId=source, channel="PORTAL")
    published = act("DisclosurePublished", "disclosure:1")
    act("DisclosurePublished", "disclosure:1")
    revoked = act("DecisionRevoked")
    act("DisclosureWithdrawn", "disclosure:1", causeEventId=revoked)
    for rule, cause in (("V-CRED-01", examined), ("V-DIS-05", published), ("V-LR-01", decision)):
        act("SupervisionAlertRaised", alertId=rule, ruleId=rule, causeEventIds=[cause, notice])
    act("AlertResolved", alertId="V-CRED-01", outcome="CONFIRMED")
    scope = {"mediaIds": ["media:1"], "docIds": []}
    act("RetrievalRequested", "retrieval:1")
    span = {"from": now, "to": now + DAY}
    window = act("RetrievalApproved", "retrieval:1", scope=scope, **span)
    act("RecordAccessed", "retrieval:1", mediaId="media:1", at=now + 5, windowId=window)
    act("NoPenaltyDecisionMade", ground="FIRST_OFFENCE")
    act("CaseClosed")
    return told


def everything(story):
    """All that can be asked of every indicator."""
    reader = story.reader
    return {
        (name, part): reader.totals(FactQuery(name, EVER), part)
        for name in indicators()
        for part in PARTS
    }


@pytest.mark.parametrize("is_early", [False, True])
def test_an_annulled_act_is_as_if_it_had_never_come(is_early):
    """Whichever act it is, and whether its annulment comes after it or before it."""
    born = Story()
    count = len(tell(copy.deepcopy(born)))
    for place in range(1, count, 4 if is_early else 1):  # The first says whose the stream is.
        annulled, bare = copy.deepcopy(born), copy.deepcopy(born)
        bare.act("CaseFiled", stream="case:0")
        annulled.act("CaseFiled", stream="case:0")
        if is_early:
            first = annulled.act("CaseFiled")
            assert bare.act("CaseFiled") == first
            target = annulled.ledger.id_after(1 + place)
            for story in (annulled, bare):
                story.act("EventAnnulled", targetEventId=target if story is annulled else bytes(16))
        told = tell(annulled)
        tell(bare, left_out=place)
        if is_early:
            assert told[place] == target
        else:
            annulled.act("EventAnnulled", targetEventId=told[place])
            bare.act("EventAnnulled", targetEventId=bytes(16))

        assert everything(annulled) == everything(bare), place
