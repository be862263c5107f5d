"""Each gate rule on its own: kept in a sound story, broken by one change to it."""

import pytest

from ledger.domain.control import ControlState
from ledger.domain.hold import open_alerts, open_holds
from ledger.domain.review import fold_reviews
from ledger.rules.gate_rules import RULES, GateContext, failed_rules
from tests.support.control import (
    DAY,
    PLATFORM,
    START,
    Actor,
    control_state,
    default_rule_set,
    event_id,
    stream_act,
)

STATE = control_state()
RULE_SET = STATE.rule_set
HASH = "sha256:" + "a" * 64
OTHER_HASH = "sha256:" + "b" * 64
DISCLOSURE = {"aggregate_type": "Disclosure", "aggregate_id": "disclosure:1"}
RETRIEVAL = {"aggregate_type": "Retrieval", "aggregate_id": "retrieval:1"}
REVIEW = {"aggregate_type": "LegalReview", "aggregate_id": "review:1"}
DECISION_ID = event_id("decision")
CHECKLIST = [
    {"key": key, "answer": "PASS"}
    for key in (
        [
            "subject",
            "authority",
            "facts",
            "evidence",
            "law",
            "discretion",
            "procedure",
            "documentsAndTransfer",
        ]
    )
]
FINE = [{"kind": "FINE", "amountFen": 5_000_000, "objectCommitment": None, "durationDays": None}]


def failed(gate, acts, request):
    """Run a gate over acts."""
    return failed_rules(gate, GateContext(request, acts, STATE, RULE_SET))


def scan(clean=True, content_hash=HASH):
    return {"scannerVersion": "1", "contentHash": content_hash, "clean": clean}


def assessed(result="MUST"):
    payload = {"sourceEventId": DECISION_ID, "channel": "PORTAL", "result": result}
    return stream_act("DisclosureObligationAssessed", payload, **DISCLOSURE)


def drafted(content_hash=HASH, drafter="officer:drafter"):
    payload = {
        "sourceEventId": DECISION_ID,
        "channel": "PORTAL",
        "contentHash": content_hash,
        "version": 1,
        "drafter": drafter,
    }
    return stream_act("DisclosureDrafted", payload, **DISCLOSURE)


def reviewed(**changes):
    payload = {
        "contentHash": HASH,
        "decision": "APPROVED",
        "reviewer": "officer:reviewer",
        "secrecyCheck": True,
        "privacyCheck": True,
        "scan": scan(),
        "acknowledgedAlerts": [],
        **changes,
    }
    return stream_act("DisclosureReviewed", payload, **DISCLOSURE)


def published(version=1, content_hash=HASH, **changes):
    payload = {"channel": "PORTAL", "contentHash": content_hash, "version": version, **changes}
    return stream_act("DisclosurePublished", payload, **DISCLOSURE)


def alert(severity="CRITICAL"):
    return stream_act("SupervisionAlertRaised", {"alertId": "f" * 64, "severity": severity})


def held(target):
    payload = {"target": target, "ground": "SUPERVISION"}
    return stream_act("HoldPlaced", payload, event_id=event_id("hold"))


SOUND = [assessed(), drafted(), reviewed()]

PUBLISH_CASES = {
    "sound": (SOUND, published(), []),
    "nothing there": (
        [],
        published(),
        ["G-DIS-ASSESSED", "G-DIS-APPROVED", "G-DIS-REVIEWER", "V-DIS-03"],
    ),
    "not assessed": (SOUND[1:], published(), ["G-DIS-ASSESSED"]),
    "prohibited": ([assessed("MUST_NOT"), *SOUND[1:]], published(), ["V-DIS-08"]),
    "not reviewed": (SOUND[:2], published(), ["G-DIS-APPROVED", "G-DIS-REVIEWER", "V-DIS-03"]),
    "returned": ([*SOUND[:2], reviewed(decision="RETURNED")], published(), ["G-DIS-APPROVED"]),
    "redrafted after the review": (
        [*SOUND, drafted()],
        published(),
        ["G-DIS-APPROVED", "G-DIS-REVIEWER", "V-DIS-03"],
    ),
    "other content": (SOUND, published(content_hash=OTHER_HASH), ["G-DIS-APPROVED", "V-DIS-03"]),
    "other channel": (SOUND, published(channel="CREDIT"), ["G-DIS-APPROVED"]),
    "reviewed by the drafter": (
        [*SOUND[:2], reviewed(reviewer="officer:drafter")],
        published(),
        ["G-DIS-REVIEWER"],
    ),
    "scan found something": ([*SOUND[:2], reviewed(scan=scan(False))], published(), ["V-DIS-03"]),
    "scan of something else": (
        [*SOUND[:2], reviewed(scan=scan(True, OTHER_HASH))],
        published(),
        ["V-DIS-03"],
    ),
    "open alert": ([*SOUND, alert()], published(), ["G-DIS-ALERTS"]),
    "minor alert": ([*SOUND, alert("MEDIUM")], published(), []),
    "acknowledged alert": (
        [*SOUND[:2], alert(), reviewed(acknowledgedAlerts=["f" * 64])],
        published(),
        [],
    ),
    "version 2 first": (SOUND, published(version=2), ["G-DIS-VERSION"]),
    "published already": (
        [*SOUND, published(), drafted(), reviewed()],
        published(version=2),
        ["G-DIS-STATE"],
    ),
    "held": ([*SOUND, held("disclosure:1")], published(), ["G-HOLD"]),
    "the case is held": ([*SOUND, held("case:1")], published(), []),
}


