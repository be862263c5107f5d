"""A running synthetic ledger with a few whole cases, shared by the tests that only look at it."""

import json

import pytest

from tests.support.running import RunningLedger, program
from tests.support.settled import NOTHING_BY_ITSELF, wait_until_settled

CASES = 12
SIM_START = "2025-12-01T09:00:00+08:00"


def pytest_ignore_collect(collection_path, config):
    """Leave out what needs three brokers where the one embedded broker is under test."""
    needs_three = collection_path.name == "test_leader_killed.py"
    return True if needs_three and config.getoption("--broker") != "apache" else None


def broker_option(request):
    """Return the options of `up` for the broker under test."""
    return ["--broker", request.config.getoption("--broker")]


@pytest.fixture(scope="session")
def seeded(request, tmp_path_factory):
    """A ledger on which generated cases were emitted through Kafka, still running."""
    folder = tmp_path_factory.mktemp("seeded")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    file = folder / "cases.avro"
    made = program(
        "generate",
        "--cases",
        CASES,
        "--seed",
        7,
        "--violations",
        "0.5",
        "--until",
        "2026-11-20T18:00:00+08:00",
        "-o",
        file,
    )
    assert made.returncode == 0, made.stderr
    ledger = RunningLedger(
        folder / "data", "--synthetic", "--sim-start", SIM_START, *broker_option(request)
    )
    ledger.settings = NOTHING_BY_ITSELF
    ledger.start()
    try:
        receipts = folder / "receipts"
        done = program("emit", file, "--data", ledger.data, "--receipts", receipts, "--json")
        assert done.returncode == 0, done.stderr + ledger.words()
        ledger.file = file
        ledger.receipts = receipts
        ledger.summary = json.loads(done.stdout.strip().splitlines()[-1])
        ledger.truth = json.loads((folder / "cases.truth.json").read_text())
        wait_until_settled(ledger)
        yield ledger
    finally:
        ledger.stop()
