"""An insider who has the log's key writes it anew, signs it, and is found all the same.

What counts then is that entries follow from each other and from the control log, and, with the
emitters' keys, that emitters signed what is there.
"""

from __future__ import annotations

import random

import pytest

from ledger.chain.act import encode_act
from ledger.chain.entry import decode_entry
from ledger.chain.quick_bundle import QuickCheck
from ledger.chain.submission import build_submission
from ledger.chain.verify import verify_log
from tests.support.logs import LEDGER, LogBuilder, case_acts, make_act, signer
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import SIZE, judged, kinds, sound


def insider(change, at: int = 300) -> MemorySource:
    """Write the log anew; ``change(log, act, value, proof)`` appends entry ``at``."""
    log = LogBuilder()
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    if at > 1:
        log.submit(acts[: at - 1])
    act = acts[at - 1]
    value = encode_act(act)
    proof = build_submission(
        LEDGER, act.emitter_id, bytes(15) + b"\xff", [value], [signer(act.emitter_id)]
    )
    change(log, act, value, proof[0])
    if len(log.entries) == at + 1:
        log.submit(acts[at:])
    return MemorySource.of(log)


def entry_with(**fields):
    return lambda log, act, value, proof: log.append(act.stream_key, value, proof, **fields)


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
    assert kept[acts[299].stream_key][0] + 1 in {
        int(r.expected) for r in report.findings if r.kind == "stream_version"
    }


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

    for acts in (False, True):
        report = judged(insider(append), acts=acts)
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
            "ledger": (
                value,
                build_submission(
                    "other", act.emitter_id, bytes(16), [value], [signer(act.emitter_id)]
                )[0],
            ),
            "path": (
                value,
                build_submission(
                    LEDGER, act.emitter_id, bytes(16), [b"x", value], [signer(act.emitter_id)]
                )[0],
            ),
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


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("acts", [False, True])
def test_the_quick_check_lets_nothing_pass_that_the_careful_one_finds(
    seed: int, compiled: bool, acts: bool, monkeypatch
) -> None:
    """Change one byte of one entry, sign the log anew, and compare both checks' reports.

    Method: the careful check alone is what it is when the quick one never says yes.
    """
    draw = random.Random(seed)
    log = LogBuilder()
    log.submit(case_acts(120, streams=5, payload_bytes=12))
    sound_entries = list(log.entries)
    copies = []
    for _ in range(40):
        place = draw.randrange(1, len(sound_entries))
        changed = bytearray(sound_entries[place])
        changed[draw.randrange(len(changed))] = draw.randrange(256)
        log.entries = [*sound_entries[:place], bytes(changed), *sound_entries[place + 1 :]]
        copies.append(MemorySource.of(log))
    if not compiled:
        monkeypatch.setattr("ledger.chain.quick_bundle.audit", None)
    quick = [judged(copy, acts=acts) for copy in copies]
    monkeypatch.setattr(QuickCheck, "columns", lambda *_: None)
    assert [judged(copy, acts=acts) for copy in copies] == quick
    assert sum(report.exit_code == 10 for report in quick) > (30 if acts else 10)
