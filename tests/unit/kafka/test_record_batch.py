"""Record batches are packed and unpacked as kafka-python's own (independent) code does it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch

from consumers.record_batch import (
    CODEC_NONE,
    CODEC_ZSTD,
    BatchFrame,
    OutRecord,
    pack_batch,
    unpack_records,
    zigzag_varint,
)

STAMP_MS = 1_795_000_000_123
HEADER_BYTES = 61

blobs = st.one_of(
    st.binary(max_size=40), st.binary(min_size=63, max_size=66), st.just(b"v" * 9_000)
)
header_names = st.one_of(st.sampled_from(["lz-proof", "lz-seal", "ce_id"]), st.text(max_size=70))
records = st.builds(
    OutRecord,
    st.just("t"),
    blobs,
    blobs,
    st.lists(st.tuples(header_names, blobs), max_size=4),
)


def stock(batch):
    """Return what kafka-python reads, in our shape and with our headers only."""
    found = DefaultRecordBatch(batch)
    assert found.validate_crc()
    return [
        (r.offset, r.timestamp, r.key, r.value, [h for h in r.headers if h[0].startswith("lz-")])
        for r in found
    ]


def ours(batch, count, base=0):
    """Return what our unpacking reads from an uncompressed batch."""
    frame = BatchFrame("t", 3, base, STAMP_MS, None, count)
    return [tuple(r[2:]) for r in unpack_records(batch, HEADER_BYTES, frame)]


@settings(max_examples=60, deadline=None)
@given(st.lists(records, min_size=1, max_size=6))
def test_another_reader_reads_what_was_packed(batch):
    """Method: pack with ours, read with kafka-python and with ours, compare with the input."""
    expected = [
        (n, STAMP_MS, r.key, r.value, [h for h in r.headers if h[0].startswith("lz-")])
        for n, r in enumerate(batch)
    ]
    plain = pack_batch(batch, STAMP_MS, CODEC_NONE)
    assert stock(plain) == expected
    assert stock(pack_batch(batch, STAMP_MS, CODEC_ZSTD)) == expected
    assert ours(plain, len(batch)) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(records, min_size=1, max_size=3),
    st.integers(min_value=0),
    st.integers(min_value=1, max_value=255),
)
def test_damaged_records_are_refused_or_read_within_their_bounds(batch, place, flip):
    """Method: change one byte behind the header; no other error may come out than the one."""
    damaged = bytearray(pack_batch(batch, STAMP_MS, CODEC_NONE))
    damaged[HEADER_BYTES + place % (len(damaged) - HEADER_BYTES)] ^= flip
    try:
        found = ours(bytes(damaged), len(batch))
    except CorruptRecordError:
        return
    assert len(found) == len(batch)


@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_count_is_refused(count):
    """Records left over and records missing are both corruption."""
    batch = pack_batch([OutRecord("t", b"k", b"v", [])] * 2, STAMP_MS, CODEC_NONE)
    with pytest.raises(CorruptRecordError):
        ours(batch, count)


def test_null_keys_values_and_header_values_stay_null():
    """A tombstone from another producer reads as None, not as empty."""
    body = b"\x00\x00\x00" + zigzag_varint(-1) + zigzag_varint(-1)
    body += zigzag_varint(1) + zigzag_varint(4) + b"lz-x" + zigzag_varint(-1)
    data = zigzag_varint(len(body)) + body
    found = unpack_records(data, 0, BatchFrame("t", 0, 7, STAMP_MS, None, 1))
    assert found == [("t", 0, 7, STAMP_MS, None, None, [("lz-x", None)])]


def test_the_brokers_time_wins_where_the_topic_says_so():
    """With log append time every record of a batch has the batch's time."""
    batch = pack_batch([OutRecord("t", b"k", b"v", [])], STAMP_MS, CODEC_NONE)
    found = unpack_records(batch, HEADER_BYTES, BatchFrame("t", 0, 0, STAMP_MS, 99, 1))
    assert found[0].timestamp_ms == 99
