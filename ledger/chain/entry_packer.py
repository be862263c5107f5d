"""Packs the entries of one transaction: ``entry_prefix`` for thousands in a row.

Most of a prefix is the same for all entries of a batch, or small: the time, the size of the control
log, the coordinates of the topic are encoded once, lengths come out of a table. A test holds
the bytes against ``entry_prefix``, which is the form to read.

Read before: ``ledger/chain/entry.py``. Read next: ``ledger/application.py``.
"""

from __future__ import annotations

from typing import Final

from ledger.chain.entry import FORMAT_BYTE, LINK_SIZE_BYTES, Source
from ledger.chain.varint import long_bytes

_TABLE: Final = tuple(long_bytes(number) for number in range(8_192))
_TABLE_END: Final = len(_TABLE)
_NO_SOURCE: Final = b"\x00"


class EntryPacker:
    """Encodes prefixes; remembers what the last ones had in common."""

    def __init__(self) -> None:
        self._times = (-1, -1)
        self._times_bytes = b""
        self._place: tuple[str, str, int] = ("", "", -1)
        self._place_bytes = b""
        self._timestamp = -1
        self._timestamp_bytes = b""

    def prefix(
        self,
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
        """Return what ``entry_prefix`` returns for the same arguments."""
        assert leaf_index >= 0
        assert stream_version >= 1
        assert len(stream_link) == LINK_SIZE_BYTES
        if self._times != (received_at, control_size):
            self._times = (received_at, control_size)
            self._times_bytes = long_bytes(received_at) + long_bytes(control_size)
        stream = stream_id.encode()
        return b"".join(
            (
                FORMAT_BYTE,
                _number(leaf_index),
                _TABLE[len(stream)],
                stream,
                _number(stream_version),
                stream_link,
                self._times_bytes,
                _TABLE[opened],
                _NO_SOURCE if source is None else self._source(source),
                _TABLE[len(submission)],
                submission,
                _number(act_length),
            )
        )

    def _source(self, source: Source) -> bytes:
        incarnation, topic, partition, offset, timestamp = source
        if self._place != (incarnation, topic, partition):
            self._place = (incarnation, topic, partition)
            texts = (incarnation.encode(), topic.encode())
            encoded = b"".join(long_bytes(len(text)) + text for text in texts)
            self._place_bytes = b"\x02" + encoded + long_bytes(partition)
        if self._timestamp != timestamp:
            self._timestamp = timestamp
            self._timestamp_bytes = long_bytes(timestamp)
        return self._place_bytes + _number(offset) + self._timestamp_bytes


def _number(number: int) -> bytes:
    """Return the encoding of a number that is not negative; below two millions without a loop."""
    if number < _TABLE_END:
        return _TABLE[number]
    if number < 0x10_0000:
        return bytes((number << 1 & 0x7F | 0x80, number >> 6 & 0x7F | 0x80, number >> 13))
    return long_bytes(number)
