"""Whoever tampers with a log is found: by changing a copy, or by writing the log anew.

A copy is changed by somebody without the log's key: every byte of every object counts. The log is
written anew by an insider who has the key and signs what he likes: then what counts is that
entries follow from each other, from the control log, and from what emitters signed.
"""

from __future__ import annotations

from functools import cache

import pytest

from ledger.chain.act import encode_act
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import Source, decode_entry
from ledger.chain.findings import LogReport
from ledger.chain.submission import build_submission
from ledger.chain.tiles import bundle_path, encode_bundle, tile_path
from ledger.chain.verify import verify_log
from tests.support.logs import LEDGER, LogBuilder, case_acts, make_act, signer
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


# 1. A copy, changed without the key.


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
    positions = sorted({*range(start, start + 150), *range(act - 3, act + 60), *range(start, end, 7)})
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
    [(tile_path(0, 0), 256), (tile_path(0, 1), 256), (tile_path(0, 2, 48), 48), (tile_path(1, 0, 2), 2)],
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
    assert [(r.kind, r.path, r.leaf_index) for r in report.findings] == [("bundle", path, _first(path) + kept)]


def _first(path: str) -> int:
    return int(path.split("/")[2][:3]) * 256


def _entries(path: str) -> list[bytes]:
    return sound().entries[_first(path) : _first(path) + 256]


@pytest.mark.parametrize("path", [bundle_path(0), bundle_path(2, 48), tile_path(0, 1), tile_path(1, 0, 2)])
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
    "path", [bundle_path(0), bundle_path(1), bundle_path(2, 48), tile_path(0, 1), tile_path(0, 2, 48), tile_path(1, 0, 2), "checkpoint"]
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


# 2. The log, written anew with its key.


def insider(change, at: int = 300) -> MemorySource:
    """Write the log anew; ``change(log, act, value, proof)`` appends entry ``at``."""
    log = LogBuilder()
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    if at > 1:
        log.submit(acts[: at - 1])
    act = acts[at - 1]
    value = encode_act(act)
    proof = build_submission(LEDGER, act.emitter_id, bytes(15) + b"\xff", [value], [signer(act.emitter_id)])
    change(log, act, value, proof[0])
    if len(log.entries) == at + 1:
        log.submit(acts[at:])
    return MemorySource.of(log)


def entry_with(**fields):
    return lambda log, act, value, proof: log.append(act.stream_key, value, proof, **fields)


def after(at: int) -> int:
    """Return the next entry in the stream of entry ``at``."""
    stream = decode_entry(sound().entries[at]).stream_id
    return next(i for i in range(at + 1, SIZE) if decode_entry(sound().entries[i]).stream_id == stream)


SOURCE = Source("5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b", "enforcement.acts.v1", 0, 5, 1)


@pytest.mark.parametrize("at", [1, 255, 256, 300, 511])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("leaf_index", {"leaf_index": 7_000}),
        ("leaf_index", {"leaf_index": 299}),
        ("stream_version", {"stream_version": 9_000}),
        ("stream_link", {"stream_link": b"\1" * 32}),
        ("received_at", {"received_at": 1_793_534_300_000_000}),
        ("control_size", {"control_size": 0}),
    ],
)
def test_entries_that_do_not_follow_are_found(at: int, kind: str, fields) -> None:
    if at == 299 and fields == {"leaf_index": 299}:
        return
    report = judged(insider(entry_with(**fields), at))
    assert report.exit_code == 10
    assert (kind, at) in {(row.kind, row.leaf_index) for row in report.findings}
    stream = decode_entry(sound().entries[at]).stream_id
    assert {row.stream for row in report.findings if row.leaf_index == at} == {stream}


def test_time_and_knowledge_that_jump_ahead_accuse_the_next_entry() -> None:
    late = judged(insider(entry_with(received_at=1_999_534_300_000_000)))
    assert ("received_at", 301) in {(row.kind, row.leaf_index) for row in late.findings}
    wise = judged(insider(entry_with(control_size=900)))
    assert ("control_size", 301) in {(row.kind, row.leaf_index) for row in wise.findings}


def test_an_act_in_another_stream_is_found() -> None:
    report = judged(insider(lambda log, act, value, proof: log.append("case:other", value, proof)))
    assert ("act", 300, "case:other") in {(r.kind, r.leaf_index, r.stream) for r in report.findings}
    assert report.exit_code == 10