@pytest.mark.parametrize("name", PUBLISH_CASES)
def test_the_publish_gate_names_each_rule_that_is_broken(name):
    """One change to a sound story breaks the rules it should break and no other."""
    acts, request, broken = PUBLISH_CASES[name]
    assert failed("disclosure_publish", acts, request) == broken


def updated(version=2, content_hash=OTHER_HASH, clean=True):
    payload = {"version": version, "contentHash": content_hash, "scan": scan(clean, content_hash)}
    return stream_act("DisclosureUpdated", payload, **DISCLOSURE)


def test_an_update_needs_a_review_of_its_own():
    """What was approved for version 1 does not carry version 2."""
    live = [*SOUND, published()]
    fresh = [
        *live,
        drafted(OTHER_HASH),
        reviewed(contentHash=OTHER_HASH, scan=scan(True, OTHER_HASH)),
    ]
    assert failed("disclosure_update", fresh, updated()) == []
    assert "G-DIS-APPROVED" in failed("disclosure_update", live, updated())
    assert failed("disclosure_update", fresh, updated(version=3)) == ["G-DIS-VERSION"]
    assert failed("disclosure_update", fresh, updated(clean=False)) == ["V-DIS-03"]
    assert "G-DIS-STATE" in failed("disclosure_update", SOUND, updated())


def withdrawn(**changes):
    payload = {
        "ground": "REVOKED",
        "publicReason": "决定已被撤销",
        "scan": scan(),
        "causeEventId": event_id("revoked"),
        "contentHash": HASH,
        "version": 1,
        **changes,
    }
    return stream_act("DisclosureWithdrawn", payload, **DISCLOSURE)


def test_a_withdrawal_rests_on_an_act_of_its_case():
    """The ground names a kind of act, and that very act must be in the stream."""
    live = [*SOUND, published()]
    revoked = stream_act("DecisionRevoked", {}, event_id=event_id("revoked"))
    sound = [*live, revoked]
    assert failed("disclosure_withdraw", sound, withdrawn()) == []
    assert failed("disclosure_withdraw", live, withdrawn()) == ["G-DIS-CAUSE"]
    assert failed("disclosure_withdraw", sound, withdrawn(ground="ALTERED")) == ["G-DIS-CAUSE"]
    assert failed("disclosure_withdraw", sound, withdrawn(publicReason=" ")) == ["G-DIS-GROUND"]
    assert failed("disclosure_withdraw", sound, withdrawn(version=2)) == ["G-DIS-GROUND"]
    assert failed("disclosure_withdraw", sound, withdrawn(scan=scan(False))) == ["V-DIS-03"]
    free = withdrawn(ground="WRONGLY_PUBLISHED", causeEventId=None)
    assert failed("disclosure_withdraw", live, free) == []
    assert failed("disclosure_withdraw", [*sound, withdrawn()], withdrawn()) == ["G-DIS-STATE"]


def test_a_review_is_by_another_person_and_of_the_draft():
    """The three rules of the review gate."""
    assert failed("disclosure_review", SOUND[:2], reviewed()) == []
    own = reviewed(reviewer="officer:drafter")
    assert failed("disclosure_review", SOUND[:2], own) == ["G-DIS-REVIEWER"]
    assert failed("disclosure_review", SOUND[:1], reviewed()) == ["G-DIS-DRAFT"]
    unchecked = reviewed(privacyCheck=False)
    assert failed("disclosure_review", SOUND[:2], unchecked) == ["G-DIS-CHECKS"]
    other = reviewed(scan=scan(True, OTHER_HASH))
    assert failed("disclosure_review", SOUND[:2], other) == ["G-DIS-DRAFT"]


