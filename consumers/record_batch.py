"""Kafka record batches (message format v2): packing and unpacking, pure functions.

Read before: docs/spec/topics.md. Read next: ``kafka_transport`` (reading), ``record_producer``.

kafka-python spends most of its time a record in this format (62 % of consuming, and 22
microseconds a record of producing); the two functions here do the same work with fewer
steps, for format v2 only. Format: Apache Kafka protocol guide, "Record Batch"; a varint is
zigzag. Trusts the broker's framing no further than its CRC-32C: what does not add up raises
``CorruptRecordError`` of kafka-python, which the consumer reports as unavailable.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from crc32c import crc32c
from kafka.codec import zstd_encode
from kafka.errors import CorruptRecordError

from consumers.append.record import IncomingRecord
from ledger.chain.compiled import IS_COMPILED, append

CODEC_NONE: Final = 0
CODEC_ZSTD: Final = 4
MAGIC: Final = 2

_BEFORE_CRC = struct.Struct(">qiibI")  # Base offset, length, leader epoch, magic, CRC.
_AFTER_CRC = struct.Struct(">hiqqqhii")  # Attributes to the count of records.
_LENGTH_AFTER_ITS_FIELD: Final = 9  # Leader epoch, magic and CRC count into the length.
_LEADER_EPOCH_UNKNOWN: Final = -1
_NO_PRODUCER: Final = (-1, -1, -1)  # Id, epoch, first sequence: doubles are found by content.
_RECORD_ATTRIBUTES: Final = b"\x00"

# The ledger reads no other header (CloudEvents' are for other readers): stepping over them
# instead of copying them out halves the time of a record.
OWN_HEADERS: Final = b"lz-"


class OutRecord(NamedTuple):
    """A record to produce.

    Attributes:
        topic: Kafka topic.
        key: Record key, UTF-8 bytes; decides the partition where ``partition`` is None.
        value: Record value.
        headers: Name and value pairs in order.
        partition: Partition number, or None for the default (murmur2) partitioner.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None


def zigzag_varint(number: int) -> bytes:
    """Return ``number`` (a signed 64-bit integer) as a zigzag varint of 1 to 10 bytes."""
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


# Lengths and offset deltas up to this come from a table: twice as fast as computing them.
_SMALL: Final = tuple(zigzag_varint(number) for number in range(4_096))


