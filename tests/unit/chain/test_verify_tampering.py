"""Whoever changes a copy of a log without the log's key is found: every byte of every object."""

from __future__ import annotations

from functools import cache

import pytest

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.findings import LogReport
from ledger.chain.tiles import bundle_path, encode_bundle, tile_path
from ledger.chain.verify import verify_log
from tests.support.logs import LEDGER, LogBuilder, case_acts, signer
from tests.support.sources import MemorySource

SIZE = 560  # Two full bundles and a partial one.
KEY = signer(f"{LEDGER}/log/0").key


@cache
def sound() -> LogBuilder:
    log = LogBuilder()
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    for first in range(0, len(acts), 16):
        log.submit(acts[first : first + 16])
    return log


def source() -> MemorySource:
    return MemorySource.of(sound())


def judged(copy: MemorySource, **more) -> LogReport:
    return verify_log(copy, [KEY], **more)


def kinds(report: LogReport) -> set[str]:
    return {row.kind for row in report.findings}


def frame_start(place: int) -> int:
    """Return where the entry at a place of bundle 1 begins, after its length."""
    return sum(2 + len(entry) for entry in sound().entries[256 : 256 + place]) + 2


def test_each_byte_of_an_entry_in_a_bundle_is_found_by_its_index() -> None:
    """Every byte of an entry's fields and of its act's, every seventh of texts and payload."""
    log, copy, path = sound(), source(), bundle_path(1)
    place = 77
    stream = decode_entry(log.entries[256 + place]).stream_id
    start, end = frame_start(place), frame_start(place) + len(log.entries[256 + place])
    act = end - len(decode_entry(log.entries[256 + place]).act)
    positions = sorted(
        {*range(start, start + 150), *range(act - 3, act + 60), *range(start, end, 7)}
    )
    named = 0
    for position in positions:
        report = judged(copy.flip(path, position))
        assert report.exit_code == 10
        first = report.findings[0]
        assert (first.kind, first.leaf_index) == ("entry", 256 + place)
        # One culprit, one finding: the others of its stream are not accused.
        assert report.finding_count == 1
        named += first.stream == stream
    assert named > len(positions) * 0.7


@pytest.mark.parametrize("place", [0, 100, 255])
@pytest.mark.parametrize("low", [0, 1])
def test_changed_entry_lengths_are_found(place: int, low: int) -> None:
    report = judged(source().flip(bundle_path(1), frame_start(place) - 2 + low))
    assert report.exit_code == 10
    assert report.findings[0].leaf_index in (256 + place, 256 + place - 1)
    assert report.finding_count <= 4


@pytest.mark.parametrize(
    ("path", "width"),
    [
        (tile_path(0, 0), 256),
        (tile_path(0, 1), 256),
        (tile_path(0, 2, 48), 48),
        (tile_path(1, 0, 2), 2),
    ],
)
def test_each_hash_of_each_tile_is_found_by_its_index(path: str, width: int) -> None:
    copy = source()
    level, n = int(path.split("/")[1]), int(path.split("/")[2][:3])
    for place in range(width):
        report = judged(copy.flip(path, place * 32 + place % 32))
        assert report.exit_code == 10
        index = (n * 256 + place) * 256**level
        assert [row.leaf_index for row in report.findings] == [index], report.findings
        assert report.findings[0].path in (path, None)


def test_each_byte_of_the_checkpoint_is_found() -> None:
    """Origin, size, root, name, signature: nothing of it may change, and nothing is trusted."""
    copy = source()
    for position in range(len(copy.objects["checkpoint"])):
        report = judged(copy.flip("checkpoint", position))
        assert report.exit_code == 12, position
        assert "checkpoint" in kinds(report)


def test_checkpoint_under_another_key_is_not_trusted() -> None:
    stranger = signer("stranger")
    assert verify_log(source(), [stranger.key]).exit_code == 12
    forged = sign_checkpoint(Checkpoint(KEY.name, SIZE, bytes(32)), [sound().signer])
    report = judged(source().with_object("checkpoint", forged))
    assert (report.exit_code, kinds(report)) == (10, {"root"})


