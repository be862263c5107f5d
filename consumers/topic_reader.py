"""Reads partitions of one topic within one incarnation, and says when it is over.

Read before: ``kafka_client``, ``incarnation``. Read next: ``loop``.

The order matters: the topic id is read before the seek and again after every poll, so a batch
is handed on only if it was fetched wholly within the incarnation that its offsets are counted
in (a consumer whose broker restarted with more records than before would go on in the middle
without a word).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from kafka import TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from consumers.append.record import IncomingRecord
from consumers.incarnation import IncarnationChangedError, PartitionStoppedError, read_topic
from consumers.kafka_client import (
    FETCH_WAIT_MS,
    KafkaAddress,
    open_admin,
    open_consumer,
    translated_errors,
)
from ledger.errors import UnavailableError

# The embedded broker answers an offset beyond the end with nothing instead of an error. An
# end below the position passes by itself only after a change of leader (Apache Kafka).
_BEYOND_END_POLLS_MAX: Final = 25

# The embedded broker holds an empty fetch for the whole wait, even if a record comes meanwhile, so
# the wait is short; but 200 empty fetches a second cost 14 % of a core. After a second without
# records they become rare; the first record after a pause may then take this much longer.
IDLE_FETCH_WAIT_MS: Final = 150
_IDLE_AFTER_NANOS: Final = 1_000_000_000


class TopicReader:
    """One consumer of some partitions of one topic; not thread-safe.

    Attributes:
        incarnation: The topic's id when the reader was opened; everything it returns is
            from this incarnation.
        partition_count: Number of partitions of the topic.
        topic: Kafka topic.
    """

    def __init__(
        self, kafka: KafkaAddress, topic: str, *, fetch_wait_ms: int = FETCH_WAIT_MS
    ) -> None:
        """Connect and read the topic's id.

        Raises:
            UnavailableError: No broker answers, or the topic does not exist.
            PartitionStoppedError: The broker does not tell topic ids.
        """
        self.topic = topic
        with ExitStack() as opened:
            self._admin = open_admin(kafka)
            opened.callback(self._admin.close)
            state = read_topic(self._admin, topic)
            self._consumer = open_consumer(kafka, fetch_wait_ms=fetch_wait_ms)
            opened.pop_all()
        self.incarnation = state.incarnation
        self.partition_count = state.partitions
        self._partitions: Sequence[int] = ()
        self._polls_beyond_end = 0
        self._fetch_wait_ms = fetch_wait_ms
        self._news_at = time.monotonic_ns()

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
        """Close both connections."""
        self._consumer.close()
        self._admin.close()

    def assign(self, partitions: Sequence[int]) -> None:
        """Read these partitions from now on; each needs a seek before the next poll."""
        self._partitions = partitions
        self._consumer.assign([TopicPartition(self.topic, number) for number in partitions])

    def seek(self, partition: int, offset: int | None) -> None:
        """Read ``partition`` from ``offset``, or from its first offset where that is None.

        Raises:
            UnavailableError: No broker answers.
        """
        place = TopicPartition(self.topic, partition)
        with translated_errors("seek"):
            if offset is None:
                offset = self._consumer.beginning_offsets([place])[place]
            self._consumer.seek(place, offset)

    def end_offset(self, partition: int) -> int:
        """Return a lower bound of the offset of the next record to be written.

        On the embedded broker this is the first offset of the last batch plus one, on Apache
        Kafka the exact end; a reader that starts here may see a few old records again.

        Raises:
            UnavailableError: No broker answers.
        """
        place = TopicPartition(self.topic, partition)
        with translated_errors("read the end offset"):
            return int(self._consumer.end_offsets([place])[place])

    def position(self, partition: int) -> int:
        """Return the offset that the next poll begins at."""
        with translated_errors("read the position"):
            return int(self._consumer.position(TopicPartition(self.topic, partition)))

    def known_end(self, partition: int) -> int | None:
        """Return the end offset that the last fetch of ``partition`` told, or None."""
        end: int | None = self._consumer.highwater(TopicPartition(self.topic, partition))
        return end

    def lag(self, partition: int) -> int:
        """Return how many records of ``partition`` were there and not yet polled."""
        end = self.known_end(partition)
        return 0 if end is None else max(0, end - self.position(partition))

    def poll(self, timeout_ms: int) -> list[IncomingRecord]:
        """Return what has arrived, in offset order within a partition; may be empty.

        Args:
            timeout_ms: How long to wait where nothing has arrived.

        Raises:
            IncarnationChangedError: The topic's id is not the one this reader began with;
                nothing of this poll was handed on.
            PartitionStoppedError: An offset is out of range within the incarnation.
            UnavailableError: No broker answers.
        """
        try:
            fetched = self._consumer.poll(timeout_ms)
        except OffsetOutOfRangeError as error:
            self._check_incarnation()
            raise self._out_of_range() from error
        except KafkaError as error:
            raise UnavailableError(f"Kafka: poll: {type(error).__name__}") from error
        self._check_incarnation()
        self._check_range(is_idle=not fetched)
        self._pace_fetches(is_idle=not fetched)
        return [record for records in fetched.values() for record in records]

    def _pace_fetches(self, *, is_idle: bool) -> None:
        """Let an idle reader ask less often; the client reads its setting at every fetch."""
        now = time.monotonic_ns()
        if not is_idle:
            self._news_at = now
        is_resting = now - self._news_at > _IDLE_AFTER_NANOS
        wait_ms = max(self._fetch_wait_ms, IDLE_FETCH_WAIT_MS if is_resting else 0)
        self._consumer._fetcher.config["fetch_max_wait_ms"] = wait_ms  # noqa: SLF001

    def _check_range(self, *, is_idle: bool) -> None:
        beyond = is_idle and any(
            (end := self.known_end(partition)) is not None and end < self.position(partition)
            for partition in self._partitions
        )
        self._polls_beyond_end = self._polls_beyond_end + 1 if beyond else 0
        if self._polls_beyond_end > _BEYOND_END_POLLS_MAX:
            raise self._out_of_range()

    def _out_of_range(self) -> PartitionStoppedError:
        return PartitionStoppedError(
            f"an offset of {self.topic} is out of range within incarnation {self.incarnation}"
        )

    def _check_incarnation(self) -> None:
        found = read_topic(self._admin, self.topic).incarnation
        if found != self.incarnation:
            raise IncarnationChangedError(
                f"topic {self.topic} is now incarnation {found}, was {self.incarnation}"
            )
