"""How far a ledger topic has been written in its present life.

Read before: ``consumers.topic_reader``. Read next: ``log_relay``.

The topic itself is the record of progress: its last record says which entry it is. A row in a
database would have to be believed about a topic that another process, or nobody, still has.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.append.record import IncomingRecord
from consumers.topic_reader import TopicReader
from ledger.errors import UnavailableError, VerificationError

LEAF_INDEX_HEADER: Final = "lz-leaf-index"
ORIGIN_HEADER: Final = "lz-origin"
_POLL_MS: Final = 200
_POLLS_MAX: Final = 50


class Tail(NamedTuple):
    """The last record of one partition of a ledger topic.

    Attributes:
        leaf_index: Which entry of the log it holds.
        entry: The entry's bytes.
        end: The offset after it.
    """

    leaf_index: int
    entry: bytes
    end: int


def read_tail(reader: TopicReader, partition: int, origin: str) -> Tail | None:
    """Return the last record of a partition, or None where it has none.

    Args:
        reader: Open on the ledger topic; its assignment is replaced.
        partition: Partition number.
        origin: The log that the partition must hold.

    Raises:
        UnavailableError: Kafka is away, or its end keeps moving: somebody else writes.
        VerificationError: The last record is not one of this log.
    """
    reader.assign([partition])
    end = reader.end_offset(partition)
    if end == 0:
        return None
    # The embedded broker tells the first offset of the last batch; reading on finds the end.
    reader.seek(partition, end - 1)
    last: IncomingRecord | None = None
    for _ in range(_POLLS_MAX):
        records = reader.poll(_POLL_MS)
        last = records[-1] if records else last
        known_end = reader.known_end(partition)
        if known_end is not None and reader.position(partition) >= known_end:
            return None if last is None else _tail(last, origin)
    raise UnavailableError("Kafka: the end of a ledger topic is not reached")


def _tail(record: IncomingRecord, origin: str) -> Tail:
    headers = dict(record.headers)
    index = headers.get(LEAF_INDEX_HEADER)
    if headers.get(ORIGIN_HEADER) != origin.encode() or not index or not index.isdigit():
        raise VerificationError(f"a record of {record.topic} is not one of {origin}")
    return Tail(int(index), record.value or b"", record.offset + 1)
