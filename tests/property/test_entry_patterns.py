"""The quick patterns say yes to nothing that the decoders refuse, and yes to what is usual."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.act import Act, Actor, decode_act, encode_act
from ledger.chain.entry import Entry, Source, decode_entry, encode_entry
from ledger.chain.entry_patterns import LENGTHS, act_pattern, prefix_pattern
from ledger.chain.varint import long_bytes, read_long
from ledger.errors import LedgerError
from tests.support.vectors import load

longs = st.integers(-(2**63), 2**63 - 1)
counts = st.one_of(st.integers(0, 200), st.integers(0, 2**63 - 1))
identifiers = st.text("ABCXYZabcxyz019:._-", min_size=1, max_size=128)
texts = st.one_of(st.text("abc XYZ-1", max_size=70), st.text(max_size=10))
uuids = st.binary(min_size=16, max_size=16)
sources = st.builds(
    Source,
    st.uuids().map(str),
    st.sampled_from(["enforcement.acts.v1", "x" * 249]),
    st.integers(0, 2**31 - 1),
    counts,
    longs,
)
actors = st.lists(st.builds(Actor, identifiers, st.none() | texts, texts), max_size=6).map(tuple)
acts = st.builds(
    Act,
    uuids,
    texts,
    st.integers(-(2**31), 2**31 - 1),
    st.binary(min_size=8, max_size=8),
    identifiers,
    texts,
    identifiers,
    st.none() | longs,
    st.just("11430100FCT000022L"),
    st.none() | texts,
    st.sampled_from(["agy.example", "ledger.example/log/0", "a" * 64]),
    st.none() | longs,
    actors,
    longs,
    longs,
    st.none() | st.just("OFFLINE"),
    st.none() | uuids,
    st.none() | uuids,
    st.none() | identifiers,
    st.none() | texts,
    st.binary(max_size=200),
)
entries = st.builds(
    Entry,
    counts,
    identifiers,
    counts.filter(bool),
    st.binary(min_size=32, max_size=32),
    counts,
    counts,
    st.integers(0, 2**31 - 1),
    st.none() | sources,
    st.binary(max_size=600),
    st.binary(max_size=100),
)
changes = st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=3)


def changed(data: bytes, places: list[tuple[float, int]]) -> bytes:
    out = bytearray(data)
    for place, value in places:
        out[int(place * len(out))] = value
    return bytes(out)


def is_strict_act(data: bytes) -> bool:
    """Say whether the pattern takes the whole of ``data`` for an act."""
    found = act_pattern().match(data)
    if found is None:
        return False
    length, after = read_long(data, found.start(5))
    return after == found.end() and after + length == len(data)


@given(acts, changes)
@settings(max_examples=400)
def test_an_act_that_matches_decodes_to_what_matched(act: Act, places) -> None:
    """Whatever three bytes become, a match is an act, with the same stream, emitter, payload.

    Method: the emitter is looked at apart, since the pattern leaves it to the caller.
    """
    try:
        data = changed(encode_act(act), places)
    except LedgerError:
        return
    if not is_strict_act(data):
        return
    found = act_pattern().match(data)
    emitter = found[4][1:]
    known = b"agy.example"
    assert len(emitter) == found[4][0] >> 1
    clean = data[: found.start(4)] + long_bytes(len(known)) + known + data[found.end(4) :]
    key_text = found[3][1:]
    try:
        decoded = decode_act(clean)
    except LedgerError as error:
        # The caller compares the stream key with one that is an identifier.
        assert getattr(error, "pointer", None) in ("/streamKey", "/aggregateId", "/caseId") or (
            not key_text.isascii()
        )
        return
    assert decoded.stream_key.encode() == key_text
    assert (decoded.event_id, decoded.event_type.encode()) == (found[1], found[2][1:])
    assert len(decoded.payload) == len(data) - found.end()


@given(entries, changes)
@settings(max_examples=400)
def test_an_entry_prefix_that_matches_decodes_to_what_matched(entry: Entry, places) -> None:
    """The groups are the fields, and the submission and the act lie where the pattern says."""
    data = changed(encode_entry(entry), places)
    found = prefix_pattern().match(data)
    if found is None:
        return
    length, after = read_long(data, found.start(7))
    assert after == found.end()
    start = after + length
    try:
        act_length, at = read_long(data, start)
    except (LedgerError, IndexError):
        return
    if at + act_length != len(data) or act_length < 0:
        return
    decoded = decode_entry(data)
    numbers = [read_long(found[group], 0)[0] for group in (1, 3, 5, 6)]
    assert (
        numbers
        == [
            decoded.leaf_index,
            decoded.stream_version,
            decoded.received_at,
            decoded.control_size,
        ]
        or decoded.stream_version == 0
    )
    assert found[2][1:].decode() == decoded.stream_id
    assert found[4] == decoded.stream_link
    assert (decoded.submission, decoded.act) == (data[after:start], data[at:])


@pytest.mark.parametrize("log", ["control", "case"])
def test_vector_entries_and_acts_match(log: str) -> None:
    """What is usual is decided quickly; what is not ASCII or late goes to the decoders."""
    rows = load("entries")[log]["entries"]
    matched = 0
    for row in rows:
        assert prefix_pattern().match(bytes.fromhex(row["extra"]))
        matched += is_strict_act(bytes.fromhex(row["act"]))
    assert matched >= len(rows) - 2


@given(acts)
def test_usual_acts_match(act: Act) -> None:
    """ASCII, at most 63 signs, at most four actors, not late: then the pattern takes it."""
    strings = [act.event_type, act.aggregate_type, act.stream_key, act.aggregate_id, act.case_id]
    strings += [act.delegate_id, act.item_code, act.emitter_id]
    for actor in act.actors:
        strings += actor
    numbers = (act.expected_version, act.emitter_seq, act.occurred_at, act.recorded_at)
    is_usual = (
        all(s is None or (s.isascii() and 0 < len(s) < 64) for s in strings)
        and all(n is None or abs(n) < 2**61 for n in numbers)
        and abs(act.schema_version) < 2**26
        and len(act.actors) < 5
        and act.late_entry is None
    )
    if is_usual:
        assert is_strict_act(encode_act(act))


def test_lengths_are_what_their_bytes_say() -> None:
    assert LENGTHS[b"\x00"] == 0
    assert all(read_long(data, 0) == (length, len(data)) for data, length in LENGTHS.items())
