"""The supervisor ends with what no new start mends, and starts again whatever else ended."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from portal.stack import supervisor as module
from portal.stack.process import ChildProcess, clean_environment
from portal.stack.supervisor import Supervisor


def role(tmp_path, code: int) -> ChildProcess:
    return ChildProcess(
        "append-0",
        [sys.executable, "-c", f"print('reason of {code}'); raise SystemExit({code})"],
        diagnostics=tmp_path / "append-0.log",
        environment=clean_environment(),
    )


def ended(tmp_path, code: int) -> tuple[Supervisor, list[str]]:
    """A supervisor whose only role has ended with ``code``, and what it reports."""
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = role(tmp_path, code)
    supervisor.start_role(child)
    assert child.process is not None
    child.process.wait(30)
    return supervisor, said


@pytest.mark.parametrize("code", [10, 11, 12])
def test_what_is_not_proven_ends_everything_with_its_own_code(tmp_path, code):
    """A promise with a bad signature (12) was started again for ever."""
    supervisor, said = ended(tmp_path, code)
    assert supervisor.check() == code
    assert len(said) == 1
    assert f"reason of {code}" in said[0]


@pytest.mark.parametrize("code", [1, 3])
def test_anything_else_is_started_again(tmp_path, code):
    supervisor, said = ended(tmp_path, code)
    assert supervisor.check() is None
    assert said == [f"append-0 ended with {code}; starting it again"]


DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


def child_of(tmp_path, name: str, code: str) -> ChildProcess:
    return ChildProcess(
        name,
        [sys.executable, "-c", code],
        diagnostics=tmp_path / f"{name}.log",
        environment=clean_environment(),
    )


def has_words(child: ChildProcess) -> bool:
    return child.diagnostics.exists() and bool(child.diagnostics.stat().st_size)


def test_roles_that_hang_are_waited_for_together_and_servers_outlive_them(tmp_path, monkeypatch):
    """Four roles, one limit; the server is told only when all of them have gone."""
    monkeypatch.setattr(module, "STOP_LIMIT_S", 2.0)
    supervisor = Supervisor(lambda _: None)
    server = child_of(tmp_path, "server", "import signal; print('up', flush=True); signal.pause()")
    server.start()
    supervisor.watch(lambda: server, server.start)
    roles = [child_of(tmp_path, f"role-{number}", DEAF) for number in range(4)]
    for one in roles:
        supervisor.start_role(one)
    supervisor.wait_until(lambda: all(map(has_words, [server, *roles])), 60, "start")
    start = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - start < 4 * 2.0
    assert {one.exit_code() for one in roles} == {-signal.SIGKILL}
    assert server.exit_code() == -signal.SIGTERM


def test_a_file_of_diagnostics_is_bounded(tmp_path):
    """What is older is kept once, and the child goes on writing into the file."""
    child = child_of(tmp_path, "role", "print('said ' * 1000)")
    child.start()
    child.wait(60)
    whole = child.diagnostics.read_text()
    child.bound_diagnostics(len(whole))
    assert child.diagnostics.read_text() == whole
    child.bound_diagnostics(len(whole) - 1)
    assert child.diagnostics.read_text() == ""
    assert (tmp_path / "role.log.1").read_text() == whole
    child.start()
    child.wait(60)
    assert child.diagnostics.read_text() == whole
