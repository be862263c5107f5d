"""The supervisor ends with what no new start mends, and starts again whatever else ended."""

from __future__ import annotations

import sys

import pytest

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
