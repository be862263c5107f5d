"""The container's first process passes an end on, and holds after one that no new start mends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import ROOT

LIMIT_S = 30
ENDS_AT_ONCE = "import sys; print(*sys.argv[1:], flush=True); sys.exit({code})"
ENDS_WHEN_ASKED = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("runs", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def script(tmp_path: Path) -> Iterator:
    """Starts the script over a program in place of `lianzheng`."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> subprocess.Popen[str]:
        stand_in = tmp_path / "lianzheng"
        stand_in.write_text(f"#!{sys.executable}\n{program}")
        stand_in.chmod(0o755)
        child = subprocess.Popen(
            ["/bin/sh", str(ROOT / "infra" / "role.sh"), "append", "--log", "0"],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(LIMIT_S)
        for stream in (child.stdout, child.stderr):
            stream.close()


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_an_end_that_a_new_start_may_mend_is_passed_on(script, code):
    child = script(ENDS_AT_ONCE.format(code=code))
    out, _ = child.communicate(timeout=LIMIT_S)
    assert (child.returncode, out) == (code, "append --log 0\n")


@pytest.mark.parametrize("code", [10, 11, 12])
def test_a_finding_holds_without_the_role_until_somebody_stops_it(script, code):
    child = script(ENDS_AT_ONCE.format(code=code))
    assert f'"exit_code": {code}' in child.stderr.readline()
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=LIMIT_S)
    assert child.returncode == code


def test_a_role_is_asked_to_stop_and_ends_in_order(script):
    child = script(ENDS_WHEN_ASKED)
    assert child.stdout.readline() == "runs\n"
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=LIMIT_S)
    assert child.returncode == 0
