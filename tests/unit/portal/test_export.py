"""A copy of a log is only ever replaced by its continuation: the older checkpoint is evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.tiles import bundle_path, tile_path
from ledger.chain.tree import tree_root
from ledger.chain.verify import DirectorySource, verify_log
from ledger.errors import IncompleteError, MalformedError, UnavailableError, VerificationError
from ledger.store.tile_store import checkpoint_of
from portal.programs.continuation import is_continued
from portal.programs.export import copy_log
from tests.support.logs import LogBuilder, case_acts


def built(size: int, other_from: int | None = None) -> LogBuilder:
    """Return a log; one of another history from an index on."""
    log = LogBuilder()
    acts = case_acts(size - 1, streams=9, payload_bytes=20)
    for number in range(other_from or size, size):
        acts[number - 1] = acts[number - 1]._replace(payload=b"other")
    for first in range(0, len(acts), 50):
        log.submit(acts[first : first + 50])
    return log


class Ledger:
    """A data folder in which one log is published."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.copy = folder / "copy"
        self.published = self.data / "tiles" / "0"
        self.data.mkdir()
        (self.data / "ledger.json").write_text("{}")

    def publish(self, log: LogBuilder, size: int | None = None) -> None:
        for old in sorted(self.published.rglob("*"), reverse=True):
            if old.is_file():
                old.unlink()
        log.write(self.published, size)

    def export(self) -> tuple[int, int]:
        return copy_log(self.data, "0", self.copy, lambda _done, _all: None)

    def contents(self) -> dict[str, bytes]:
        return {
            str(file.relative_to(self.copy)): file.read_bytes()
            for file in self.copy.rglob("*")
            if file.is_file()
        }

    def beside(self) -> list[bytes]:
        return [file.read_bytes() for file in self.copy.parent.glob("copy.checkpoint-*")]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.delenv("LEDGER_TILE_STORE", raising=False)
    return Ledger(tmp_path)


@pytest.mark.parametrize("sizes", [(300, 700), (256, 512), (1, 600), (512, 513), (700, 700)])
def test_a_copy_goes_on_where_the_log_goes_on(ledger: Ledger, sizes: tuple[int, int]) -> None:
    log = built(700)
    for size in sizes:
        ledger.publish(log, size)
        ledger.export()
        report = verify_log(DirectorySource(ledger.copy), [log.signer.key])
        assert (report.findings, report.size) == ((), size)
    assert ledger.export() == (0, sizes[1])
    assert ledger.beside() == []


@pytest.mark.parametrize("size", [520, 600, 700, 512])
def test_another_history_does_not_replace_the_copy(ledger: Ledger, size: int) -> None:
    """After a full rollback the log went another way; its checkpoint is kept beside the copy."""
    log = built(600)
    ledger.publish(log)
    ledger.export()
    before = ledger.contents()
    fork = built(700, other_from=400)
    ledger.publish(fork, size)
    with pytest.raises(VerificationError) as error:
        ledger.export()
    assert error.value.exit_code == 10
    assert ledger.contents() == before
    assert ledger.beside() == [fork.checkpoint(size)]
    # Both signed checkpoints are there: that is the proof.
    assert verify_log(DirectorySource(ledger.copy), [log.signer.key]).exit_code == 0


def test_a_log_that_was_put_back_does_not_replace_a_newer_copy(ledger: Ledger) -> None:
    log = built(600)
    ledger.publish(log)
    ledger.export()
    before = ledger.contents()
    ledger.publish(log, 300)
    with pytest.raises(IncompleteError, match="300"):
        ledger.export()
    assert (ledger.contents(), ledger.beside()) == (before, [])


def test_what_a_cut_off_copy_left_is_not_mixed_with_another_history(ledger: Ledger) -> None:
    """The checkpoint is written last, so it does not cover what came before the cut."""
    log = built(700)
    ledger.publish(log, 300)
    ledger.export()
    left = ledger.copy / bundle_path(1)
    left.write_bytes(log.objects()[bundle_path(1)])
    ledger.publish(built(700, other_from=400))
    with pytest.raises(VerificationError, match="001"):
        ledger.export()
    assert left.read_bytes() == log.objects()[bundle_path(1)]
    assert (ledger.copy / "checkpoint").read_bytes() == log.checkpoint(300)
    ledger.publish(log)
    ledger.export()
    assert verify_log(DirectorySource(ledger.copy), [log.signer.key]).exit_code == 0


def test_a_checkpoint_that_the_tiles_do_not_have_proves_nothing(ledger: Ledger) -> None:
    """Neither a false new root nor a lost tile lets a copy be replaced."""
    log = built(700)
    ledger.publish(log, 300)
    ledger.export()
    before = ledger.contents()
    ledger.publish(log)
    forged = Checkpoint(log.origin, 700, tree_root([bytes(32)]))
    (ledger.published / "checkpoint").write_bytes(sign_checkpoint(forged, [log.signer]))
    with pytest.raises(VerificationError):
        ledger.export()
    ledger.publish(log)
    (ledger.published / tile_path(0, 1)).unlink()
    with pytest.raises(IncompleteError):
        ledger.export()
    assert ledger.contents() == before


def test_another_logs_copy_and_what_is_no_copy_are_left_alone(ledger: Ledger) -> None:
    ledger.publish(built(300))
    LogBuilder("log/1").write(ledger.copy)
    with pytest.raises(MalformedError, match="log/1"):
        ledger.export()
    (ledger.copy / "checkpoint").write_bytes(b"no checkpoint")
    with pytest.raises(MalformedError, match="no checkpoint"):
        ledger.export()
    assert (ledger.copy / "checkpoint").read_bytes() == b"no checkpoint"
    (ledger.copy / "checkpoint").unlink()
    (ledger.copy / "checkpoint").mkdir()
    with pytest.raises(UnavailableError, match="cannot be read"):
        ledger.export()


def test_every_size_is_continued_by_every_larger_one_and_by_no_fork() -> None:
    log, fork = built(530), built(530, other_from=101)
    roots = {size: Checkpoint(log.origin, size, _root(log, size)) for size in range(0, 531, 23)}
    for newer in (roots[253], roots[529 - 529 % 23], roots[0]):
        read = log.objects(newer.size).get
        others = fork.objects(newer.size).get
        end = Checkpoint(log.origin, newer.size, _root(fork, newer.size))
        for older in roots.values():
            if older.size <= newer.size:
                assert is_continued(older, newer, read)
                assert is_continued(older, end, others) == (older.size <= 101)


def _root(log: LogBuilder, size: int) -> bytes:
    return checkpoint_of(log.checkpoint(size)).root
