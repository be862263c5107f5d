"""Under the last, partial hash tile the signed root tells whether entry or tile was altered."""

from __future__ import annotations

import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.tiles import bundle_path, tile_path
from tests.unit.chain.test_verify_tampering import SIZE, frame_start, judged, sound, source

FIRST = SIZE - SIZE % 256
TILE = tile_path(0, FIRST // 256, SIZE % 256)
BUNDLE = bundle_path(FIRST // 256, SIZE % 256)


@pytest.mark.parametrize("place", [0, 17, SIZE % 256 - 1])
@pytest.mark.parametrize("since", [None, FIRST + 30])
def test_an_altered_hash_accuses_the_tile_and_no_entry(place: int, since: int | None) -> None:
    older = None if since is None else sound().checkpoint(since)
    report = judged(source().flip(TILE, place * 32), since=older)
    assert [(row.kind, row.leaf_index, row.path) for row in report.findings] == [
        ("tile", FIRST + place, TILE)
    ]
    assert report.findings[0].stream is None


@pytest.mark.parametrize("place", [0, 17, SIZE % 256 - 1])
@pytest.mark.parametrize("since", [None, FIRST + 30])
def test_an_altered_entry_is_accused_and_no_fork_is_seen(place: int, since: int | None) -> None:
    entries = sound().entries[FIRST:]
    at = sum(2 + len(entry) for entry in entries[: place + 1]) - 1
    older = None if since is None else sound().checkpoint(since)
    report = judged(source().flip(BUNDLE, at), since=older)
    stream = decode_entry(entries[place]).stream_id
    assert [(row.kind, row.leaf_index, row.stream) for row in report.findings] == [
        ("entry", FIRST + place, stream)
    ]


def test_where_the_tiles_above_do_not_help_the_entry_is_named() -> None:
    """Nothing tells then which of the two was altered."""
    copy = source().flip(TILE, 0).without(tile_path(1, 0, 2))
    report = judged(copy)
    assert {(row.kind, row.leaf_index) for row in report.findings} == {
        ("entry", FIRST),
        ("missing", 0),
    }
    assert frame_start(0) == 2
