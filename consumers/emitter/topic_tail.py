"""Follows all partitions of a topic from now on, across broken connections and new lives.

Read before: ``consumers.topic_reader``. Read next: ``kafka_line``.
"""

from __future__ import annotations

from consumers.append.record import IncomingRecord
from consumers.kafka_client import KafkaAddress
from consumers.topic_reader import TopicReader


class TopicTail:
    """What is written to a topic after the first ``open``; not thread-safe."""

    def __init__(self, kafka: KafkaAddress, topic: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self._reader: TopicReader | None = None
        self._incarnation = ""
        self._positions: dict[int, int] = {}

    def open(self) -> None:
        """Connect where it is not connected.

        The first time it begins at the end of each partition: what was written before was not
        asked for. After that it goes on where it was, or at the first offset of a new life.

        Raises:
            UnavailableError: Kafka is away.
        """
        if self._reader is not None:
            return
        reader = TopicReader(self._kafka, self._topic)
        self._reader = reader
        partitions = range(reader.partition_count)
        reader.assign(partitions)
        if not self._incarnation:
            self._positions = {number: reader.end_offset(number) for number in partitions}
        elif reader.incarnation != self._incarnation:
            self._positions = {}
        for number in partitions:
            reader.seek(number, self._positions.get(number))
        self._incarnation = reader.incarnation

    def poll(self, timeout_ms: int) -> list[IncomingRecord]:
        """Return what came.

        Raises:
            UnavailableError: Kafka is away, or the topic began a new life: close, open again.
        """
        assert self._reader is not None
        records = self._reader.poll(timeout_ms)
        for record in records:
            self._positions[record.partition] = record.offset + 1
        return records

    def close(self) -> None:
        """Close the connection; ``open`` goes on from here."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