# --- retrieval -----------------------------------------------------------------------------------


def scope(*docs):
    return {"mediaIds": [], "docIds": list(docs), "fields": []}


def requested(mode="COPY"):
    payload = {"requester": "officer:asks", "scope": scope("doc:1", "doc:2"), "mode": mode}
    return stream_act("RetrievalRequested", payload, **RETRIEVAL)


WINDOW = event_id("window")


def approved(**changes):
    payload = {
        "approver": "officer:approves",
        "secondApprover": None,
        "scope": scope("doc:1"),
        "mode": "COPY",
        "from": START - DAY,
        "to": START + 5 * DAY,
        **changes,
    }
    return stream_act("RetrievalApproved", payload, event_id=WINDOW, actors=(), **RETRIEVAL)


def accessed(event_type="RecordAccessed", at=START, **changes):
    payload = {
        "accessId": "access:1",
        "who": "officer:asks",
        "mediaId": None,
        "docId": "doc:1",
        "windowId": WINDOW,
        **changes,
    }
    return stream_act(event_type, payload, at=at, **RETRIEVAL)


def test_an_approval_is_another_persons_explicit_and_bounded():
    """Rules of the approval gate, one at a time."""
    acts = [requested()]
    assert failed("retrieval_approve", acts, approved()) == []
    assert failed("retrieval_approve", acts, approved(approver="officer:asks")) == ["V-RET-06"]
    second = approved(secondApprover="officer:asks")
    assert failed("retrieval_approve", acts, second) == ["V-RET-06"]
    same = approved(secondApprover="officer:approves")
    assert failed("retrieval_approve", acts, same) == ["V-RET-06"]
    assert failed("retrieval_approve", acts, approved(scope=scope())) == ["G-RET-SCOPE"]
    assert failed("retrieval_approve", acts, approved(scope=scope("doc:3"))) == ["G-RET-SCOPE"]
    assert failed("retrieval_approve", [requested("VIEW")], approved()) == ["G-RET-SCOPE"]
    assert failed("retrieval_approve", acts, approved(to=START + 90 * DAY)) == ["G-RET-WINDOW"]
    assert failed("retrieval_approve", acts, approved(to=START)) == ["G-RET-WINDOW"]
    twice = failed("retrieval_approve", [*acts, approved()], approved())
    assert twice == ["G-RET-STATE"]
    assert "G-RET-STATE" in failed("retrieval_approve", [], approved())


def test_an_access_needs_an_open_window_that_covers_it():
    """Rules of the access gate, one at a time."""
    acts = [requested(), approved()]
    assert failed("record_access", acts, accessed()) == []
    unknown = failed("record_access", [requested()], accessed())
    assert unknown == ["V-RET-01", "V-RET-02", "V-RET-03", "G-RET-PERSON"]
    assert failed("record_access", acts, accessed(docId="doc:2")) == ["V-RET-02"]
    assert failed("record_access", acts, accessed(docId=None)) == ["V-RET-02"]
    assert failed("record_access", acts, accessed(at=START + 6 * DAY)) == ["V-RET-03"]
    assert failed("record_access", acts, accessed(who="officer:other")) == ["G-RET-PERSON"]
    closed = stream_act("RetrievalClosed", {}, **RETRIEVAL)
    assert failed("record_access", [*acts, closed], accessed()) == ["V-RET-01"]


def test_an_emergency_opens_a_window_for_its_hours():
    """The emergency's own event id names the window; it ends by itself."""
    payload = {"who": "officer:asks", "scope": scope("doc:1")}
    emergency = stream_act("EmergencyAccessUsed", payload, event_id=WINDOW, **RETRIEVAL)
    assert failed("record_access", [emergency], accessed()) == []
    assert failed("record_access", [emergency], accessed(at=START + DAY)) == ["V-RET-03"]
    copied = accessed("RecordCopied")
    assert failed("record_copy", [emergency], copied) == ["G-RET-MODE"]


