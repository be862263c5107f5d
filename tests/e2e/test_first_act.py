"""The page for integrators, done as it stands there: its script and its commands, in order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import ROOT, RunningLedger, environment

PAGE = (ROOT / "docs" / "howto" / "submit-a-first-act.md").read_text()
PROGRAM = f'lianzheng() {{ {shlex.quote(sys.executable)} -m portal.cli.main "$@"; }}\n'
PYTHON = f'python() {{ {shlex.quote(sys.executable)} "$@"; }}\n'


@pytest.fixture(scope="module", params=["clock", "simulated"])
def fresh(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningLedger]:
    """A ledger that nothing was sent to yet, with a clock of its own or a simulated one."""
    folder = tmp_path_factory.mktemp("fresh")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    more = ("--sim-start", "2025-12-01T09:00:00+08:00") if request.param == "simulated" else ()
    broker = ("--broker", request.config.getoption("--broker"))
    ledger = RunningLedger(folder / "data", "--synthetic", "--logs", "2", *broker, *more)
    ledger.start()
    try:
        yield ledger
    finally:
        ledger.stop()


def commands(ledger: RunningLedger) -> list[str]:
    """Return the commands of the page, those of the first line filled in for a ledger."""
    found = [
        line.removeprefix("$ ")
        for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    agency = re.search(r"AGENCY=(\w+)", found[0])
    assert agency is not None
    given = f"DATA={shlex.quote(str(ledger.data))} AGENCY={agency[1]}"
    return [given, *found[1:]]


def test_the_page_for_integrators_holds(fresh: RunningLedger, tmp_path: Path) -> None:
    """201, then 200 for the same bytes, and a receipt that verifies with the emitter's key."""
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "first_act.py").write_text(script)
    lines = "\n".join(commands(fresh))

    done = subprocess.run(
        ["/bin/bash", "-e", "-c", f"set -o pipefail\n{PROGRAM}{PYTHON}{lines}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(20[01])$", done.stdout, re.MULTILINE) == ["201", "200"]
    assert "origin checked" in done.stdout + done.stderr
    assert '"outcome":"duplicate"' in (tmp_path / "again.json").read_text()
