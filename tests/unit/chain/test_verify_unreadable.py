"""An object that is there but cannot be read hides nothing that was found elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.chain.sources import UNREADABLE_RUN_MAX, DirectorySource, MissingObjectError
from ledger.chain.tiles import bundle_path, tile_path
from ledger.chain.verify import verify_log
from ledger.errors import UnavailableError
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import KEY, judged, kinds, sound, source


class FailingSource(MemorySource):
    """Does not give some objects, as a server that answers 403; ``dead`` gives nothing more."""

    def __init__(self, objects: dict[str, bytes], failing: set[str]) -> None:
        super().__init__(objects, lists=False)
        self.failing = failing

    def tile(self, path: str) -> bytes:
        if path in self.failing:
            raise UnavailableError(f"{path}: the server answers 403")
        return super().tile(path)


def all_but(path: str) -> set[str]:
    return {each for each in source().objects if each not in (path, "checkpoint")}


@pytest.mark.parametrize(
    "path", [bundle_path(0), bundle_path(1), tile_path(0, 1), tile_path(1, 0, 2)]
)
def test_one_object_that_is_never_given_is_missing_and_says_why(path: str) -> None:
    report = judged(FailingSource(source().objects, {path}))
    assert (report.exit_code, [row.path for row in report.findings]) == (11, [path])
    assert "403" in report.findings[0].text


@pytest.mark.parametrize("workers", [1, 2])
def test_an_altered_entry_stays_tampering_when_the_next_object_is_withheld(workers: int) -> None:
    altered = source().flip(bundle_path(0), 20_000)
    report = judged(FailingSource(altered.objects, {bundle_path(1)}), workers=workers)
    assert (report.exit_code, kinds(report)) == (10, {"entry", "missing"})


def test_what_was_found_before_the_source_died_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ledger.chain.sources.UNREADABLE_RUN_MAX", 2)
    altered = source().flip(bundle_path(0), 20_000)
    failing = {bundle_path(n) for n in (1, 2)} | {bundle_path(2, 48)}
    report = judged(FailingSource(altered.objects, failing))
    assert (report.exit_code, report.findings[0].kind) == (10, "entry")
    assert "unread" in kinds(report)


def test_a_source_that_gives_nothing_but_its_checkpoint_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That is no finding about the log: exit 3, and its message says why."""
    monkeypatch.setattr("ledger.chain.sources.UNREADABLE_RUN_MAX", 2)
    with pytest.raises(UnavailableError, match="403"):
        judged(FailingSource(source().objects, all_but("")))
    assert UNREADABLE_RUN_MAX > 1


def folder(tmp_path: Path) -> Path:
    return sound().write(tmp_path / "copy")


def in_folder(copy: Path):
    return verify_log(DirectorySource(copy), [KEY])


def replaced(copy: Path, path: str, how: str) -> None:
    """Put something in a file's place that cannot be read as a file."""
    file = copy / path
    file.unlink()
    if how == "fifo":
        os.mkfifo(file)
    elif how == "loop":
        file.symlink_to(file.name)
    elif how == "dangling":
        file.symlink_to("nowhere")
    elif how == "device":
        file.symlink_to("/dev/zero")
    else:
        file.mkdir()


@pytest.mark.parametrize("how", ["fifo", "loop", "dangling", "device", "folder"])
@pytest.mark.parametrize("path", [bundle_path(1), tile_path(0, 1), tile_path(1, 0, 2)])
def test_what_is_no_file_is_missing_and_makes_nobody_wait(
    tmp_path: Path, path: str, how: str
) -> None:
    copy = folder(tmp_path)
    replaced(copy, path, how)
    report = in_folder(copy)
    assert (report.exit_code, [row.path for row in report.findings]) == (11, [path])
    first = copy / bundle_path(0)
    data = bytearray(first.read_bytes())
    data[20_000] ^= 1
    first.write_bytes(data)
    assert in_folder(copy).exit_code == 10


def test_an_older_partial_copy_that_is_no_file_is_named(tmp_path: Path) -> None:
    copy = folder(tmp_path)
    older = copy / bundle_path(1, 17)
    older.parent.mkdir()
    older.symlink_to("nowhere")
    report = in_folder(copy)
    assert (report.exit_code, [row.path for row in report.findings]) == (11, [bundle_path(1, 17)])


def test_a_checkpoint_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    copy = folder(tmp_path)
    replaced(copy, "checkpoint", "fifo")
    with pytest.raises(UnavailableError, match="no regular file"):
        DirectorySource(copy).checkpoint()
    (copy / "checkpoint").unlink()
    with pytest.raises(MissingObjectError):
        DirectorySource(copy).checkpoint()
