"""In which order ``verify log`` reads two logs that both grow."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.chain.sources import MissingObjectError
from portal.cli import verifying
from tests.support.logs import EMITTER, LogBuilder, case_acts, signer
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_control import ControlBuilder


class GrowingLogs:
    """A ledger that takes an emitter and an act of it after each checkpoint that is read."""

    def __init__(self) -> None:
        self.control, self.log = ControlBuilder(), LogBuilder()
        self.read: list[str] = []

    def grow(self) -> None:
        number = len(self.read) * 100
        name = f"agy.number{number}.example"
        self.control.emitter(signer(name))
        self.log.control_size = len(self.control.entries)
        acts = case_acts(10, 3, 10, first=number)
        self.log.submit([act._replace(emitter_id=name) for act in acts])

    def source(self, prefix: str, _token: Path | None = None) -> MemorySource:
        logs, log = self, self.control if prefix == "control" else self.log

        class Source(MemorySource):
            """A server: what it has now."""

            def checkpoint(self) -> bytes:
                logs.read.append(prefix)
                note = log.checkpoint()
                logs.grow()
                return note

            def tile(self, path: str) -> bytes:
                for size in range(len(log.entries), 0, -1):
                    if (data := log.objects(size).get(path)) is not None:
                        return data
                raise MissingObjectError(path)

        return Source({}, lists=False)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> GrowingLogs:
    found = GrowingLogs()
    found.grow()
    monkeypatch.setattr(verifying, "open_source", found.source)
    return found


def test_the_case_logs_checkpoint_is_read_before_the_control_logs(
    logs: GrowingLogs, tmp_path: Path
) -> None:
    """So an honest ledger that grows meanwhile is proved: no key of its acts can be unknown."""
    vkeys = tmp_path / "vkeys"
    vkeys.write_text(f"{logs.log.signer.vkey}\n{logs.control.signer.vkey}\n")
    assert verifying.check_log("0", vkeys, None, 1, "control", as_json=True) == 0
    assert logs.read == ["0", "control"]


def test_a_log_without_a_checkpoint_is_incomplete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER))
    sources = {"control": MemorySource.of(control), "0": MemorySource({})}
    monkeypatch.setattr(verifying, "open_source", lambda prefix, _: sources[prefix])
    vkeys = tmp_path / "vkeys"
    vkeys.write_text(f"{signer('ledger.example/log/0').vkey}\n{control.signer.vkey}\n")
    assert verifying.check_log("0", vkeys, None, 1, "control", as_json=True) == 11
