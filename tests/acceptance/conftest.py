"""A running synthetic ledger with a few whole cases, anchored, for the sentences of the task table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.history import read_steps
from tests.support.open_ledger import LOGS, OpenLedger
from tests.support.running import RunningLedger, program
from tests.support.settled import NOTHING_BY_ITSELF, wait_until_settled

CASES = 4
SIM_START = "2025-12-01T09:00:00+08:00"


@pytest.fixture(scope="session")
def anchored(request, tmp_path_factory):
    """A ledger on which generated cases were emitted through Kafka and anchored, still running."""
    folder = tmp_path_factory.mktemp("anchored")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    file = folder / "cases.avro"
    words = ("--cases", CASES, "--seed", 11, "--until", "2026-11-20T18:00:00+08:00", "-o", file)
    made = program("generate", *words)
    assert made.returncode == 0, made.stderr
    broker = ["--broker", request.config.getoption("--broker")]
    ledger = RunningLedger(folder / "data", "--synthetic", "--sim-start", SIM_START, *broker)
    ledger.settings = NOTHING_BY_ITSELF  # Anchored when a test says so.
    ledger.start()
    try:
        done = program("emit", file, "--data", ledger.data, "--json")
        assert done.returncode == 0, done.stderr + ledger.words()
        ledger.closed = [step.stream for step in read_steps(file) if step.type == "CaseClosed"]
        wait_until_settled(ledger)
        target = folder / "early"
        ledger.early = program("case", "export", ledger.closed[0], target, "--data", ledger.data)
        anchor = program("ledger", "anchor", "--data", ledger.data, "--json")
        assert anchor.returncode == 0, anchor.stderr + ledger.words()
        ledger.anchored = json.loads(anchor.stdout)["anchored"]
        ledger.control_vkey = Path(ledger.run["logs"][0]["vkey_file"])
        yield ledger
    finally:
        ledger.stop()


@pytest.fixture(scope="session")
def package(anchored, tmp_path_factory):
    """The exported package of a closed case, and the case's id."""
    case = anchored.closed[0]
    folder = tmp_path_factory.mktemp("package") / "case"
    done = program("case", "export", case, folder, "--data", anchored.data)
    assert done.returncode == 0, done.stderr + anchored.words()
    return case, folder


@pytest.fixture(scope="session")
def open_ledger(request, tmp_path_factory):
    """A ledger with a clock of its own that tests write to, each in a case of its own."""
    folder = tmp_path_factory.mktemp("open")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = ["--broker", request.config.getoption("--broker")]
    ledger = RunningLedger(folder / "data", "--synthetic", "--logs", str(LOGS), *broker)
    ledger.settings = NOTHING_BY_ITSELF
    ledger.start()
    try:
        made = OpenLedger(ledger)
        yield made
        made.close()
    finally:
        ledger.stop()
