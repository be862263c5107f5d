"""What ``schema check`` says of a state machine with a fault, and that a new type needs no Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.domain.installed_types import installed_faults
from ledger.domain.machines import Course
from ledger.rules.example_ledger import stream_act
from schemas import loader
from schemas.machine_tables import load_machines
from tests.support.small_package import SmallPackage, make_small_package

FILE = "machines/noise-1.yaml"
TABLE = """\
machine: noise-1
cn: 噪声
source: 噪声污染防治法
key: matter
initial: NONE
flag: V-TIME-02
groups: {AFTER: [MEASURED]}
states:
  NONE: {cn: 未监测}
  MEASURED: {cn: 已监测}
arrows:
  - {event: NoiseMeasured, when: {place: [AB]}, from: [NONE], to: MEASURED, rules: [V-EVD-01]}
  - {event: NoiseMeasured, from: [AFTER]}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallPackage]:
    made = make_small_package(tmp_path / "schemas", monkeypatch)
    made.write(FILE, TABLE)
    load_machines.cache_clear()
    yield made
    loader.schema_text.cache_clear()
    loader.symbol_words.cache_clear()
    load_machines.cache_clear()


def test_a_table_may_name_a_type_that_was_added(package: SmallPackage) -> None:
    """The type and its machine are data alone: nothing here knows their names."""
    assert installed_faults() == []
    machine = load_machines()["noise-1"]
    course = Course(machine, "case:1", machine.initial)
    item = stream_act("NoiseMeasured", {"place": "AB"})
    step = course.step(item)
    assert step is not None
    course.take(step)
    assert (course.state, step.kind) == ("MEASURED", "REGULAR")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("event: NoiseMeasured, when", "event: NoiseHeard, when", "there is no event type NoiseHeard"),
        ("flag: V-TIME-02", "flag: V-TIME-99", "there is no rule V-TIME-99"),
        ("rules: [V-EVD-01]", "rules: [V-EVD-99]", "there is no rule V-EVD-99"),
        ("from: [AFTER]", "from: [BEFORE]", "arrow 2: no state BEFORE"),
        ("to: MEASURED", "to: HEARD", "arrow 1: no state HEARD"),
        ("initial: NONE", "initial: NOTHING", "there is no state NOTHING"),
        ("key: matter", "key: case", "key is one of matter, aggregate"),
        ("machine: noise-1", "machine: noise", "machine is the name of its file, such as legal-review-1"),
        ("source:", "sauce:", "lacks source"),
        ("{cn: 已监测}", "{name: 已监测}", "state MEASURED: it has cn, and may have final and flag"),
        (", to: MEASURED", "", "no arrow leads to MEASURED"),
        ("states:", "states: [", "not YAML in UTF-8"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_named(package: SmallPackage, old: str, new: str, fault: str) -> None:
    assert TABLE.count(old) == 1, old
    package.write(FILE, TABLE.replace(old, new))
    assert f"{FILE}: {fault}" in installed_faults()