def test_copies_ends_and_closings_follow_an_access():
    """The gates of what comes after an access."""
    acts = [requested(), approved()]
    assert failed("record_copy", acts, accessed("RecordCopied")) == []
    view_only = [requested(), approved(mode="VIEW")]
    assert failed("record_copy", view_only, accessed("RecordCopied")) == ["G-RET-MODE"]
    ended = stream_act("RecordAccessEnded", {"accessId": "access:1"}, **RETRIEVAL)
    assert failed("record_access_end", [*acts, accessed()], ended) == []
    assert failed("record_access_end", acts, ended) == ["G-RET-ACCESS"]
    assert failed("record_access_end", [*acts, accessed(), ended], ended) == ["G-RET-ACCESS"]
    closing = stream_act("RetrievalClosed", {}, **RETRIEVAL)
    assert failed("retrieval_close", acts, closing) == []
    assert failed("retrieval_close", [*acts, closing], closing) == ["G-RET-STATE"]


# --- decision permit -----------------------------------------------------------------------------


def filed():
    payload = {
        "caseNo": "1",
        "itemCode": "430100-SC-0001",
        "party": {"partyType": "LEGAL", "ageBand": "UNKNOWN"},
    }
    return stream_act("CaseFiled", payload)


def submitted():
    payload = {"round": 1, "draftHash": HASH, "submitter": "officer:1"}
    return stream_act("LegalReviewSubmitted", payload, **REVIEW)


def concluded(**changes):
    payload = {
        "round": 1,
        "conclusion": "AGREE",
        "checklist": CHECKLIST,
        "draftHash": HASH,
        "reviewer": "officer:lawyer",
        **changes,
    }
    return stream_act("LegalReviewConcluded", payload, actors=(), **REVIEW)


def gate_request(**changes):
    payload = {"draftHash": HASH, "proposedPenalty": FINE, "declared": [], **changes}
    return stream_act("DecisionGateRequested", payload)


def proposed(amount=5_000_000, event_type="InvestigationConcluded"):
    penalty = [{**FINE[0], "amountFen": amount}]
    return stream_act(event_type, {"proposedPenalty": penalty, "hearingRight": False})


REVIEWED = [filed(), submitted(), concluded()]
PROPOSED = [filed(), proposed(), submitted(), concluded()]
OTHER_FINE = [{**FINE[0], "amountFen": 6_000_000}]

DECISION_CASES = {
    "agreed": (REVIEWED, {}, []),
    "no review": ([filed()], {}, ["V-LR-01"]),
    "review not concluded": ([filed(), submitted()], {}, ["V-LR-01"]),
    "problems found": (
        [filed(), submitted(), concluded(conclusion="PROBLEMS_FOUND")],
        {},
        ["V-LR-02"],
    ),
    "reviewer handles the case": (
        [filed(), submitted(), concluded(reviewer="officer:1")],
        {},
        ["V-LR-04"],
    ),
    "hearing afterwards": ([*REVIEWED, stream_act("HearingHeld", {})], {}, ["V-LR-05"]),
    "evidence afterwards": ([*REVIEWED, stream_act("EvidenceRegistered", {})], {}, ["V-LR-05"]),
    "another penalty is asked about": (
        PROPOSED,
        {"proposedPenalty": OTHER_FINE},
        ["V-LR-05"],
    ),
    "another penalty was proposed afterwards": (
        [*PROPOSED, proposed(6_000_000, "PenaltyPreNoticeServed")],
        {},
        ["V-LR-05"],
    ),
    "another draft": (REVIEWED, {"draftHash": OTHER_HASH}, ["V-LR-07"]),
    "checklist short": (
        [filed(), submitted(), concluded(checklist=CHECKLIST[1:])],
        {},
        ["V-LR-10"],
    ),
    "agreed again after a hearing": (
        [*REVIEWED, stream_act("HearingHeld", {}), concluded(round=2)],
        {},
        [],
    ),
}


QUESTIONS = (
    gate_request(proposedPenalty=OTHER_FINE),
    gate_request(draftHash=OTHER_HASH, declared=["STAT-1"]),
    stream_act(
        "DecisionGateRequested",
        gate_request().payload,
        actors=(Actor("officer:lawyer", None, "HANDLER"),),
    ),
)


@pytest.mark.parametrize("acts", [PROPOSED, REVIEWED, [filed()]])
def test_asking_changes_nothing_of_the_case(acts):
    """Whatever was asked before and by whomever, the same question gets the same answer."""
    request = gate_request()
    asked_before = GateContext(request, [*acts, *QUESTIONS], STATE, RULE_SET)
    assert failed_rules("decision", asked_before) == failed("decision", acts, request)
    assert asked_before.assessment == GateContext(request, acts, STATE, RULE_SET).assessment
    reviews = fold_reviews(acts)
    assert fold_reviews([*acts, *QUESTIONS]) == reviews
    assert not any(review.stale for review in reviews.values())