def test_an_entry_left_out_of_its_stream_is_found_where_it_lacks() -> None:
    """Versions go on, the links of what was left out do not; and the other way round."""
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    log = LogBuilder()
    log.submit(acts[:299])
    kept = dict(log.streams)
    log.submit([acts[299]])
    log.entries.pop()
    log.submit(acts[300:])
    report = judged(MemorySource.of(log))
    assert report.exit_code == 10
    assert "stream_version" in kinds(report)
    assert acts[299].stream_key in {row.stream for row in report.findings}
    assert kept[acts[299].stream_key][0] + 1 in {int(r.expected) for r in report.findings if r.kind == "stream_version"}


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:-1],
        lambda value: value + b"\0",
        lambda value: b"\xc3\x02" + value[2:],
        lambda value: value[:2] + bytes(8) + value[10:],
    ],
)
def test_acts_that_are_not_strict_are_found(change) -> None:
    def append(log, act, value, proof) -> None:
        log.append(act.stream_key, change(value), proof)

    report = judged(insider(append), acts=True)
    assert report.exit_code == 10
    assert [row.leaf_index for row in report.findings] == [300]
    assert kinds(report) == {"act"}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:1] + b"\x81\x00" + data[3:],  # leafIndex 300 has two bytes
        lambda data: b"\2" + data[1:],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"",
    ],
)
def test_entries_that_are_not_strict_are_found(change) -> None:
    def append(log, act, value, proof) -> None:
        log.append(act.stream_key, value, proof)
        log.entries[-1] = change(log.entries[-1])

    report = judged(insider(append))
    assert report.exit_code == 10
    assert ("entry", 300) in {(row.kind, row.leaf_index) for row in report.findings}


def test_acts_that_nobody_submitted_are_found() -> None:
    """No submission, though the log did not make the act; found without any emitter's key."""
    report = judged(insider(lambda log, act, value, proof: log.append(act.stream_key, value)))
    assert ("origin", 300) in {(row.kind, row.leaf_index) for row in report.findings}
    assert report.exit_code == 10


@pytest.mark.parametrize("part", ["act", "emitter", "ledger", "path", "header"])
def test_acts_outside_of_their_submission_are_found(part: str) -> None:
    def append(log, act, value, proof) -> None:
        changed = {
            "act": (encode_act(act._replace(emitter_seq=77)), proof),
            "emitter": (encode_act(act._replace(emitter_id="agy.other.example")), proof),
            "ledger": (value, build_submission("other", act.emitter_id, bytes(16), [value], [signer(act.emitter_id)])[0]),
            "path": (value, build_submission(LEDGER, act.emitter_id, bytes(16), [b"x", value], [signer(act.emitter_id)])[0]),
            "header": (value, proof.replace(b"index 0", b"index 1")),
        }[part]
        log.append(act.stream_key, *changed)

    copy = insider(append)
    report = judged(copy, acts=True)
    assert report.exit_code == 10
    assert [(row.kind, row.leaf_index) for row in report.findings] == [("origin", 300)]
    # Without asking for acts the log itself is sound: it never claims to know the sender.
    assert judged(copy).exit_code == 0


@pytest.mark.parametrize("index", [0, 5])
def test_another_logs_entry_0_is_found(index: int) -> None:
    log = LogBuilder()
    if index:
        log.entries[0] = b"\1"
    else:
        log.entries = list(LogBuilder("log/1").entries)
    log.submit(case_acts(20, 3, 10))
    report = judged(MemorySource.of(log))
    assert report.exit_code == 10
    assert ("birth", 0) in {(row.kind, row.leaf_index) for row in report.findings}


def test_first_entry_that_is_no_birth_is_found() -> None:
    log = LogBuilder()
    log.entries.clear()
    log.streams.clear()
    log.submit(case_acts(20, 3, 10))
    report = judged(MemorySource.of(log))
    assert (report.exit_code, kinds(report)) == (10, {"birth"})


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


def test_control_log_names_its_own_size_in_each_entry() -> None:
    log = LogBuilder("control")
    payload = {"at": 1_793_534_400_000_000}
    log.ledger_made("LogHeartbeat", "log:control", payload)
    assert verify_log(MemorySource.of(log), [log.signer.key]).exit_code == 0
    act = decode_entry(log.entries[-1]).act
    log.append("log:control", act, control_size=1)
    report = verify_log(MemorySource.of(log), [log.signer.key])
    assert ("control_size", 2) in {(row.kind, row.leaf_index) for row in report.findings}


def test_officer_and_platform_names_do_not_matter_without_keys() -> None:
    """A sound log with persons' signature lines is proved with and without looking at acts."""
    log = LogBuilder()
    act = make_act("CaseClosed", "case:1", b"x", 1)
    log.submit([act], [signer(act.emitter_id), signer("officer:430100-0017")])
    for acts in (False, True):
        assert verify_log(MemorySource.of(log), [log.signer.key], acts=acts).exit_code == 0
