"""The page for integrators, done as it stands there: its script and its commands, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.howto import PAGES, run_page
from tests.support.running import RunningLedger

PAGE = "submit-a-first-act.md"


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


def test_the_page_for_integrators_holds(fresh: RunningLedger, tmp_path: Path) -> None:
    """201, then 200 for the same bytes, and a receipt that verifies with the emitter's key."""
    text = (PAGES / PAGE).read_text()
    (script,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "first_act.py").write_text(script)

    done = run_page(PAGE, {"DATA": fresh.data}, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(20[01])$", done.stdout, re.MULTILINE) == ["201", "200"]
    assert "origin checked" in done.stdout + done.stderr
    assert '"outcome":"duplicate"' in (tmp_path / "again.json").read_text()
