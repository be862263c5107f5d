"""A role whose thread dies of a fault ends with 1 and says so: it would else do half its work."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ledger.store.key_files import write_private
from tests.support.logs import LogBuilder
from tests.support.running import ROOT, environment

START = "import sys\nfrom portal.cli.main import main\nsys.argv[0] = 'lianzheng'\nmain()\n"
# A fault planted in a role: the thread that it ends, and the part that raises.
FAULTS = {
    ("append", "--log", "0"): ("promise", "ledger.store.promise", "Promiser.publish"),
    ("project",): (
        "view-retrieval",
        "projections.retrieval.projection",
        "RetrievalProjection.__init__",
    ),
}


@pytest.mark.parametrize("role", FAULTS, ids=lambda words: words[0])
def test_a_role_ends_with_the_thread_that_died(role, data, database_url):
    """Its main thread waits for Kafka, or for a signal, and would go on for ever."""
    thread, module, part = FAULTS[role]
    write_private(data / "keys" / "log-0.key", LogBuilder("log/0").signer.to_text() + "\n")
    fault = f"import {module} as module\ndef fail(*_):\n    raise AssertionError\nmodule.{part} = fail\n"
    settings = {
        "LEDGER_DATA": str(data),
        "LEDGER_KAFKA": "127.0.0.1:1",  # Nobody listens there.
        "LEDGER_DATABASE_URL": database_url,
    }
    done = subprocess.run(
        [sys.executable, "-c", fault + START, *role],
        cwd=ROOT,
        env=environment(settings=settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [json.loads(text) for text in done.stderr.splitlines()]
    found = [line for line in lines if line["msg"] == "error_uncaught"]
    assert [(line["thread"], line["error"]) for line in found] == [(thread, "AssertionError")]
    assert done.returncode == 1
