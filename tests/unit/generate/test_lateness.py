"""The deadlines of a generated history: every planted lateness is found, and no other."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from consumers.generate.history import generate
from ledger.chain.entry import Entry
from ledger.domain.stream import StreamAct
from ledger.rules.deadlines import Deadlines
from tests.support.deadlines import TERMS
from tests.support.history import UNTIL, Step, read_steps

# Of the acts of an agency alone: publication and archiving are commands to the platform.
PLANTED = {
    "V-SRV-01": "D-SRV-01",
    "V-EVD-06": "D-REC-01",
    "V-PROC-12": "D-PEN-02",
    "V-PROC-06": "D-HEA-02",
    "V-PROC-14": "D-PEN-04",
    "V-PROC-17": "D-PEN-05",
    "V-PROC-23": "D-TRF-01",
    "V-LR-06": "D-LR-01",
    "V-COE-02": "D-COE-01",
    "V-COE-03": "D-COE-02",
    "V-COE-05": "D-PEN-03",
    "V-EXE-02": "D-EXE-02",
}
KEPT = ("D-PEN-01", "D-EXE-01", "D-EXE-03", "D-LR-02", "D-RET-01")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 160 cases, most of them with something planted."""
    path = tmp_path_factory.mktemp("lateness") / "history.avro"
    generate(160, "lateness", UNTIL, 0.9, path)
    return path


def missed_in(steps: list[Step]) -> dict[str, set[str]]:
    """Return the streams in which each deadline was missed."""
    engines: dict[str, Deadlines] = defaultdict(Deadlines)
    found: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step.act is None:
            continue
        at = max(step.at, step.act.occurred_at)
        entry = Entry(0, step.stream, 1, bytes(32), at, 20, 0, None, b"", b"")
        for it in engines[step.stream].apply(StreamAct(entry, step.act, step.payload), TERMS):
            found[it.deadline_id].add(step.stream)
    for stream, engine in engines.items():
        for it in engine.advance(UNTIL, TERMS):
            found[it.deadline_id].add(stream)
    return found


def test_planted_lateness_is_what_is_missed(history: Path) -> None:
    """Case by case; what is always in time is never missed."""
    truth = json.loads(history.with_suffix(".truth.json").read_text())["violations"]
    found = missed_in(read_steps(history))
    for rule_id, deadline_id in PLANTED.items():
        planted = {it["stream_id"] for it in truth if it["rule_id"] == rule_id}
        assert planted
        assert found[deadline_id] == planted, deadline_id
    assert {name: found[name] for name in KEPT} == {name: set() for name in KEPT}
