"""An entry: what the ledger commits, and its exact bytes.

Entry = format byte ``01`` || Avro body of record ``Entry`` (schemas/Entry.avsc,
docs/spec/entry.md). The act comes last and as it was received, so that an entry = prefix + act and
whoever holds the act computes the leaf from the prefix. Written by hand, for speed: every append
packs one, every audit reads all.

Read before: ``ledger/chain/act.py``. Read next: ``ledger/chain/links.py``.
Trusts nothing: an entry is proven by the tree it is a leaf of, not by where it was read.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ledger.chain.ids import IDENTIFIER_PATTERN
from ledger.chain.varint import SHORT_LENGTHS, long_bytes, read_int, read_length, read_long
from ledger.errors import MalformedAvroError, MalformedRecordError
from ledger.limits import ENTRY_SIZE_BYTES_MAX

FORMAT_BYTE: Final = b"\x01"
LINK_SIZE_BYTES: Final = 32

_identifier = re.compile(IDENTIFIER_PATTERN.encode()).fullmatch
_incarnation = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_topic = re.compile(rb"[A-Za-z0-9._-]{1,249}").fullmatch


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

    Checked: strict Avro, and the shapes and lower bounds of all fields. Not checked: the act.

    Raises:
        MalformedRecordError: anything else.
    """
    entry, start = _read(data)
    return entry._replace(act=data[start:])


def split_entry(data: bytes) -> tuple[bytes, bytes]:
    """Return the prefix (a receipt's ``extra``) and the act of an entry.

    Raises:
        MalformedRecordError: as ``decode_entry``.
    """
    _, start = _read(data)
    return data[:start], data[start:]
