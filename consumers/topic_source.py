"""Promised entries out of the ledger topics of Kafka: the source for who has no database.

Read before: ``entry_source``, ``consumers/relay``. Read next: ``project``.

The relay publishes in leaf order and begins again at leaf 0 when a topic lost its memory, so a
leaf index met again is skipped, other bytes under it are tampering, and a gap stops the reader.
Nothing is in these topics before its promise. Since repeats only ever add records, leaf ``n``
is never before offset ``n``, which is where reading begins.
Trusts relay and broker for what the entries are: nothing here is held against the promise, as
``entry_source`` does it. No role of this program reads its views from here: it is the reader that
docs/spec/topics.md describes, and by it tests show that a view made from Kafka alone has the
digest of the one made from the event store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final, Self

from consumers.append.record import IncomingRecord
from consumers.kafka_client import KafkaAddress
from consumers.relay.tail import LEAF_INDEX_HEADER
from consumers.topic_reader import TopicReader
from consumers.topics import LEDGER, LEDGER_CONTROL
from ledger.chain.entry import decode_entry
from ledger.domain.projection import CONTROL_LOG, EntryRange, StoredEntry, act_type
from ledger.errors import ChainBrokenError, IncompleteError, UnavailableError

POLL_TIMEOUT_MS: Final = 200
# Of one log: with so many waiting in memory, 65 kB each at most, its topic is not polled.
BUFFERED_ENTRIES_MAX: Final = 50_000


class TopicEntrySource:
    """Satisfies ``EntrySource`` for one reader that goes forward only.

    Args:
        kafka: The brokers.
        starts: First leaf index wanted of each log; logs not named begin at 0.
    """

    def __init__(self, kafka: KafkaAddress, starts: Mapping[str, int]) -> None:
        self._kafka = kafka
        self._starts = dict(starts)  # First leaf index in each buffer.
        self._buffers: dict[str, list[bytes]] = {}
        self._readers: list[TopicReader] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next call of ``sizes`` opens them again."""
        while self._readers:
            self._readers.pop().close()

    def sizes(self) -> Mapping[str, int]:
        """Poll once, and return how far each log has been read.

        A topic is left alone while one of its logs has ``BUFFERED_ENTRIES_MAX`` entries waiting.

        Raises:
            UnavailableError: No broker answers, or a topic began a new life: call again.
            IncompleteError: The topic has a gap.
            ChainBrokenError: One leaf index has two entries.
        """
        try:
            for reader in self._readers or self._open():
                if self._is_full(reader):
                    continue
                for record in reader.poll(POLL_TIMEOUT_MS):
                    self._take(_log_of(reader.topic, record.partition), record)
        except UnavailableError:
            self.close()
            raise
        return {log: self._next(log) for log in self._buffers}

    def read(
        self, log: str, start: int, limit: int, event_types: Collection[str] | None
    ) -> EntryRange:
        """Return the entries from ``start`` on, of the given types or of all, and forget older."""
        first = self._starts.get(log, 0)
        if start < first:
            raise IncompleteError(f"log {log} is read forward only, from {first}")
        buffer = self._buffers.setdefault(log, [])
        del buffer[: start - first]
        self._starts[log] = start
        found = [StoredEntry(start + i, data) for i, data in enumerate(buffer[:limit])]
        end = start + len(found)
        if event_types is not None:
            found = [entry for entry in found if _event_type(entry.data) in event_types]
        return EntryRange(found, end)

    def _open(self) -> list[TopicReader]:
        """Open both topics, each partition where its log goes on."""
        for topic in (LEDGER_CONTROL, LEDGER):
            reader = TopicReader(self._kafka, topic)
            self._readers.append(reader)
            partitions = range(reader.partition_count)
            reader.assign(partitions)
            for partition in partitions:
                log = _log_of(topic, partition)
                self._buffers.setdefault(log, [])
                # A topic in a new life may be shorter than what was read of the old one.
                reader.seek(partition, min(self._next(log), reader.end_offset(partition)))
        return self._readers

    def _is_full(self, reader: TopicReader) -> bool:
        logs = (_log_of(reader.topic, number) for number in range(reader.partition_count))
        return any(len(self._buffers[log]) >= BUFFERED_ENTRIES_MAX for log in logs)

    def _take(self, log: str, record: IncomingRecord) -> None:
        """Put a record into its log's buffer, if it is the next one."""
        leaf_index, data = _leaf_index(record), record.value
        assert data is not None
        expected = self._next(log)
        if leaf_index > expected:
            raise IncompleteError(f"log {log} goes on at {leaf_index}, expected {expected}")
        if leaf_index < expected:
            self._check_repeat(log, leaf_index, data)
        else:
            self._buffers[log].append(data)

    def _check_repeat(self, log: str, leaf_index: int, data: bytes) -> None:
        position = leaf_index - self._starts.get(log, 0)
        if position >= 0 and self._buffers[log][position] != data:
            raise ChainBrokenError(
                leaf_index, expected=self._buffers[log][position][:32], found=data[:32]
            )

    def _next(self, log: str) -> int:
        return self._starts.get(log, 0) + len(self._buffers[log])


def _log_of(topic: str, partition: int) -> str:
    return CONTROL_LOG if topic == LEDGER_CONTROL else str(partition)


def _leaf_index(record: IncomingRecord) -> int:
    """Return the leaf index in a record's headers."""
    value = dict(record.headers).get(LEAF_INDEX_HEADER)
    if value is None:
        raise IncompleteError(f"a record without {LEAF_INDEX_HEADER} at offset {record.offset}")
    return int(value)


def _event_type(data: bytes) -> str:
    return act_type(decode_entry(data).act)[0]
