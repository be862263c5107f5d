"""`lianzheng emit` against a running ledger: an address that is wrong, and Ctrl-C in the middle."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.running import ROOT, environment, program, wait_for

pytestmark = pytest.mark.kafka


def catches(pid, number):
    """Tell whether a process has a handler for a signal."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_emit_that_is_stopped_says_so_with_130(seeded, number):
    """Not 3: nothing was unavailable. Running it again is harmless."""
    words = ["emit", str(seeded.file), "--data", str(seeded.data), "--rate", "1", "--json"]
    emitting = subprocess.Popen(
        [sys.executable, "-m", "portal.cli.main", *words],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: catches(emitting.pid, signal.SIGTERM), 60, "its handlers")
    emitting.send_signal(number)
    out, words = emitting.communicate(timeout=60)
    assert emitting.returncode == 130, words
    assert "emit again to go on" in words
    assert json.loads(out)["exit_code"] == 130


def test_a_wrong_kafka_address_is_told_soon(seeded):
    """Before anything is read or sent, with the address."""
    start = time.monotonic()
    done = program("emit", seeded.file, "--data", seeded.data, "--kafka", "127.0.0.1:1")
    assert done.returncode == 3
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr
    assert time.monotonic() - start < 90
    done = program("emit", seeded.file, "--data", seeded.data, "--kafka", "nowhere")
    assert done.returncode == 2


def test_what_is_asked_about_an_unknown_case_is_a_mistake(seeded):
    """Exit 2 and a plain sentence; a version beyond the end is said on stderr."""
    for words in (["case", "show"], ["case", "replay"], ["verify", "stream"]):
        done = program(*words, "case:none", "--data", seeded.data)
        assert done.returncode == 2, done.stderr
        assert "there is no case" in done.stderr
    from consumers.generate.reading import first_decided_case

    case = first_decided_case(seeded.file)
    done = program("case", "replay", case, "--version", "99999", "--data", seeded.data)
    assert done.returncode == 0
    assert "not 99999" in done.stderr


def test_times_of_status_and_show_have_their_zone(seeded):
    status = json.loads(program("ledger", "status", "--json", "--data", seeded.data).stdout)
    assert all(log["checkpoint_time"].endswith("+08:00") for log in status["logs"])
    from consumers.generate.reading import first_decided_case

    case = first_decided_case(seeded.file)
    shown = json.loads(program("case", "show", case, "--json", "--data", seeded.data).stdout)
    assert shown["milestones"]
    assert all(at.endswith("+08:00") for at in shown["milestones"].values())
