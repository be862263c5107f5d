"""A verification ends, whatever size a checkpoint claims, and says where it stopped looking."""

from __future__ import annotations

import time

import pytest

from ledger.chain import verify_ranges
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.tiles import bundle_path, tile_path
from ledger.chain.verify_ranges import MISSING_UNTRUSTED_MAX
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import KEY, SIZE, judged, kinds, sound, source


class CountingSource(MemorySource):
    """Counts what it was asked for."""

    asked = 0

    def tile(self, path: str) -> bytes:
        self.asked += 1
        return super().tile(path)


@pytest.mark.parametrize("size", [740_000_000_000, (1 << 63) - 1])
@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_size_that_nobody_signed_is_not_believed(size: int, lists: bool, workers: int) -> None:
    """The signature is refused at once, and what is there is still looked at."""
    whole = source().flip(bundle_path(1), 500)
    note = whole.objects["checkpoint"].replace(b"\n%d\n" % SIZE, b"\n%d\n" % size)
    copy = CountingSource({**whole.objects, "checkpoint": note}, lists=lists)
    started = time.monotonic()
    report = judged(copy, workers=workers)
    assert time.monotonic() - started < 20
    assert (report.exit_code, report.size) == (12, size)
    assert {"checkpoint", "entry", "missing", "unread"} == kinds(report)
    end = next(row for row in report.findings if row.kind == "unread")
    assert end.leaf_index is not None
    assert end.leaf_index % 256 == 0
    # In worker processes other copies of the source are asked.
    assert copy.asked < 5_000


def test_a_signed_size_far_beyond_the_objects_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever signs it has the log's key: then too much is missing, and nothing is proved."""
    monkeypatch.setattr(verify_ranges, "MISSING_BUNDLES_MAX", 600)
    note = sign_checkpoint(Checkpoint(KEY.name, 1 << 50, bytes(32)), [sound().signer])
    report = judged(source().with_object("checkpoint", note), since=sound().checkpoint())
    # Where the log really ends its objects are partial ones, and others are asked for.
    assert (report.exit_code, kinds(report)) == (11, {"missing", "unread"})


def test_a_gap_shorter_than_that_hides_nothing_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verify_ranges, "RANGE_BUNDLES_MAX", 1)
    monkeypatch.setattr(verify_ranges, "MISSING_BUNDLES_MAX", 2)
    copy = source().without(bundle_path(1), tile_path(0, 1)).flip(bundle_path(2, 48), 500)
    assert kinds(judged(copy)) == {"missing", "entry"}
    copy = copy.without(bundle_path(0), tile_path(0, 0))
    report = judged(copy)
    assert kinds(report) == {"missing", "unread"}
    assert [row.leaf_index for row in report.findings if row.kind == "unread"] == [0]


def test_the_bound_of_an_unsigned_size_is_passed_by_no_small_gap() -> None:
    assert MISSING_UNTRUSTED_MAX > SIZE // 256
