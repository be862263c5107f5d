"""The truth file names exactly what is wrong: nothing planted is missed, nothing else is broken."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from consumers.generate.case.violations import VIOLATIONS
from consumers.generate.history import generate
from consumers.generate.timeline import WorkCalendar
from ledger.chain.ids import uuid_text
from schemas.loader import calendar_texts
from tests.support.history import UNTIL, Step, read_steps
from tests.unit.generate.lawbook import Case, Register, findings

Truth = set[tuple[str, str, str]]
TOLD_ELSEWHERE = {"V-LED-02", "V-LED-03", "V-DIS-10"}
"""Rules whose alerts lie in another stream than the act that shows them."""
LEARNT_LATE = {"CredentialSuspended"}
"""Acts by which earlier ones of other streams turn out to be unlawful."""
BASIC = VIOLATIONS[:26]
"""Faults of the law book; the others are held against the product's own rules
(tests/property/test_planted_violations.py)."""


def history(folder: Path, cases: int, rate: float, seed: str = "truth") -> tuple[list[Step], Truth]:
    """Generate a history; return its steps and what its truth file says."""
    path = folder / "history.avro"
    generate(cases, seed, UNTIL, rate, path)
    truth = json.loads(path.with_suffix(".truth.json").read_text())["violations"]
    names = ("rule_id", "stream_id", "trigger_event_id")
    return read_steps(path), {tuple(item[name] for name in names) for item in truth}


def found_by_law(steps: list[Step]) -> Truth:
    """Return what the law book and the sequence numbers find."""
    streams: dict[str, list[Step]] = defaultdict(list)
    suspended = set()
    found: Truth = set()
    last: dict[str, int] = {}
    for step in steps:
        streams[step.stream].append(step)
        if step.type == "CredentialSuspended":
            suspended.add(step.stream)
        if step.act is not None:
            emitter, number = step.act.emitter_id, step.act.emitter_seq or 0
            if number != last.get(emitter, 0) + 1:
                found.add(("V-LED-01", f"emitter:{emitter}", uuid_text(step.event_id)))
            last[emitter] = number
    register = Register(WorkCalendar(calendar_texts()), frozenset(suspended))
    for stream, own in streams.items():
        if stream.startswith("case:") and any(step.type == "CaseFiled" for step in own):
            for rule, event_id in findings(Case(own, register)):
                found.add((rule, stream, uuid_text(event_id)))
    return found


def test_every_kind_is_planted_once_in_as_many_cases(tmp_path: Path) -> None:
    """With a fault in every case the kinds take turns."""
    _, truth = history(tmp_path, len(VIOLATIONS), 1)
    wanted = [v.rule_id for v in VIOLATIONS] + [rule for v in VIOLATIONS for rule, _ in v.also]
    assert sorted(rule for rule, _, _ in truth) == sorted(wanted)
    assert len(VIOLATIONS) >= 12


@pytest.mark.parametrize("seed", ["truth", "other"])
def test_the_law_finds_exactly_what_is_planted(tmp_path: Path, seed: str) -> None:
    """Half of the cases have a fault; the others, and all other steps of these, have none."""
    steps, truth = history(tmp_path, 8 * len(BASIC), 0.5, seed)
    known = {violation.rule_id for violation in BASIC}
    late = {uuid_text(it.event_id) for it in steps if it.type == "CredentialSuspended"}
    others = {stream for rule, stream, act in truth if rule not in known or act in late}
    wanted = {it for it in truth if it[1] not in others}
    assert {it for it in found_by_law(steps) if it[1] not in others} == wanted
    assert known == {rule for rule, _, _ in wanted}


def test_a_lawful_history_has_no_findings(tmp_path: Path) -> None:
    """Without planted faults nothing is found, in 300 cases."""
    steps, truth = history(tmp_path, 300, 0)
    assert truth == set()
    assert found_by_law(steps) == set()


def test_the_trigger_is_of_the_type_that_the_table_says(tmp_path: Path) -> None:
    """Each line names an act of the file, in the stream it names."""
    steps, truth = history(tmp_path, 2 * len(VIOLATIONS), 1)
    acts = {uuid_text(step.event_id): step for step in steps if step.act}
    planted = {(it.rule_id, it.trigger, it.stream) for it in VIOLATIONS}
    for rule, stream, event_id in truth:
        step, kind = acts[event_id], stream.partition(":")[0]
        assert step.act is not None
        assert (rule, step.type, kind) in planted
        if kind == "emitter":
            assert stream == f"emitter:{step.act.emitter_id}"
        elif rule not in TOLD_ELSEWHERE and step.type not in LEARNT_LATE:
            assert step.stream == stream


def test_document_numbers_are_dense(tmp_path: Path) -> None:
    """Each agency counts its decisions of a year from 1 without a gap, in the order of making."""
    steps, _ = history(tmp_path, 120, 0.3)
    series: dict[str, list[int]] = defaultdict(list)
    for step in steps:
        if step.type == "PenaltyDecisionMade":
            prefix, _, number = step.payload["doc"]["docNo"].partition("〕")
            series[prefix].append(int(number.removesuffix("号")))
    assert series
    for numbers in series.values():
        assert numbers == list(range(1, len(numbers) + 1))
