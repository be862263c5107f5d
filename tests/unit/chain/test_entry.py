"""Entries: prefix, whole, and what is refused."""

import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import (
    Entry,
    Source,
    decode_entry,
    decode_prefix,
    encode_entry,
    entry_prefix,
    split_entry,
)
from ledger.chain.links import ZERO_LINK
from ledger.errors import MalformedRecordError
from tests.support.schema_files import codec
from tests.support.vectors import load

VECTORS = load("entries")
CASES = [(part, case) for part in ("control", "case", "guomi") for case in VECTORS[part]["entries"]]
IDS = [f"{part}-{case['leaf_index']}" for part, case in CASES]
SIMPLE = Entry(0, "case:1", 1, ZERO_LINK, 1793534400000000, 1, 0, None, b"", b"act")
SOURCE = Source("5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b", "enforcement.acts.v1", 0, 7, 0)


@pytest.mark.parametrize(("part", "case"), CASES, ids=IDS)
def test_prefix_and_entry_are_those_of_the_vectors(part, case):
    """From the fields to the bytes and back."""
    fields = case["fields"]
    act, extra = bytes.fromhex(case["act"]), bytes.fromhex(case["extra"])
    source = None if fields["source"] is None else Source(*fields["source"].values())
    entry = Entry(
        fields["leafIndex"],
        fields["streamId"],
        fields["streamVersion"],
        bytes.fromhex(fields["streamLink"]),
        fields["receivedAt"],
        fields["controlSize"],
        fields["opened"],
        source,
        fields["submission"].encode(),
        act,
    )
    assert extra == entry_prefix(*entry[:9], len(act))
    assert extra + act == encode_entry(entry)
    assert entry == decode_entry(extra + act)
    assert (extra, act) == split_entry(extra + act)
    assert (entry._replace(act=b""), len(act)) == decode_prefix(extra)
    assert entry.stream_id == decode_act(act).stream_key


def test_field_order_is_that_of_the_schema_file():
    """The codec is written by hand; the schema file says what it has to be."""
    names = [field.name for field in codec("Entry").shape.fields]
    snake = ["".join("_" + c.lower() if c.isupper() else c for c in name) for name in names]
    assert list(Entry._fields) == snake


@pytest.mark.parametrize("entry", [SIMPLE, SIMPLE._replace(source=SOURCE, submission=b"s" * 99)])
def test_the_schema_file_reads_what_we_write(entry):
    """The generated codec takes the hand-written bytes."""
    value = codec("Entry").decode(encode_entry(entry)[1:])
    flat = list(value.values())
    flat[7] = None if flat[7] is None else Source(*flat[7].values())
    assert entry == Entry(*flat)


@pytest.mark.parametrize(
    "change",
    [
        {"stream_id": ""},
        {"stream_id": "a b"},
        {"stream_id": "a" * 129},
        {"received_at": -1},
        {"control_size": -1},
        {"opened": -1},
        {"opened": 1 << 31},
        {"source": SOURCE._replace(incarnation="5F6C2E0A-93D1-4B7E-8A55-0C1D2E3F4A5B")},
        {"source": SOURCE._replace(topic="")},
        {"source": SOURCE._replace(topic="t" * 250)},
        {"source": SOURCE._replace(partition=-1)},
        {"source": SOURCE._replace(offset=-1)},
    ],
    ids=str,
)
def test_an_entry_with_a_field_out_of_bounds_is_refused(change):
    """Written in spite of it, it is not read."""
    with pytest.raises(MalformedRecordError):
        decode_entry(encode_entry(SIMPLE._replace(**change)))


def test_negative_positions_are_refused():
    """Leaf index -1 and stream version 0, which our own writer does not even write."""
    data = encode_entry(SIMPLE)
    version_at = data.index(b"case:1") + len("case:1")
    for position, byte in ((1, 1), (version_at, 0), (version_at, 1)):
        changed = bytearray(data)
        changed[position] = byte
        with pytest.raises(MalformedRecordError):
            decode_entry(bytes(changed))


@pytest.mark.parametrize("times", [0, 1, 1 << 20, (1 << 48) - 1, 1 << 48, (1 << 55), (1 << 63) - 1])
def test_times_of_any_length_are_read(times):
    """The usual eight bytes have a way of their own; the others must agree with it."""
    entry = SIMPLE._replace(received_at=times, source=SOURCE._replace(timestamp=times))
    assert entry == decode_entry(encode_entry(entry))


def test_every_shorter_entry_and_every_longer_one_is_refused():
    """Cut anywhere, or with a byte after it."""
    data = encode_entry(SIMPLE._replace(source=SOURCE, submission=b"s" * 70))
    for end in range(len(data)):
        with pytest.raises(MalformedRecordError):
            decode_entry(data[:end])
    for judge in (decode_entry, split_entry):
        with pytest.raises(MalformedRecordError):
            judge(data + b"x")


def test_a_prefix_ends_where_the_act_begins():
    """Neither a byte less nor a byte of the act more: the border must not move."""
    extra, act = split_entry(encode_entry(SIMPLE))
    for moved in (extra + act[:1], extra[:-1]):
        with pytest.raises(MalformedRecordError):
            decode_prefix(moved)


def test_other_formats_and_oversized_entries_are_refused():
    """The format byte is 01; the bound is that of a bundle's length."""
    data = encode_entry(SIMPLE)
    for wrong in (b"\x02" + data[1:], b"", data + bytes(65_536)):
        with pytest.raises(MalformedRecordError):
            decode_entry(wrong)
    with pytest.raises(MalformedRecordError):
        encode_entry(SIMPLE._replace(act=bytes(65_500)))
