"""Every gate is run where the act is appended: shut, it leaves its refusal in the case's stream."""

from __future__ import annotations

from consumers.append.made import made_payload
from ledger.chain.outcomes import COMMITTED, GATE_REFUSED
from schemas.catalogue import load_catalogue
from schemas.sample import sample
from tests.support.append_stage import items, make, replace, run
from tests.support.control import (
    AGENCY,
    PLATFORM,
    SUPERVISOR_EMITTER,
    Actor,
    default_rule_set,
    event_id,
)
from tests.support.log_checker import check_log, decoded
from tests.support.open_ledger import fitting

CASE = "case:1"
GATES = {name: row.gate for name, row in load_catalogue().rows.items() if row.gate is not None}
# Whatever these lack is refused: nothing was drafted, asked for, approved or opened before.
CHANGES = {"DisclosureReviewed": {"decision": "APPROVED"}}
OPEN_BY_ITSELF = {"VaultKeyDestroyed", "DecisionGateRequested"}  # With tests of their own below.


def process(stage, acts, emitter):
    """Send acts of an emitter in one batch; return what came of each."""
    stage.topics[0].submit(acts, emitter)
    with stage.running("0") as appender:
        return items(run(appender, stage.topics[0]))


def asked(event_type, emitter=PLATFORM, officer="officer:1", **payload):
    """Return an act of an officer, with the least that its schema takes besides."""
    body = fitting(event_type, sample(event_type, **payload))
    made = make(event_type, body, CASE, event_id=event_id(event_type))
    actors = (Actor(officer, None, "APPROVER"),)
    return replace(made, agency_id=AGENCY, emitter_id=emitter, actors=actors)


def test_every_gate_of_the_rule_set_has_an_act_that_it_judges():
    """No gate without a type, no type whose gate the rule set does not list."""
    assert set(GATES.values()) == set(default_rule_set()["gates"])


def test_every_shut_gate_refuses_in_the_appender_and_says_so_in_the_stream(stage):
    """One batch with an act of each type: refused by rules of its own gate, and not appended."""
    names = sorted(set(GATES) - OPEN_BY_ITSELF)
    acts = [asked(name, **CHANGES.get(name, {})) for name in names]
    found = process(stage, acts, PLATFORM)
    assert [item.outcome for item in found] == [GATE_REFUSED] * len(names)
    rules = default_rule_set()["gates"]
    told = {act.causation_id: made_payload(act) for _, act in decoded(stage, "0")[-len(names) :]}
    for name, item in zip(names, found, strict=True):
        refused = told[event_id(name)]
        assert (refused["action"], refused["eventId"]) == (name, event_id(name))
        assert tuple(refused["failed"]) == item.problem.failed
        assert item.problem.failed
        assert set(item.problem.failed) <= set(rules[GATES[name]])
    entries = decoded(stage, "0")
    assert {entry.stream_id for entry, _ in entries[-len(names) :]} == {CASE}
    assert not {act.event_type for _, act in entries} & set(names)
    check_log(stage, "0")


def test_a_hold_keeps_the_keys_though_two_people_want_them_destroyed(stage):
    """The gate of a destruction is shut by a hold alone."""
    held = asked("HoldPlaced", SUPERVISOR_EMITTER, target=CASE)
    subjects = {"subjects": ["p-1"]}
    proposal = asked("VaultKeyDestructionProposed", SUPERVISOR_EMITTER, **subjects)
    first = process(stage, [held, proposal], SUPERVISOR_EMITTER)
    assert [item.outcome for item in first] == [COMMITTED] * 2
    cited = {"proposalEventId": proposal.act.event_id, **subjects}
    (item,) = process(stage, [asked("VaultKeyDestroyed", officer="officer:2", **cited)], PLATFORM)
    assert (item.outcome, item.problem.failed) == (GATE_REFUSED, ("G-HOLD",))


def test_a_question_to_the_decision_gate_is_refused_as_an_entry(stage):
    """The one gate whose question is recorded, with its answer behind it."""
    fine = {"kind": "FINE", "amountFen": 5_000_000, "objectCommitment": None, "durationDays": None}
    payload = {"proposedPenalty": [fine], "declared": []}
    (item,) = process(stage, [asked("DecisionGateRequested", **payload)], PLATFORM)
    assert (item.outcome, item.problem.failed) == (GATE_REFUSED, ("V-LR-01",))
    ending = ["DecisionGateRequested", "MajorDecisionAssessed", "DecisionGateRefused"]
    assert [act.event_type for _, act in decoded(stage, "0")[-3:]] == ending
