"""An entry: what the ledger commits, and its exact bytes.

Entry = format byte ``01`` || Avro body of record ``Entry`` (schemas/Entry.avsc,
docs/spec/entry.md). The act comes last and as it was received, so that an entry = prefix + act and
whoever holds the act computes the leaf from the prefix. Written by hand, for speed: every append
packs one, every audit reads all.

Read before: ``ledger/application.py``, ``ledger/chain/act.py``.
Read next: ``ledger/chain/links.py``.
Trusts nothing: an entry is proven by the tree it is a leaf of, not by where it was read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.chain.compiled import IS_COMPILED, acts
from ledger.chain.ids import IDENTIFIER_PATTERN
from ledger.chain.varint import SHORT_LENGTHS, long_bytes, read_int, read_length, read_long
from ledger.errors import MalformedAvroError, MalformedRecordError
from ledger.limits import ENTRY_SIZE_BYTES_MAX

FORMAT_BYTE: Final = b"\x01"
LINK_SIZE_BYTES: Final = 32

_new = tuple.__new__  # What a NamedTuple's own constructor does after 0.2 microseconds of ceremony.
TIME_SIZE_BYTES: Final = 8  # Of a time between 1978 and 3111; others are read the long way.

_IDENTIFIER = re.compile(IDENTIFIER_PATTERN.encode())
_INCARNATION = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOPIC = re.compile(rb"[A-Za-z0-9._-]{1,249}")


class Source(NamedTuple):
    """Where in Kafka the act came from.

    ``incarnation`` is the topic id, a lower-case UUID; ``timestamp`` the record's, in microseconds.
    """

    incarnation: str
    topic: str
    partition: int
    offset: int
    timestamp: int


class Entry(NamedTuple):
    """One entry of a log; field order is the order of its bytes.

    ``leaf_index`` from 0, ``stream_version`` from 1; ``stream_link`` is the link hash of the
    stream's entry before, 32 zero bytes for the first; ``received_at`` in microseconds UTC;
    ``control_size`` the size of the control log it was judged against; ``opened`` the openings
    that came with it; ``source`` None and ``submission`` empty where the ledger made the act.
    """

    leaf_index: int
    stream_id: str
    stream_version: int
    stream_link: bytes
    received_at: int
    control_size: int
    opened: int
    source: Source | None
    submission: bytes
    act: bytes


def entry_prefix(
    leaf_index: int,
    stream_id: str,
    stream_version: int,
    stream_link: bytes,
    received_at: int,
    control_size: int,
    opened: int,
    source: Source | None,
    submission: bytes,
    act_length: int,
) -> bytes:
    """Return the bytes of an entry before its act; the fields are those of ``Entry``.

    The caller has checked them: they come from the head of the log and from records judged before.
    """
    assert leaf_index >= 0
    assert stream_version >= 1
    assert len(stream_link) == LINK_SIZE_BYTES
    stream = stream_id.encode()
    return b"".join(
        (
            FORMAT_BYTE,
            long_bytes(leaf_index),
            long_bytes(len(stream)),
            stream,
            long_bytes(stream_version),
            stream_link,
            long_bytes(received_at),
            long_bytes(control_size),
            long_bytes(opened),
            b"\x00" if source is None else _source_bytes(source),
            long_bytes(len(submission)),
            submission,
            long_bytes(act_length),
        )
    )


def encode_entry(entry: Entry) -> bytes:
    """Return the bytes of ``entry``.

    Raises:
        MalformedRecordError: over ``ENTRY_SIZE_BYTES_MAX`` bytes.
    """
    data = entry_prefix(*entry[:9], len(entry.act)) + entry.act
    if len(data) > ENTRY_SIZE_BYTES_MAX:
        raise MalformedRecordError("entry too large")
    return data


def decode_entry(data: bytes) -> Entry:
    """Return the entry whose encoding is the whole of ``data``.

    Checked: strict Avro, and shape and lower bound of each field. Not checked: what the act is.

    Raises:
        MalformedRecordError: anything else.
    """
    entry, start, act_length = _read_all(data)
    if len(data) - start != act_length:
        raise MalformedRecordError("entry: act truncated, or bytes after it")
    return entry


def split_entry(data: bytes) -> tuple[bytes, bytes]:
    """Return the prefix (a receipt's ``extra``) and the act of an entry.

    Raises:
        MalformedRecordError: as ``decode_entry``.
    """
    _, start, act_length = _read_all(data)
    if len(data) - start != act_length:
        raise MalformedRecordError("entry: act truncated, or bytes after it")
    return data[:start], data[start:]


def decode_prefix(extra: bytes) -> tuple[Entry, int]:
    """Return the entry without its act (``act`` is empty), and the length its act must have.

    The prefix must end exactly where the act begins: otherwise bytes could be moved between the
    two under one leaf hash (docs/spec/receipt.md).

    Raises:
        MalformedRecordError: as ``decode_entry``.
    """
    entry, start, act_length = _read_all(extra)
    if start != len(extra):
        raise MalformedRecordError("entry: bytes after the act's length")
    return entry, act_length


def _read_all(data: bytes) -> tuple[Entry, int, int]:
    """Return the entry with what there is of its act, where that starts, and its length."""
    if len(data) > ENTRY_SIZE_BYTES_MAX:
        raise MalformedRecordError("entry too large")
    if data[:1] != FORMAT_BYTE:
        raise MalformedRecordError("entry: unknown format")
    if IS_COMPILED and (found := acts.read_entry(data, Entry, Source)) is not None:
        return found
    return _read_carefully(data)


def _read_carefully(data: bytes) -> tuple[Entry, int, int]:
    """Do what ``_read_all`` does; the twin of ``acts.read_entry``."""
    try:
        return _read(data)
    except MalformedAvroError as error:
        raise MalformedRecordError(f"entry: {error}") from error
    except IndexError:
        raise MalformedRecordError("entry: truncated") from None


def _read(data: bytes) -> tuple[Entry, int, int]:
    """Read the fields after the format byte; an index over the end is the caller's to catch.

    A field cut off at the end needs no check of its own: the next one then has no first byte.
    """
    leaf_index, p = read_long(data, 1)
    length, start = SHORT_LENGTHS[data[p]], p + 1
    if length < 0:
        length, start = read_length(data, p)
    p = start + length
    stream_id = _stream_id(data[start:p])
    byte = data[p]
    stream_version, p = (byte >> 1, p + 1) if not byte & 0x81 else read_long(data, p)
    link_end = p + LINK_SIZE_BYTES
    stream_link = data[p:link_end]
    received_at = _time(data[link_end : link_end + TIME_SIZE_BYTES])
    p = link_end + TIME_SIZE_BYTES
    if received_at < 0:
        received_at, p = read_long(data, link_end)
    control_size, p = read_long(data, p)
    byte = data[p]
    opened, p = (byte >> 1, p + 1) if not byte & 0x81 else read_int(data, p)
    source, p = (None, p + 1) if data[p] == 0 else _read_source(data, p)
    length, start = read_length(data, p)
    p = start + length
    submission = data[start:p]
    act_length, start = read_length(data, p)
    if leaf_index < 0 or stream_version < 1 or received_at < 0 or control_size < 0 or opened < 0:
        raise MalformedRecordError("entry: number out of bounds")
    entry = (
        leaf_index,
        stream_id,
        stream_version,
        stream_link,
        received_at,
        control_size,
        opened,
        source,
        submission,
        data[start:],
    )
    return _new(Entry, entry), start, act_length


def _read_source(data: bytes, position: int) -> tuple[Source, int]:
    if data[position] != 2:
        raise MalformedAvroError(position, "no such branch")
    length, start = SHORT_LENGTHS[data[position + 1]], position + 2
    p = start + length
    incarnation = _incarnation(data[start:p])
    length, start = SHORT_LENGTHS[data[p]], p + 1
    if length < 0:
        length, start = read_length(data, p)
    p = start + length
    topic = _topic(data[start:p])
    byte = data[p]
    partition, p = (byte >> 1, p + 1) if not byte & 0x81 else read_int(data, p)
    offset, p = read_long(data, p)
    after = p + TIME_SIZE_BYTES
    timestamp = _time(data[p:after])
    if timestamp < 0:
        timestamp, after = read_long(data, p)
    if partition < 0 or offset < 0:
        raise MalformedRecordError("entry: source out of bounds")
    return _new(Source, (incarnation, topic, partition, offset, timestamp)), after


# An audit meets the same streams, topics and times again and again: all that such a field costs is
# then one look-up of its bytes. The shapes are ASCII, so neither UTF-8 nor NFC is a question.


@lru_cache(maxsize=16_384)
def _stream_id(raw: bytes) -> str:
    return _shaped(raw, _IDENTIFIER)


@lru_cache(maxsize=64)
def _incarnation(raw: bytes) -> str:
    return _shaped(raw, _INCARNATION)


@lru_cache(maxsize=64)
def _topic(raw: bytes) -> str:
    return _shaped(raw, _TOPIC)


def _shaped(raw: bytes, pattern: re.Pattern[bytes]) -> str:
    if not pattern.fullmatch(raw):
        raise MalformedRecordError("entry: malformed identifier")
    return raw.decode("ascii")


@lru_cache(maxsize=4_096)
def _time(window: bytes) -> int:
    """Return the number that takes up the whole window, -1 if there is no such number."""
    try:
        number, after = read_long(window, 0)
    except MalformedAvroError:
        return -1
    return number if after == TIME_SIZE_BYTES else -1


def _source_bytes(source: Source) -> bytes:
    """Return the branch of a source that is there, and its fields."""
    incarnation = source.incarnation.encode()
    topic = source.topic.encode()
    return b"".join(
        (
            b"\x02",
            long_bytes(len(incarnation)),
            incarnation,
            long_bytes(len(topic)),
            topic,
            long_bytes(source.partition),
            long_bytes(source.offset),
            long_bytes(source.timestamp),
        )
    )