@pytest.mark.parametrize("path", [bundle_path(0), bundle_path(2, 48)])
@pytest.mark.parametrize("cut", [1, 100, 5_000])
def test_truncated_bundles_are_found(path: str, cut: int) -> None:
    copy = source()
    report = judged(copy.with_object(path, copy.objects[path][:-cut]))
    assert report.exit_code == 10
    ends, kept = 0, 0
    for entry in _entries(path):
        ends += 2 + len(entry)
        kept += ends <= len(copy.objects[path]) - cut
    assert [(r.kind, r.path, r.leaf_index) for r in report.findings] == [
        ("bundle", path, _first(path) + kept)
    ]


def _first(path: str) -> int:
    return int(path.split("/")[2][:3]) * 256


def _entries(path: str) -> list[bytes]:
    return sound().entries[_first(path) : _first(path) + 256]


@pytest.mark.parametrize(
    "path", [bundle_path(0), bundle_path(2, 48), tile_path(0, 1), tile_path(1, 0, 2)]
)
def test_surplus_bytes_are_found(path: str) -> None:
    copy = source()
    for surplus in (b"\0", b"\0\0", bytes(40)):
        report = judged(copy.with_object(path, copy.objects[path] + surplus))
        assert report.exit_code == 10
        assert [row.path for row in report.findings] == [path]
        assert "surplus" in report.findings[0].text


def test_truncated_tiles_are_found() -> None:
    copy = source()
    for path in (tile_path(0, 1), tile_path(0, 2, 48), tile_path(1, 0, 2)):
        for cut in (1, 32, 33):
            report = judged(copy.with_object(path, copy.objects[path][:-cut]))
            assert (report.exit_code, report.finding_count) == (10, 1)
            assert report.findings[0].path == path


def test_swapped_doubled_and_removed_entries_are_found() -> None:
    entries = sound().entries[256:512]
    swapped = [*entries[:9], entries[10], entries[9], *entries[11:]]
    doubled = [*entries[:10], entries[9], *entries[11:]]
    removed = [*entries[:9], *entries[10:]]
    for changed, indexes in ((swapped, [265, 266]), (doubled, [266])):
        report = judged(source().with_object(bundle_path(1), encode_bundle(changed)))
        assert report.exit_code == 10
        assert [row.leaf_index for row in report.findings] == indexes
    report = judged(source().with_object(bundle_path(1), encode_bundle(removed)))
    assert (report.exit_code, report.findings[0].leaf_index) == (10, 265)


def test_whole_objects_exchanged_are_found() -> None:
    copy = source()
    for one, other in ((bundle_path(0), bundle_path(1)), (tile_path(0, 0), tile_path(0, 1))):
        objects = copy.objects | {one: copy.objects[other], other: copy.objects[one]}
        report = judged(MemorySource(objects))
        assert report.exit_code == 10
        assert report.finding_count == 2 if one.startswith("tile/0") else report.finding_count > 100


def test_bundle_and_tile_changed_together_are_found_by_the_tree_above() -> None:
    """Somebody who changes an entry and its leaf hash is stopped at the root of 256 entries."""
    log = sound()
    changed = list(log.entries)
    changed[300] = changed[300][:-1] + bytes([changed[300][-1] ^ 1])
    other = LogBuilder()
    other.entries = changed
    objects = other.objects()
    copy = source()
    for path in (bundle_path(1), tile_path(0, 1)):
        copy = copy.with_object(path, objects[path])
    report = judged(copy)
    assert report.exit_code == 10
    assert ("tile", 256) in {(row.kind, row.leaf_index) for row in report.findings}
    assert "root" in kinds(report)
    # With the tile above as well, the signed root is what does not fit.
    report = judged(copy.with_object(tile_path(1, 0, 2), objects[tile_path(1, 0, 2)]))
    assert report.exit_code == 10
    assert "root" in kinds(report)
    # The next entry of its stream carries the link of the true one.
    stream = decode_entry(log.entries[300]).stream_id
    after = next(i for i in range(301, SIZE) if decode_entry(log.entries[i]).stream_id == stream)
    assert ("stream_link", after, stream) in {
        (row.kind, row.leaf_index, row.stream) for row in report.findings
    }