def _varint(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else zigzag_varint(number)


def pack_batch(records: Sequence[OutRecord], timestamp_ms: int, codec: int) -> bytes:
    """Return the record batch of ``records``, in order, for one partition.

    Args:
        records: At least one record.
        timestamp_ms: Creation time of all of them, milliseconds since 1970-01-01 UTC.
        codec: ``CODEC_NONE`` or ``CODEC_ZSTD``.
    """
    assert records
    assert codec in (CODEC_NONE, CODEC_ZSTD)
    names: dict[str, bytes] = {}  # Header names as length and bytes; few, and always the same.
    parts: list[bytes] = []
    for delta, record in enumerate(records):
        key, value, headers = record.key, record.value, record.headers
        # Attributes, timestamp delta 0, offset delta, key, value, headers.
        fields = [
            _RECORD_ATTRIBUTES,
            b"\x00",
            _varint(delta),
            _varint(len(key)),
            key,
            _varint(len(value)),
            value,
            _varint(len(headers)),
        ]
        for name, content in headers:
            prefix = names.get(name)
            if prefix is None:
                encoded = name.encode()
                prefix = names[name] = _varint(len(encoded)) + encoded
            fields += (prefix, _varint(len(content)), content)
        body = b"".join(fields)
        parts += (_varint(len(body)), body)
    payload = b"".join(parts)
    if codec == CODEC_ZSTD:
        payload = zstd_encode(payload)
    count = len(records)
    tail = (
        _AFTER_CRC.pack(codec, count - 1, timestamp_ms, timestamp_ms, *_NO_PRODUCER, count)
        + payload
    )
    length = len(tail) + _LENGTH_AFTER_ITS_FIELD
    return _BEFORE_CRC.pack(0, length, _LEADER_EPOCH_UNKNOWN, MAGIC, crc32c(tail)) + tail


class BatchFrame(NamedTuple):
    """What unpacking needs of a batch's header.

    Attributes:
        topic: Kafka topic of the batch.
        partition: Partition number.
        base_offset: Offset of the first record.
        first_timestamp_ms: Added to each record's timestamp delta.
        append_timestamp_ms: The broker's time where the topic says so, else None.
        record_count: Number of records.
    """

    topic: str
    partition: int
    base_offset: int
    first_timestamp_ms: int
    append_timestamp_ms: int | None
    record_count: int


def unpack_records(data: bytes, position: int, frame: BatchFrame) -> list[IncomingRecord]:
    """Return the records of one uncompressed batch in order.

    Args:
        data: The bytes that hold the records, up to their end.
        position: Where the first record starts.
        frame: The batch's header.

    Raises:
        CorruptRecordError: The bytes are not ``frame.record_count`` records and nothing else.
    """
    if IS_COMPILED:
        quick = append.unpack_records(data, position, IncomingRecord, *frame)
        if quick is not None:
            return quick
    return _unpack_carefully(data, position, frame)


def _unpack_carefully(data: bytes, position: int, frame: BatchFrame) -> list[IncomingRecord]:
    """Do what ``unpack_records`` does; the twin of ``append.unpack_records``."""
    records: list[IncomingRecord] = []
    names: dict[bytes, str] = {}
    topic, partition, base, first, appended, count = frame
    limit = len(data)
    try:
        for _ in range(count):
            length, position = _number(data, position)
            end = position + length
            if end > limit:
                raise CorruptRecordError("a record ends beyond its batch")
            # One byte of attributes, none of them in use.
            delta_ms, position = _number(data, position + 1)
            delta, position = _number(data, position)
            key, position = _blob(data, position)
            value, position = _blob(data, position)
            headers, position = _own_headers(data, position, names)
            # Positions only grow, so a record that ends here never reached beyond its end.
            if position != end:
                raise CorruptRecordError("a record's length is not the sum of its parts")
            stamp = first + delta_ms if appended is None else appended
            records.append(
                IncomingRecord(topic, partition, base + delta, stamp, key, value, headers)
            )
    except (IndexError, UnicodeDecodeError) as error:
        raise CorruptRecordError("a record ends beyond its batch") from error
    if position != limit:
        raise CorruptRecordError("bytes left over after the last record of a batch")
    return records


def _own_headers(
    data: bytes, position: int, names: dict[bytes, str]
) -> tuple[list[tuple[str, bytes | None]], int]:
    """Return the headers whose name starts with ``OWN_HEADERS``, and step over the others."""
    count, position = _number(data, position)
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        raw = data[position]
        position += 1
        if raw > 0x7F:
            raw, position = _long(data, position, raw)
        end = position + (raw >> 1)
        if data.startswith(OWN_HEADERS, position, end):
            encoded = data[position:end]
            name = names.get(encoded) or names.setdefault(encoded, encoded.decode())
            content, position = _blob(data, end)
            headers.append((name, content))
        else:
            raw = data[end]
            position = end + 1
            if raw > 0x7F:
                raw, position = _long(data, position, raw)
            if not raw & 1:
                position += raw >> 1
    return headers, position


def _blob(data: bytes, position: int) -> tuple[bytes | None, int]:
    """Return length-prefixed bytes, or None where the length is negative."""
    raw = data[position]
    position += 1
    if raw > 0x7F:
        raw, position = _long(data, position, raw)
    if raw & 1:
        return None, position
    end = position + (raw >> 1)
    return data[position:end], end


def _number(data: bytes, position: int) -> tuple[int, int]:
    raw = data[position]
    position += 1
    if raw > 0x7F:
        raw, position = _long(data, position, raw)
    return (raw >> 1) ^ -(raw & 1), position


def _long(data: bytes, position: int, raw: int) -> tuple[int, int]:
    """Return the unsigned value of a varint whose first byte ``raw`` says that it goes on."""
    byte = data[position]
    if byte < 0x80:
        return raw & 0x7F | byte << 7, position + 1
    raw &= 0x7F
    shift = 7
    while True:
        byte = data[position]
        position += 1
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:
            return raw, position
        shift += 7
        if shift > 63:
            raise IndexError
