"""A thread that takes records from any thread and writes what has gathered, at once.

Read before: ``topic_writer``. Read next: ``receipts``.

While one request is under way, and for a pause after it, what arrives gathers and goes with the
next: a lone record leaves at once, a thousand a second share requests. Every batch costs this
process, the broker and each reader about as much as thirty more records in it would. Whoever needs
to know waits on the future, which tells the incarnation, partition and offset that the ledger's
answer will name.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Final, NamedTuple

from kafka import KafkaAdminClient

from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.topic_writer import TopicWriter
from ledger.clock import Clock, SystemClock
from ledger.errors import LedgerError, UnavailableError

WAITING_RECORDS_MAX: Final = 20_000
# At 200 acts a second two or three share a batch, at 1,000 a dozen; the appender, which takes at
# once what has come while it wrote a promise, would hardly have taken them earlier.
GATHER_S: Final = 0.01
_ROUND_RECORDS_MAX: Final = 2_000
_MICROS_PER_MILLI: Final = 1_000


class Landed(NamedTuple):
    """Where a record is: the ``source`` of the ledger's answer to it.

    Attributes:
        incarnation: Topic id as text.
        topic: Kafka topic.
        partition: Partition number.
        offset: Offset in it.
        timestamp_ms: Creation time, milliseconds since 1970-01-01 UTC.
    """

    incarnation: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int


_Waiting = tuple[OutRecord, "Future[Landed]"]


class RecordProducer:
    """Produces to any topic; thread-safe.

    Args:
        kafka: The brokers.
        clock: Tells the creation time of records.
        gather_s: How long what arrives gathers after each request.
    """

    def __init__(
        self, kafka: KafkaAddress, clock: Clock | None = None, *, gather_s: float = GATHER_S
    ) -> None:
        self._kafka = kafka
        self._gather_s = gather_s
        self._closing = threading.Event()
        self._clock = clock or SystemClock()
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(WAITING_RECORDS_MAX)
        self._admin: KafkaAdminClient | None = None
        self._writers: dict[str, TopicWriter] = {}
        self._thread = threading.Thread(target=self._run, name="record-producer", daemon=True)
        self._thread.start()

    def send(self, record: OutRecord) -> Future[Landed]:
        """Hand a record over; order within a topic is kept.

        Returns:
            Done when all in-sync replicas have the record; it may have landed, too, where
            the future fails with ``UnavailableError``.

        Raises:
            UnavailableError: ``WAITING_RECORDS_MAX`` records are waiting, or it is closed.
        """
        if not self._thread.is_alive():
            raise UnavailableError("Kafka: the producer is closed")
        future: Future[Landed] = Future()
        try:
            self._waiting.put_nowait((record, future))
        except queue.Full as error:
            raise UnavailableError("Kafka: too many records wait to be written") from error
        return future

    def close(self) -> None:
        """Write what waits, then end the thread and the connections."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            round_: list[_Waiting] = []
            item = self._waiting.get()
            while item is not None:
                round_.append(item)
                if len(round_) == _ROUND_RECORDS_MAX or self._waiting.empty():
                    break
                item = self._waiting.get()
            ending = item is None
            self._write(round_)
            if len(round_) < _ROUND_RECORDS_MAX:
                self._closing.wait(self._gather_s)
        if self._admin is not None:
            self._admin.close()

    def _write(self, round_: list[_Waiting]) -> None:
        by_topic: dict[str, list[_Waiting]] = {}
        for waiting in round_:
            by_topic.setdefault(waiting[0].topic, []).append(waiting)
        for topic, group in by_topic.items():
            try:
                landed = self._write_topic(topic, [record for record, _ in group])
            except LedgerError as error:
                # The next round connects anew; whoever waits decides about sending again.
                self._writers.pop(topic, None)
                for _, future in group:
                    future.set_exception(error)
            else:
                for (_, future), place in zip(group, landed, strict=True):
                    future.set_result(place)

    def _write_topic(self, topic: str, records: list[OutRecord]) -> list[Landed]:
        if self._admin is None:
            self._admin = open_admin(self._kafka)
        writer = self._writers.get(topic)
        # A connection that broke while nobody wrote costs a new one, not the next record.
        if writer is None or not writer.is_connected:
            writer = self._writers[topic] = TopicWriter(self._admin, topic)
        timestamp_ms = self._clock.now_micros() // _MICROS_PER_MILLI
        partitions = [writer.partition_of(record) for record in records]
        batches: dict[int, list[OutRecord]] = {}
        for partition, record in zip(partitions, records, strict=True):
            batches.setdefault(partition, []).append(record)
        offsets = {
            partition: iter(numbers)
            for partition, numbers in writer.write(batches, timestamp_ms).items()
        }
        return [
            Landed(writer.incarnation, topic, partition, next(offsets[partition]), timestamp_ms)
            for partition in partitions
        ]
