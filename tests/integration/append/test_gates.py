"""Gates at the append: what the platform may do is decided where it is recorded."""

import datetime as dt

import pytest

from consumers.append.made import made_payload
from ledger.chain.outcomes import COMMITTED, GATE_REFUSED, REJECTED
from ledger.domain.review import CHECKLIST
from ledger.store.recorder import LedgerRecorder
from schemas.sample import sample
from tests.support.append_stage import items, make, replace, run
from tests.support.control import (
    AGENCY,
    AGENCY_EMITTER,
    DAY,
    OPERATOR,
    OTHER_AGENCY,
    PLATFORM,
    START,
    SUPERVISOR_EMITTER,
    Actor,
    emitter_registered,
    event_id,
    signer,
)
from tests.support.log_checker import check_log, decoded, types
from tests.support.open_ledger import fitting

CASE = "case:1"
HASH = "sha256:" + "a" * 64
DISCLOSURE = {"aggregate_type": "Disclosure", "aggregate_id": "disclosure:1"}
SCAN = {"scannerVersion": "1", "contentHash": HASH, "clean": True}
REVIEW = {"aggregate_type": "LegalReview", "aggregate_id": "review:1"}
DECISION = event_id("decision")


def platform(event_type, payload, name=None, **fields):
    """Return an act of the platform in the case's stream."""
    identity = {"event_id": event_id(name or event_type)}
    return replace(make(event_type, payload, CASE, **identity, **fields), agency_id=AGENCY)


def assessed(result="MUST"):
    payload = {
        "sourceEventId": DECISION,
        "channel": "PORTAL",
        "result": result,
        "creditClass": None,
        "dueDate": None,
        "ruleIds": [],
        "ruleSetVersion": "1",
        "calendarVersion": None,
    }
    return platform("DisclosureObligationAssessed", payload, **DISCLOSURE)


def drafted():
    payload = {
        "sourceEventId": DECISION,
        "view": "PENALTY",
        "channel": "PORTAL",
        "contentHash": HASH,
        "version": 1,
        "drafter": "officer:drafter",
        "redactions": [],
        "servedDocHash": None,
        "publicDocHash": None,
        "replaces": None,
        "until": None,
    }
    return platform("DisclosureDrafted", payload, **DISCLOSURE)


def reviewed(name="review", **changes):
    payload = {
        "contentHash": HASH,
        "decision": "APPROVED",
        "reviewer": "officer:reviewer",
        "secrecyCheck": True,
        "privacyCheck": True,
        "scan": SCAN,
        "acknowledgedAlerts": [],
        "reason": None,
        **changes,
    }
    return platform("DisclosureReviewed", payload, name, **DISCLOSURE)


def published(name="publish", **fields):
    payload = {
        "channel": "PORTAL",
        "view": "PENALTY",
        "url": None,
        "publishedAt": START,
        "until": None,
        "contentHash": HASH,
        "version": 1,
    }
    return platform("DisclosurePublished", payload, name, **DISCLOSURE, **fields)


def process(stage, *batches, emitter=PLATFORM):
    """Send submissions and let a fresh appender take them; return the outcomes."""
    for acts in batches:
        stage.topics[0].submit(acts, emitter)
    with stage.running("0") as appender:
        return items(run(appender, stage.topics[0]))


def test_a_disclosure_passes_its_gates_in_one_batch(stage):
    """Each act sees the ones before it in the same batch."""
    found = process(stage, [assessed(), drafted(), reviewed(), published()])
    assert [item.outcome for item in found] == [COMMITTED] * 4
    assert "GateRefused" not in types(stage, "0")
    check_log(stage, "0")


def test_a_refused_publication_is_recorded_and_stays_refused(stage):
    """The refusal names the rules, and the id can never be used again."""
    first = process(stage, [assessed(), drafted(), published()])
    assert [item.outcome for item in first] == [COMMITTED, COMMITTED, GATE_REFUSED]
    problem = first[2].problem
    assert problem.code == "GATE_REFUSED"
    assert problem.failed == ("G-DIS-APPROVED", "G-DIS-REVIEWER", "V-DIS-03")
    entry, act = decoded(stage, "0")[-1]
    assert act.event_type == "GateRefused"
    assert act.causation_id == published().act.event_id
    assert (entry.leaf_index, entry.stream_id) == (first[2].leaf_index, CASE)
    again = process(stage, [reviewed(), published(), published("another")])
    assert [item.outcome for item in again] == [COMMITTED, GATE_REFUSED, COMMITTED]
    assert again[1].problem == problem
    assert again[1].leaf_index == first[2].leaf_index
    assert types(stage, "0").count("GateRefused") == 1
    check_log(stage, "0")


