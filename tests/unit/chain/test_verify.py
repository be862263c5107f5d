"""Verification of sound logs: the vectors' and built ones, whole and in parts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.note_keys import ML_DSA_44, Signer
from ledger.chain.notes import VerifierKey
from ledger.chain.tiles import bundle_path, tile_path
from ledger.chain.tree import EMPTY_ROOT
from ledger.chain.verify import DirectorySource, control_keys, verify_log
from ledger.errors import UnavailableError
from tests.support.logs import EMITTER, LEDGER, LogBuilder, case_acts, signer
from tests.support.sources import MemorySource
from tests.support.vectors import VECTORS, load


@cache
def built(size: int, profile: str = "international") -> LogBuilder:
    """Return a log of ``size`` entries in submissions of 1 to 40 acts."""
    log = LogBuilder(profile=profile)
    acts = case_acts(size, streams=9, payload_bytes=30)
    while len(log.entries) < size:
        count = min(1 + len(log.entries) % 40, size - len(log.entries))
        log.submit([acts.pop() for _ in range(count)])
    return log


@pytest.mark.parametrize("log", ["control", "case"])
@pytest.mark.parametrize("acts", [False, True])
def test_vector_logs_are_proved(log: str, acts: bool) -> None:
    rows = load("entries")[log]
    key = VerifierKey.from_vkey(rows["key"]["vkey"])
    report = verify_log(DirectorySource(VECTORS / rows["folder"]), [key], acts=acts)
    assert report.findings == ()
    assert (report.exit_code, report.size, report.entries) == (0, rows["size"], rows["size"])
    assert report.origin == rows["origin"]
    assert (
        report.streams == len({e["fields"]["streamId"] for e in rows["entries"]}) or log == "case"
    )


def test_vector_case_log_is_proved_with_the_keys_of_the_control_log() -> None:
    """Who signed each act is proven from published bytes alone."""
    rows = load("entries")
    control_key = VerifierKey.from_vkey(rows["control"]["key"]["vkey"])
    report, keys = control_keys(DirectorySource(VECTORS / "control"), [control_key])
    assert report.findings == ()
    assert report.signatures_checked
    assert {name for name, _ in keys.keys} == {
        "platform.vectors.lianzheng.example",
        "agy.changsha-market.example",
        "agy.changsha-fire.example",
        "sup.vectors.lianzheng.example",
    }
    case_key = VerifierKey.from_vkey(rows["case"]["key"]["vkey"])
    report = verify_log(DirectorySource(VECTORS / "log"), [case_key], emitter_keys=keys)
    assert (report.findings, report.signatures_checked) == ((), True)


@pytest.mark.parametrize("size", [1, 2, 63, 255, 256, 257, 511, 512, 513, 700])
def test_logs_of_every_shape_are_proved(size: int) -> None:
    log = built(size)
    for lists in (True, False):
        source = MemorySource.of(log)
        source.lists = lists
        report = verify_log(source, [log.signer.key], acts=True)
        assert report.findings == ()
        assert (report.entries, report.streams) == (size, len(log.streams))


def test_guomi_log_is_proved_with_its_own_links() -> None:
    log = built(300, "guomi")
    report = verify_log(MemorySource.of(log), [log.signer.key])
    assert (report.findings, report.profile) == ((), "guomi")
    wrong = verify_log(MemorySource.of(log), [log.signer.key], profile="international")
    assert {row.kind for row in wrong.findings} == {"stream_link"}


def test_workers_find_the_same_as_one_process(tmp_path: Path) -> None:
    """Ranges are joined: streams go on from one to the next, and a fault is named once."""
    log = LogBuilder()
    for acts in (case_acts(128, 300, 20, first=1 + 128 * n) for n in range(160)):
        log.submit(acts)
    source = DirectorySource(log.write(tmp_path))
    seen: list[tuple[int, int]] = []
    reports = [
        verify_log(source, [log.signer.key], workers=workers, progress=lambda *at: seen.append(at))
        for workers in (1, 2, 3)
    ]
    assert reports[0].findings == ()
    assert reports[0] == reports[1] == reports[2]
    assert seen.count((20_481, 20_481)) == 3
    path = tmp_path / bundle_path(20)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    reports = [verify_log(source, [log.signer.key], workers=workers) for workers in (1, 2)]
    assert reports[0] == reports[1]
    assert reports[0].exit_code == 10
    assert [row.leaf_index for row in reports[0].findings] == [20 * 256 + 255]


def test_older_partial_copies_of_a_growing_log_are_sound_and_checked() -> None:
    """A store keeps the partial tiles of published sizes; each must be a beginning."""
    log = built(700)
    objects: dict[str, bytes] = {}
    for size in (1, 100, 256, 300, 511, 600, 700):
        objects |= log.objects(size)
    source = MemorySource({**objects, "checkpoint": log.checkpoint()})
    assert verify_log(source, [log.signer.key]).findings == ()
    for path, index in (
        (bundle_path(0, 100), 0),
        (tile_path(0, 1, 44), 256),
        (tile_path(1, 0, 1), 0),
    ):
        report = verify_log(source.flip(path, 20), [log.signer.key])
        assert [(row.path, row.leaf_index) for row in report.findings] == [(path, index)]
        longer = source.with_object(path, source.objects[path] + b"\0")
        report = verify_log(longer, [log.signer.key])
        assert [row.path for row in report.findings] == [path]
        assert "surplus" in report.findings[0].text
        assert report.exit_code == 10


def test_full_tiles_serve_where_partial_ones_are_gone() -> None:
    """A server may drop a partial tile once the full one exists."""
    log = built(700)
    source = MemorySource({**log.objects(), "checkpoint": log.checkpoint(600)}, lists=False)
    assert verify_log(source, [log.signer.key]).exit_code == 11  # tile/1/000.p/2 is there still
    source.objects[tile_path(1, 0, 2)] = log.objects(600)[tile_path(1, 0, 2)]
    source.objects[tile_path(0, 2)] = source.objects.pop(tile_path(0, 2, 188))
    source.objects[bundle_path(2)] = source.objects.pop(bundle_path(2, 188))
    assert verify_log(source, [log.signer.key]).findings == ()


def test_empty_log_is_proved() -> None:
    """A log has a size-0 checkpoint before its entry 0."""
    key = signer(f"{LEDGER}/log/0")
    note = sign_checkpoint(Checkpoint(key.name, 0, EMPTY_ROOT), [key])
    report = verify_log(MemorySource({"checkpoint": note}), [key.key])
    assert (report.findings, report.exit_code, report.size) == ((), 0, 0)
    note = sign_checkpoint(Checkpoint(key.name, 0, bytes(32)), [key])
    assert verify_log(MemorySource({"checkpoint": note}), [key.key]).exit_code == 10


@pytest.mark.parametrize("size", [1, 5, 256, 300, 512, 600, 699, 700])
def test_log_is_a_continuation_of_older_checkpoints(size: int) -> None:
    log = built(700)
    report = verify_log(MemorySource.of(log), [log.signer.key], since=log.checkpoint(size))
    assert report.findings == ()


def test_older_checkpoint_of_size_0_and_of_nothing_else() -> None:
    log = built(257)
    for root, code in ((EMPTY_ROOT, 0), (bytes(32), 10)):
        since = sign_checkpoint(Checkpoint(log.origin, 0, root), [log.signer])
        report = verify_log(MemorySource.of(log), [log.signer.key], since=since)
        assert report.exit_code == code


def test_a_second_key_of_the_log_is_accepted_beside_the_first() -> None:
    """An ML-DSA-44 line that is not of a trusted key is ignored, one that is must verify."""
    log = built(63)
    second = Signer(log.origin, bytes([5]) * 32, ML_DSA_44)
    checkpoint = Checkpoint(log.origin, 63, verify_log(MemorySource.of(log), [log.signer.key]).root)
    both = sign_checkpoint(checkpoint, [log.signer, second], 1_793_635_278)
    source = MemorySource.of(log).with_object("checkpoint", both)
    for keys in ([log.signer.key], [log.signer.key, second.key]):
        assert verify_log(source, keys).findings == ()
    # Entry 0 names no such key: alone it is not enough.
    report = verify_log(source, [second.key])
    assert [(row.kind, row.leaf_index) for row in report.findings] == [("trust", 0)]
    assert report.exit_code == 12


def test_report_as_json_has_numbers_of_the_log_as_text() -> None:
    log = built(63)
    row = verify_log(MemorySource.of(log).without(tile_path(0, 0, 63)), [log.signer.key]).as_json()
    assert (row["tree_size"], row["entries_checked"], row["exit_code"]) == ("63", "63", 11)
    assert row["findings"] == [
        {"kind": "missing", "text": "no such object", "leaf_index": 0, "path": tile_path(0, 0, 63)}
    ]


def test_missing_folder_is_not_a_missing_log(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        verify_log(DirectorySource(tmp_path / "nowhere"), [signer(EMITTER).key])
    report = verify_log(DirectorySource(tmp_path), [signer(EMITTER).key])
    assert (report.exit_code, report.findings[0].kind, report.origin) == (11, "missing", None)
