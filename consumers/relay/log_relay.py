"""Relays one log: its promised entries, in leaf order, to its partition of a ledger topic.

Read before: ``tail``, ``consumers.topic_writer``. Read next: ``program``.

Idempotent by looking: whenever it connects, it reads the topic's last record and goes on after
it; a life of the topic that has no record yet begins with leaf 0. After any failed write it
connects anew, so a batch whose answer was lost is found and not written twice; while such a
batch is not in sync yet, so that no reader sees it, it waits. Nothing that no promise covers is
read. The topic is a copy: what is found in it is compared with the ledger.
"""

from __future__ import annotations

from typing import Final, Protocol

import structlog
from kafka import KafkaAdminClient

from consumers.incarnation import IncarnationChangedError, TopicState, check_partitions, read_topic
from consumers.kafka_client import KafkaAddress
from consumers.record_batch import OutRecord
from consumers.relay.tail import LEAF_INDEX_HEADER, ORIGIN_HEADER, read_tail
from consumers.topic_reader import TopicReader
from consumers.topic_writer import TopicWriter
from consumers.topics import LogTopics
from ledger.chain.varint import read_length, read_long
from ledger.clock import Clock
from ledger.errors import BehindPromiseError, UnavailableError, VerificationError

log = structlog.get_logger()

BATCH_ENTRIES_MAX: Final = 1_000
_MICROS_PER_MILLI: Final = 1_000


class CommittedEntries(Protocol):
    """Where the entries of one log come from: its recorder."""

    def read_entries(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` entries from ``start`` on."""
        ...


class LogRelay:
    """Relays one log; not thread-safe.

    Attributes:
        origin: The log.
        next_index: The entry that is written next; 0 before the first connection.
    """

    def __init__(
        self,
        kafka: KafkaAddress,
        admin: KafkaAdminClient,
        topics: LogTopics,
        partition_count: int,
        origin: str,
        entries: CommittedEntries,
        clock: Clock,
    ) -> None:
        self._kafka = kafka
        self._admin = admin
        self._topics = topics
        self._partition_count = partition_count
        self.origin = origin
        self._entries = entries
        self._clock = clock
        self._writer: TopicWriter | None = None
        self.next_index = 0

    def relay(self, promised_size: int) -> int:
        """Write the next batch; return how many entries were written.

        Args:
            promised_size: How many entries of the log its promise covers.

        Raises:
            UnavailableError: Kafka or PostgreSQL is away; call again.
            IncarnationChangedError: The topic began a new life; call again at once.
            VerificationError: The topic holds another entry than the ledger.
        """
        writer, self._writer = self._writer or self._connect(promised_size), None
        limit = min(BATCH_ENTRIES_MAX, promised_size - self.next_index)
        if limit > 0:
            found = read_topic(self._admin, self._topics.outgoing).incarnation
            if found != writer.incarnation:
                raise IncarnationChangedError(f"topic {self._topics.outgoing} is new")
            stored = self._entries.read_entries(self.next_index, limit)
            records = [self._record(index, entry) for index, entry in stored]
            timestamp_ms = self._clock.now_micros() // _MICROS_PER_MILLI
            writer.write({self._topics.partition: records}, timestamp_ms)
            self.next_index += len(records)
        # Only after a success: whatever is raised above leads to a new look at the tail.
        self._writer = writer
        return max(limit, 0)

    def _connect(self, promised_size: int) -> TopicWriter:
        topic, partition = self._topics.outgoing, self._topics.partition
        writer = TopicWriter(self._admin, topic)
        state = TopicState(writer.incarnation, writer.partition_count)
        check_partitions({topic: state}, {topic: self._partition_count})
        with TopicReader(self._kafka, topic) as reader:
            if reader.incarnation != writer.incarnation:
                raise IncarnationChangedError(f"topic {topic} is being recreated")
            tail = read_tail(reader, partition, self.origin)
        if writer.stored_end(partition) > (0 if tail is None else tail.end):
            # Written by us without an answer: written again it would be there twice later on.
            raise UnavailableError(f"Kafka: the end of {topic} is not in sync yet")
        if tail is None:
            self.next_index = 0
        else:
            self._check_tail(tail.leaf_index, tail.entry, promised_size)
            self.next_index = tail.leaf_index + 1
        log.info("relay_connected", origin=self.origin, leaf_index=self.next_index)
        return writer

    def _check_tail(self, leaf_index: int, entry: bytes, promised_size: int) -> None:
        if leaf_index >= promised_size:
            raise BehindPromiseError(
                f"{self._topics.outgoing} holds entry {leaf_index} of {self.origin}, "
                f"the database only {promised_size} promised ones"
            )
        if self._entries.read_entries(leaf_index, 1) != [(leaf_index, entry)]:
            raise VerificationError(
                f"{self._topics.outgoing} holds another entry {leaf_index} of {self.origin} "
                "than the ledger"
            )

    def _record(self, leaf_index: int, entry: bytes) -> OutRecord:
        headers = (
            (ORIGIN_HEADER, self.origin.encode()),
            (LEAF_INDEX_HEADER, b"%d" % leaf_index),
        )
        return OutRecord(
            self._topics.outgoing, stream_key(entry), entry, headers, self._topics.partition
        )


def stream_key(entry: bytes) -> bytes:
    """Return the stream id of an entry, as bytes, without reading the rest of it."""
    _, position = read_long(entry, 1)  # After the format byte: the leaf index.
    length, position = read_length(entry, position)
    return entry[position : position + length]