def test_an_earlier_refusal_is_read_under_the_head_lock(stage, monkeypatch):
    """By the transaction itself: a second connection could be one that waits for the head."""
    first = process(stage, [published()])
    stage.topics[0].submit([published()], PLATFORM)
    with stage.running("0") as appender:
        monkeypatch.delattr(LedgerRecorder, "entry")
        again = items(run(appender, stage.topics[0]))
    assert again[0].outcome == first[0].outcome == GATE_REFUSED
    assert (again[0].leaf_index, again[0].problem) == (first[0].leaf_index, first[0].problem)


def test_the_same_refused_act_twice_in_a_batch_is_refused_once(stage):
    """One entry, two answers."""
    found = process(stage, [published(), published()])
    assert [item.outcome for item in found] == [GATE_REFUSED] * 2
    assert found[0].leaf_index == found[1].leaf_index
    assert types(stage, "0").count("GateRefused") == 1


def test_a_returned_review_needs_no_gate(stage):
    """Sending a draft back is always allowed."""
    found = process(stage, [reviewed(decision="RETURNED")])
    assert [item.outcome for item in found] == [COMMITTED]


def test_what_a_stranger_writes_into_a_case_opens_no_gate(stage):
    """The review counts only from the stream's owner, a supervisor or the platform."""
    payload = emitter_registered("agy.other", "AGENCY", [OTHER_AGENCY])
    act = replace(make("EmitterRegistered", payload, "emitter:agy.other"), agency_id=OPERATOR)
    stage.control_topic.submit([act], PLATFORM)
    with stage.running("control") as appender:
        run(appender, stage.control_topic)
    stranger = replace(reviewed(), agency_id=OTHER_AGENCY, emitter_id="agy.other")
    process(stage, [assessed(), drafted()])
    process(stage, [stranger], emitter="agy.other")
    found = process(stage, [published()])
    assert found[0].outcome == GATE_REFUSED


# --- decision permit -----------------------------------------------------------------------------


def gate_request(name="request", amount=5_000_000, **fields):
    penalty = {
        "kind": "FINE",
        "amountFen": amount,
        "objectCommitment": None,
        "durationDays": None,
    }
    payload = {"draftHash": HASH, "proposedPenalty": [penalty], "reviewId": None, "declared": []}
    return make("DecisionGateRequested", payload, CASE, event_id=event_id(name), **fields)


def test_a_small_decision_gets_its_permit(stage):
    """Request, assessment and permit follow each other in the stream."""
    found = process(stage, [gate_request(amount=100)], emitter=AGENCY_EMITTER)
    assert found[0].outcome == COMMITTED
    ending = ["DecisionGateRequested", "MajorDecisionAssessed", "DecisionGateCleared"]
    assert types(stage, "0")[-3:] == ending
    assert {entry.stream_id for entry, _ in decoded(stage, "0")[-3:]} == {CASE}
    check_log(stage, "0")


def test_a_permit_lasts_ten_working_days_of_the_published_calendar(simulated):
    """Half past midnight in Shanghai on a Monday; the Spring Festival takes four of its days."""
    now = int(dt.datetime.fromisoformat("2027-02-01T00:30:00+08:00").timestamp()) * 1_000_000
    request = gate_request(amount=100, occurred_at=now, recorded_at=now)
    simulated.topics[0].submit([request], AGENCY_EMITTER, sim_time=now)
    assert process(simulated)[0].outcome == COMMITTED
    entry, act = decoded(simulated, "0")[-1]
    assert (entry.received_at, act.event_type) == (now, "DecisionGateCleared")
    valid_until = dt.date(1970, 1, 1) + dt.timedelta(days=made_payload(act)["validUntil"])
    assert valid_until == dt.date(2027, 2, 19)


