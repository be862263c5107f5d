"""The loop of one log's appender: from a Kafka partition to promised entries and answers.

Read before: ``schemas/PenaltyDecisionMade.v1.avsc``. Read next: ``consumers/append/origin.py``.
What is driven here, and holds the next seven files together, is ``consumers/append/appender.py``.

1. Read the topic's id; it names the tracking row of this incarnation.
2. Seek to the offset after that row's, or to the first one of an incarnation never seen.
3. Poll, and read the topic's id again: a batch is handed on only within its incarnation.
4. ``process`` judges, appends and commits entries and offset in one transaction. The promise is
   made beside it, in a thread of the appender; what ``process`` returns is promised by now, of
   this batch or of earlier ones, so it may leave and is sent to emitters.
5. An idle poll gives the appender a ``tick``: for heartbeats, and for what a promise that
   came meanwhile lets go.

At least once from Kafka, exactly once in the ledger: whatever ends between two steps, the next
start reads the tracking row. An outage of any part is retried a bounded number of times, from
step 1; everything else ends the process. Trusts nothing that comes out of Kafka.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from consumers.append.record import IncomingRecord
from consumers.incarnation import (
    IncarnationChangedError,
    TopicState,
    check_partitions,
    tracking_name,
)
from consumers.kafka_client import KafkaAddress
from consumers.receipts import AnswerSender, Deliveries
from consumers.retrying import Backoff, Readiness
from consumers.topic_reader import TopicReader
from consumers.topics import LogTopics
from ledger.errors import UnavailableError

log = structlog.get_logger()

POLL_TIMEOUT_MS: Final = 200
POLL_TIMEOUT_WAITING_MS: Final = 2  # While answers wait for a promise of some milliseconds.


class BatchAppender(Protocol):
    """What the loop drives: the appender of one log."""

    @property
    def has_waiting(self) -> bool:
        """Whether something committed waits for its promise, so that a tick is due soon."""
        ...

    @property
    def is_retrying(self) -> bool:
        """Whether the tile store is away, so that nothing can leave."""
        ...

    def last_offset(self, tracking: str) -> int | None:
        """Return the last offset committed under a tracking name, None if there is none."""
        ...

    def process(self, records: Sequence[IncomingRecord], incarnation: str) -> Deliveries:
        """Append a batch and its offset; return what may leave by now."""
        ...

    def tick(self) -> Deliveries:
        """Do what is due by time; return what may leave by now."""
        ...

    def drain(self) -> Deliveries:
        """Promise everything committed; return what may leave."""
        ...


class AppendLoop:
    """Runs one log's appender until told to stop."""

    def __init__(
        self,
        kafka: KafkaAddress,
        topics: LogTopics,
        partition_count: int,
        appender: BatchAppender,
        answers: AnswerSender,
        stopping: threading.Event,
        readiness: Readiness,
        why_retrying: Callable[[], str] = lambda: "",
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            kafka: The brokers.
            topics: The log's topics and partition.
            partition_count: Partitions that the incoming topic must have.
            appender: The log's appender.
            answers: Where deliveries go.
            stopping: Set from outside (SIGTERM) to end after the batch under way.
            readiness: Told whether acts are being appended now, and if not, why.
            why_retrying: Says why nothing can be promised, where that is known.
        """
        self._kafka = kafka
        self._topics = topics
        self._partition_count = partition_count
        self._appender = appender
        self._answers = answers
        self._stopping = stopping
        self._backoff = Backoff()
        self._readiness = readiness
        self._why_retrying = why_retrying
        self.lag_records = 0  # Records that waited in the partition after the last poll.

    def run(self) -> None:
        """Append until ``stopping`` is set.

        Raises:
            UnavailableError: An outage outlasted every retry.
            PartitionStoppedError: Kafka's state does not fit the ledger's.
            VerificationError: The ledger does not prove what it claims.
        """
        while not self._stopping.is_set():
            try:
                self._run_incarnation()
            except IncarnationChangedError:
                log.warning("incarnation_changed", kafka_topic=self._topics.incoming)
            except UnavailableError as error:
                self._readiness.set_waiting(str(error))
                pause_s = self._backoff.next_pause(error)
                log.warning("append_retried", reason=str(error), pause_s=round(pause_s, 3))
                self._stopping.wait(pause_s)
        self._answers.deliver(self._appender.drain())

    def _run_incarnation(self) -> None:
        topic, partition = self._topics.incoming, self._topics.partition
        with TopicReader(self._kafka, topic) as reader:
            state = TopicState(reader.incarnation, reader.partition_count)
            check_partitions({topic: state}, {topic: self._partition_count})
            reader.assign([partition])
            last = self._appender.last_offset(tracking_name(reader.incarnation, topic, partition))
            reader.seek(partition, None if last is None else last + 1)
            log.info("partition_assigned", kafka_topic=topic, partition=partition, offset=last)
            while not self._stopping.is_set():
                waiting = self._appender.has_waiting
                records = reader.poll(POLL_TIMEOUT_WAITING_MS if waiting else POLL_TIMEOUT_MS)
                self.lag_records = reader.lag(partition) + len(records)
                if records:
                    deliveries = self._appender.process(records, reader.incarnation)
                else:
                    deliveries = self._appender.tick()
                self._answers.deliver(deliveries)
                self.lag_records -= len(records)
                self._backoff.reset()
                if self._appender.is_retrying:
                    self._readiness.set_waiting(self._why_retrying() or "tile store away")
                else:
                    self._readiness.set_ready()
