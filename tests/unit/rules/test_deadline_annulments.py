"""What an annulled act did to deadlines is as if it had not been (docs/spec/deadlines.md)."""

from tests.support.control import event_id
from tests.support.deadlines import DECISION, DOC, PAID, act, only, run

FILED = act("CaseFiled", "2026-07-03 10:00", {"itemCode": "HN-SJ-05"})


def served(at):
    return act("DocumentServed", at, {"doc": DOC})


def state(found, deadline_id="D-SRV-01"):
    return only(found.all(), deadline_id).state


def annulled(name, at="2026-10-20 09:00"):
    return act("EventAnnulled", at, {"targetEventId": f"#{name}"}, name=f"annulled/{name}")


def test_an_annulled_trigger_takes_its_deadline_away():
    """Nothing was decided."""
    engine, missed = run(
        [DECISION, annulled("PenaltyDecisionMade", "2026-10-09 09:00")], now="2026-12-20"
    )
    assert {it.state for it in engine.all()} == {"CANCELLED"}
    assert missed == []


def test_an_annulled_service_never_happened():
    """The deadline runs again, and is judged by what is left."""
    acts = [DECISION, served("2026-10-09 09:00"), annulled("DocumentServed", "2026-10-10 09:00")]
    engine, missed = run(acts, now="2026-10-20")
    assert state(engine) == "MISSED"
    assert "D-SRV-01" in [it.deadline_id for it in missed]


def test_another_act_that_was_in_time_takes_the_place_of_an_annulled_one():
    """The case was filed twice; what is left was filed in time."""
    acts = [
        act("LeadRegistered", "2026-07-01 09:00"),
        act("CaseFiled", "2026-07-03 09:00", {"itemCode": "HN-SJ-05"}, name="first"),
        act("CaseFiled", "2026-07-06 09:00", {"itemCode": "HN-SJ-05"}, name="second"),
        annulled("first", "2026-07-10 09:00"),
    ]
    engine, missed = run(acts, now="2026-08-20")
    found = only(engine.all(), "D-PEN-01")
    assert (found.state, found.fulfilled_by) == ("MET", event_id("second"))
    assert "D-PEN-01" not in [it.deadline_id for it in missed]


def test_an_annulled_cancellation_leaves_what_came_after_it():
    """Nobody revoked the decision, and the money came in time."""
    acts = [DECISION, served("2026-10-12 09:00"), act("FinePaid", "2026-10-20 09:00", PAID)]
    revoked = act("DecisionRevoked", "2026-10-14 09:00", PAID)
    engine, _ = run([*acts[:2], revoked, acts[2], annulled("DecisionRevoked")])
    assert state(engine, "D-EXE-01") == "MET"


def test_what_is_annulled_and_assessed_anew_starts_and_keeps_its_publication():
    """Once for a source and a channel, of what counts."""
    fields = {"aggregate": "disclosure:1", "aggregate_type": "Disclosure"}
    payload = {"sourceEventId": "#PenaltyDecisionMade", "channel": "CREDIT", "result": "MUST"}
    kind = "DisclosureObligationAssessed"
    first, second = (
        act(kind, at, payload, name=at, **fields) for at in ("2026-09-29 09:00", "2026-10-09 09:00")
    )
    published = act("DisclosurePublished", "2026-09-30 09:00", {"channel": "CREDIT"}, **fields)
    again = [annulled("2026-09-29 09:00", "2026-10-08 09:00"), second]

    def states(*acts):
        engine, _ = run([DECISION, *acts])
        return [it.state for it in engine.all() if it.deadline_id == "D-DIS-01"]

    assert states(first, *again) == ["OPEN", "CANCELLED", "OPEN"]
    assert states(first, published, *again) == ["OPEN", "CANCELLED", "MET"]


def test_an_annulled_publication_need_not_be_withdrawn():
    """What another act published has to be."""
    fields = {"aggregate": "disclosure:1", "aggregate_type": "Disclosure"}
    drafted = act(
        "DisclosureDrafted", "2026-09-29 09:00", {"sourceEventId": "#PenaltyDecisionMade"}, **fields
    )
    one, other = (
        act("DisclosurePublished", f"2026-09-30 {at}", {"channel": "PORTAL"}, name=at, **fields)
        for at in ("09:00", "10:00")
    )
    payload = {"decisionEventId": "#PenaltyDecisionMade", "effectiveAt": "t:2026-10-20 09:00"}
    revoked = act("DecisionRevoked", "2026-10-20 09:00", payload)

    def found(*acts):
        engine, _ = run([DECISION, drafted, *acts, revoked])
        return [it for it in engine.all() if it.deadline_id == "D-DIS-04"]

    gone = annulled("09:00", "2026-10-10 09:00")
    assert found(one)
    assert not found(one, gone)
    assert found(one, other, gone)


def test_an_annulled_pause_lets_a_decision_be_late():
    """Ten days less, also for what was decided already."""
    pause = act("InvestigationSuspended", "2026-09-01 10:00")
    resumed = act("InvestigationResumed", "2026-09-10 10:00")
    decided = act("NoPenaltyDecisionMade", "2026-10-10 10:00")
    acts = [FILED, pause, resumed, decided]
    assert state(run(acts)[0], "D-PEN-02") == "MET"
    engine, missed = run([*acts, annulled("InvestigationSuspended")])
    assert state(engine, "D-PEN-02") == "MISSED"
    assert "D-PEN-02" in [it.deadline_id for it in missed]