def test_a_major_decision_without_review_is_refused_with_a_receipt_of_the_request(stage):
    """The request is an entry; the answer has its place and the failed rules, for ever."""
    request = gate_request()
    first = process(stage, [request, request], emitter=AGENCY_EMITTER)
    assert [item.outcome for item in first] == [GATE_REFUSED] * 2
    assert first[0].problem.failed == ("V-LR-01",)
    assert first[0].extra is not None
    assert first[0].leaf_index == first[1].leaf_index
    again = process(stage, [request], emitter=AGENCY_EMITTER)[0]
    assert (again.outcome, again.leaf_index) == (GATE_REFUSED, first[0].leaf_index)
    assert again.problem.failed == ("V-LR-01",)
    assert types(stage, "0").count("DecisionGateRefused") == 1
    check_log(stage, "0")


def test_a_stranger_gets_no_permit_and_leaves_the_agencys_alone(stage):
    """Another agency's system asks about the case: refused, though the decision is a small one."""
    payload = emitter_registered("agy.other", "AGENCY", [OTHER_AGENCY])
    act = replace(make("EmitterRegistered", payload, "emitter:agy.other"), agency_id=OPERATOR)
    stage.control_topic.submit([act], PLATFORM)
    with stage.running("control") as appender:
        run(appender, stage.control_topic)
    process(stage, [gate_request("own", amount=100)], emitter=AGENCY_EMITTER)
    asked = replace(
        gate_request("stranger", amount=100), agency_id=OTHER_AGENCY, emitter_id="agy.other"
    )
    refused = process(stage, [asked], emitter="agy.other")[0]
    assert (refused.outcome, refused.problem.failed) == (GATE_REFUSED, ("G-DEC-OWNER",))
    again = process(stage, [gate_request("again", amount=100)], emitter=AGENCY_EMITTER)[0]
    assert again.outcome == COMMITTED
    assert types(stage, "0").count("DecisionGateCleared") == 2


def filled(event_type, payload):
    """Return a payload with the least that its schema takes besides."""
    return fitting(event_type, sample(event_type, **payload))


def test_asking_does_not_cost_the_permit_of_a_review_that_was_passed(stage):
    """About another penalty it is refused; about the reviewed one it is cleared, before and after."""
    fine = {"kind": "FINE", "objectCommitment": None, "durationDays": None}
    proposed = {"proposedPenalty": [{**fine, "amountFen": 5_000_000}]}
    review = {
        "conclusion": "AGREE",
        "draftHash": HASH,
        "reviewer": "officer:9",
        "checklist": [{"key": key, "answer": "PASS"} for key in sorted(CHECKLIST)],
    }
    passed = make("LegalReviewConcluded", filled("LegalReviewConcluded", review), CASE)
    given = process(
        stage,
        [
            make("InvestigationConcluded", filled("InvestigationConcluded", proposed), CASE),
            replace(passed, emitter_id=AGENCY_EMITTER, actors=(), **REVIEW),
        ],
        emitter=AGENCY_EMITTER,
    )
    assert [item.outcome for item in given] == [COMMITTED, COMMITTED]
    names = {"first": 5_000_000, "another": 6_000_000, "again": 5_000_000}
    asked = [gate_request(name, amount) for name, amount in names.items()]
    found = process(stage, asked, emitter=AGENCY_EMITTER)
    answers = [(item.outcome, item.problem and item.problem.failed) for item in found]
    assert answers == [(COMMITTED, None), (GATE_REFUSED, ("V-LR-05",)), (COMMITTED, None)]
    check_log(stage, "0")


# --- retrieval -----------------------------------------------------------------------------------

RETRIEVAL = {"aggregate_type": "Retrieval", "aggregate_id": "retrieval:1"}
SCOPE = {"mediaIds": [], "docIds": ["doc:1"], "fields": []}


def approved(approver, now):
    payload = {
        "approver": approver,
        "secondApprover": None,
        "scope": SCOPE,
        "mode": "VIEW",
        "from": now - DAY,
        "to": now + DAY,
        "watermark": "w-1",
    }
    return platform("RetrievalApproved", payload, approver, actors=(), **RETRIEVAL)


def accessed(window, name):
    payload = {
        "accessId": "access:1",
        "who": "officer:asks",
        "mediaId": None,
        "docId": "doc:1",
        "windowId": window,
        "ip": bytes(32),
        "at": START,
    }
    return platform("RecordAccessed", payload, name, **RETRIEVAL)


