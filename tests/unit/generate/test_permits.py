"""The ledger's own gate gives a permit to every lawful decision, and to no planted one."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from consumers.generate.history import generate
from consumers.generate.timeline import day_number
from ledger.chain.entry import Entry
from ledger.chain.ids import uuid_text
from ledger.chain.schema_text import text_hash
from ledger.domain.control import ControlState
from ledger.domain.published_texts import parse_rule_set
from ledger.domain.stream import StreamAct
from ledger.rules.gate_rules import GateContext, failed_rules
from schemas.loader import rule_set_text
from tests.support.history import UNTIL, Step, read_steps


def stream_act(step: Step) -> StreamAct:
    """Return a step as the entry it would become; gates look at its time and act only."""
    assert step.act is not None
    entry = Entry(0, step.stream, 1, bytes(32), step.at, 0, 0, None, b"", step.value)
    return StreamAct(entry, step.act, step.payload)


def verdicts(steps: list[Step]) -> dict[str, tuple[bool, list[str]]]:
    """Return (major, failed rules) of each permit that was asked for, by the request's event id."""
    state = ControlState()
    text = rule_set_text()
    start = day_number("2025-01-01")
    published = {
        "version": json.loads(text)["version"],
        "text": text,
        "textHash": text_hash(text),
        "effectiveFrom": start,
    }
    rules = parse_rule_set(published)
    streams: dict[str, list[StreamAct]] = defaultdict(list)
    found = {}
    for step in steps:
        if step.act is None:
            continue
        state.change(step.act, step.payload)
        act = stream_act(step)
        if step.type == "DecisionGateRequested":
            context = GateContext(act, streams[step.stream], state, rules)
            is_major = context.assessment.is_major
            failed = failed_rules("decision", context) if is_major else []
            found[uuid_text(step.event_id)] = (is_major, failed)
        else:
            streams[step.stream].append(act)
    return found


def test_permits(tmp_path: Path) -> None:
    """A decision cites a permit exactly if its request is cleared; a review exactly if major."""
    path = tmp_path / "history.avro"
    generate(320, "permits", UNTIL, 0.5, path)
    steps = read_steps(path)
    judged = verdicts(steps)
    cleared = {event_id for event_id, (_, failed) in judged.items() if not failed}
    decisions = [step for step in steps if step.type == "PenaltyDecisionMade"]
    cited = {uuid_text(s.payload["gateId"]) for s in decisions if s.payload["gateId"]}
    pending = {step.stream for step in steps} - {step.stream for step in decisions}
    asked = {uuid_text(s.event_id): s.stream for s in steps if s.type == "DecisionGateRequested"}
    assert cited == {event_id for event_id in cleared if asked[event_id] not in pending}
    refusals = {rule for _, failed in judged.values() for rule in failed}
    assert refusals == {"V-LR-01", "V-LR-02", "V-LR-04", "V-LR-10"}
    for step in decisions:
        gate_id = step.payload["gateId"]
        if gate_id:
            assert judged[uuid_text(gate_id)][0] == (step.payload["reviewId"] is not None)