def test_a_stranger_is_given_no_permit():
    """Who asks is the case's agency, whether or not the decision is a major one."""
    context = GateContext(gate_request(), REVIEWED, STATE, RULE_SET, is_asker_counted=False)
    assert failed_rules("decision", context) == ["G-DEC-OWNER"]


@pytest.mark.parametrize("name", DECISION_CASES)
def test_the_decision_gate_names_each_rule_that_is_broken(name):
    """Reviewed by somebody else, agreed, fresh, and about this very draft."""
    acts, changes, broken = DECISION_CASES[name]
    assert failed("decision", acts, gate_request(**changes)) == broken


@pytest.mark.parametrize(
    ("penalties", "declared", "extra", "matched"),
    [
        (FINE, [], [], ["CAT-2"]),
        ([{**FINE[0], "amountFen": 1_999_999}], [], [], []),
        ([{**FINE[0], "kind": "REVOKE_LICENCE", "amountFen": None}], [], [], ["CAT-1"]),
        ([{**FINE[0], "amountFen": 100}], ["STAT-1"], [], ["STAT-1"]),
        ([{**FINE[0], "amountFen": 100}], ["STAT-3"], [], ["STAT-3"]),
        ([{**FINE[0], "amountFen": 100}], [], [stream_act("HearingHeld", {})], ["STAT-2"]),
    ],
)
def test_a_decision_is_major_by_statute_or_by_catalogue(penalties, declared, extra, matched):
    """All matches are reported, the statute's first (行政处罚法 art. 58)."""
    request = gate_request(proposedPenalty=penalties, declared=declared)
    context = GateContext(request, [filed(), *extra], STATE, RULE_SET)
    assert [rule_id for rule_id, _ in context.assessment.matched] == matched


def test_a_natural_person_has_the_lower_threshold():
    """A fine of 1,000 yuan is major for a person and not for a company."""
    party = {"partyType": "NATURAL", "ageBand": "ADULT"}
    person = stream_act("CaseFiled", {"caseNo": "1", "itemCode": "x", "party": party})
    request = gate_request(proposedPenalty=[{**FINE[0], "amountFen": 100_000}])
    assert GateContext(request, [person], STATE, RULE_SET).assessment.is_major
    assert not GateContext(request, [filed()], STATE, RULE_SET).assessment.is_major


# --- the machinery -------------------------------------------------------------------------------


def test_a_gate_fails_closed():
    """A gate without a list, and an id without a predicate, refuse."""
    rules = RULE_SET._replace(gates={"disclosure_publish": ("G-NOBODY-WROTE",)})
    context = GateContext(published(), SOUND, STATE, rules)
    assert failed_rules("disclosure_publish", context) == ["G-NOBODY-WROTE"]
    assert failed_rules("no_such_gate", context) == ["G-UNKNOWN"]


def test_every_rule_of_the_published_set_has_a_predicate_and_the_other_way_round():
    """The rule set and the code name the same ids."""
    listed = {rule_id for ids in default_rule_set()["gates"].values() for rule_id in ids}
    assert listed == set(RULES)


def test_holds_and_alerts_end_with_the_act_that_names_them():
    """A hold ends by its event id, an alert by its alert id."""
    lifted = stream_act("HoldLifted", {"holdEventId": event_id("hold")})
    assert open_holds([held("case:1")])[0].target == "case:1"
    assert open_holds([held("case:1"), lifted]) == []
    resolved = stream_act("AlertResolved", {"alertId": "f" * 64})
    assert open_alerts([alert()]) == {"f" * 64}
    assert open_alerts([alert(), resolved]) == set()


def test_key_destruction_stops_at_a_hold():
    """A hold on the matter, or on one subject of it, keeps the keys."""
    proposal = {"subjects": ["p-1"], "proposalEventId": event_id("proposal")}
    request = stream_act("VaultKeyDestroyed", proposal, emitter_id=PLATFORM)
    for target in ("case:1", "p-1"):
        assert failed("key_destruction", [held(target)], request) == ["G-HOLD"]
    assert failed("key_destruction", [held("p-2")], request) == []


def test_an_empty_state_has_no_rules():
    """Before a rule set is published every gate is shut."""
    assert ControlState().rule_set is None