@pytest.mark.parametrize(
    "path",
    [
        bundle_path(0),
        bundle_path(1),
        bundle_path(2, 48),
        tile_path(0, 1),
        tile_path(0, 2, 48),
        tile_path(1, 0, 2),
        "checkpoint",
    ],
)
def test_missing_objects_are_incomplete_and_nobody_is_accused(path: str) -> None:
    for lists in (True, False):
        copy = source().without(path)
        copy.lists = lists
        report = judged(copy)
        assert (report.exit_code, kinds(report)) == (11, {"missing"})
        assert [row.path for row in report.findings] == [path]


def test_what_is_missing_hides_no_change_elsewhere() -> None:
    copy = source().without(bundle_path(0), tile_path(0, 2, 48)).flip(bundle_path(1), 500)
    report = judged(copy)
    assert report.exit_code == 10
    assert kinds(report) == {"missing", "entry"}


def test_missing_bundle_and_tile_are_filled_from_the_tile_above_and_proved_by_the_root() -> None:
    copy = source().without(bundle_path(0), tile_path(0, 0))
    assert kinds(judged(copy)) == {"missing"}
    report = judged(copy.flip(tile_path(1, 0, 2), 0))
    assert kinds(report) == {"missing", "root"}
    assert report.exit_code == 10


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        "tile/0/001.bak",
        "tile/0/002",  # Full, where the log has a partial one.
        "tile/0/002.p/49",
        "tile/0/002.p/0",
        "tile/0/002.p/048",
        "tile/00/002.p/48",
        "tile/0/x000/001",
        "tile/0/007",
        "tile/entries/999",
        "tile/1/000.p/3",
        "tile/2/000.p/1",
        "tile/entries/000.p/256",
    ],
)
def test_unreferenced_objects_are_found(path: str) -> None:
    report = judged(source().with_object(path, bytes(32)))
    assert (report.exit_code, kinds(report)) == (10, {"unreferenced"})
    assert report.findings[0].path == path


def test_checkpoint_rolled_back_is_found_by_what_lies_beside_it() -> None:
    """An older, truly signed checkpoint over a copy that has more: behind, not tampered."""
    copy = source().with_object("checkpoint", sound().checkpoint(300))
    for path, data in sound().objects(300).items():
        copy = copy.with_object(path, data)
    report = judged(copy)
    assert (report.exit_code, kinds(report)) == (11, {"behind"})
    assert (report.findings[0].expected, report.findings[0].found) == (str(SIZE), "300")


def test_older_checkpoint_than_one_seen_before_is_behind() -> None:
    since = sound().checkpoint()
    report = judged(MemorySource.of(sound(), 500), since=since)
    assert (report.exit_code, kinds(report)) == (11, {"behind"})


def test_forked_log_is_found_by_an_older_checkpoint() -> None:
    """The insider writes history anew from entry 400 on, all of it well signed."""
    fork = LogBuilder()
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    acts[400] = acts[400]._replace(payload=b"other")
    for first in range(0, len(acts), 16):
        fork.submit(acts[first : first + 16])
    copy = MemorySource.of(fork)
    assert judged(copy).exit_code == 0
    assert judged(copy, since=sound().checkpoint(400)).exit_code == 0
    for size in (402, 450, 512, SIZE):
        report = judged(copy, since=sound().checkpoint(size))
        assert (report.exit_code, kinds(report)) == (10, {"fork"})
    forged = sound().checkpoint(400).replace(b"\n400\n", b"\n401\n")
    assert judged(copy, since=forged).exit_code == 12


def test_findings_are_capped_and_counted() -> None:
    """A log whose every entry is wrong ends with a hundred findings and their number."""
    copy = source()
    first = copy.objects[tile_path(0, 0)]
    swapped = copy.with_object(tile_path(0, 0), bytes(len(first)))
    assert judged(swapped).finding_count == 1
    report = judged(copy.with_object(bundle_path(0), encode_bundle([b"x"] * 256)))
    assert len(report.findings) == 100
    assert report.finding_count >= 256
    assert report.exit_code == 10