def test_a_record_opens_only_within_an_approval_by_somebody_else(stage):
    """Own approval refused, access without window refused, then the sound way."""
    now = stage.recorder("0").head().now
    payload = {
        "requester": "officer:asks",
        "org": AGENCY,
        "purpose": "SUPERVISION",
        "basis": bytes(32),
        "matter": CASE,
        "scope": SCOPE,
        "mode": "VIEW",
    }
    requested = platform("RetrievalRequested", payload, **RETRIEVAL)
    own, other = approved("officer:asks", now), approved("officer:decides", now)
    early = accessed(other.act.event_id, "early")
    found = process(stage, [requested, own, early, other, accessed(other.act.event_id, "in time")])
    assert [item.outcome for item in found] == [
        COMMITTED,
        GATE_REFUSED,
        GATE_REFUSED,
        COMMITTED,
        COMMITTED,
    ]
    assert found[1].problem.failed == ("V-RET-06",)
    assert "V-RET-01" in found[2].problem.failed
    check_log(stage, "0")


# --- R12 -----------------------------------------------------------------------------------------


def proposed(officer="officer:1", **fields):
    payload = {"targetEventId": event_id("t"), "reason": bytes(32)}
    actors = (Actor(officer, None, "APPROVER"),)
    identity = {"event_id": event_id("proposal"), "actors": actors, **fields}
    return make("EventAnnulmentProposed", payload, CASE, **identity)


def annulled(officer, name="annul", **fields):
    payload = {"targetEventId": event_id("t"), "proposalEventId": event_id("proposal")}
    actors = (Actor(officer, None, "APPROVER"),)
    identity = {"event_id": event_id(name), "actors": actors, "emitter_id": SUPERVISOR_EMITTER}
    return make("EventAnnulled", payload, CASE, **{**identity, **fields})


def test_an_annulment_confirms_another_persons_proposal(stage):
    """No proposal, the same person, then another one through another system."""
    missing = process(stage, [annulled("officer:2", "early")], emitter=SUPERVISOR_EMITTER)[0]
    assert (missing.outcome, missing.problem.code) == (REJECTED, "R12_PROPOSAL")
    process(stage, [proposed()], emitter=AGENCY_EMITTER)
    same = process(stage, [annulled("officer:1", "same")], emitter=SUPERVISOR_EMITTER)[0]
    assert (same.outcome, same.problem.code) == (REJECTED, "R12_SAME_PERSON")
    other = process(stage, [annulled("officer:2")], emitter=SUPERVISOR_EMITTER)[0]
    assert other.outcome == COMMITTED
    check_log(stage, "0")


@pytest.mark.parametrize("with_own_keys", [False, True])
def test_one_system_for_both_needs_two_persons_keys(stage, with_own_keys):
    """Two names under one signature prove nothing; two persons' own signatures do."""
    fields = {"emitter_id": PLATFORM, "aggregate_id": "p-1"}
    proposal_payload = {"subjects": ["p-1"], "basis": "PIPL_47"}
    destroyed_payload = {"subjects": ["p-1"], "proposalEventId": event_id("kd")}
    proposal = make(
        "VaultKeyDestructionProposed",
        proposal_payload,
        CASE,
        event_id=event_id("kd"),
        actors=(Actor("officer:1", None, "APPROVER"),),
        **fields,
    )
    destroyed = make(
        "VaultKeyDestroyed",
        destroyed_payload,
        CASE,
        event_id=event_id("kd2"),
        actors=(Actor("officer:2", None, "APPROVER"),),
        **fields,
    )
    for number in (1, 2):
        name = f"officer:{number}"
        payload = {"officerId": name, "vkey": signer(name).vkey, "validFrom": START - DAY}
        act = replace(make("OfficerKeyRegistered", payload, name), agency_id=OPERATOR)
        stage.control_topic.submit([act], PLATFORM)
    with stage.running("control") as appender:
        run(appender, stage.control_topic)
    for number, act in ((1, proposal), (2, destroyed)):
        signers = [signer(PLATFORM), signer(f"officer:{number}")][: 2 if with_own_keys else 1]
        stage.topics[0].submit([act], PLATFORM, signers=signers)
    found = process(stage)
    assert found[0].outcome == COMMITTED
    assert found[1].outcome == (COMMITTED if with_own_keys else REJECTED)
    check_log(stage, "0")
