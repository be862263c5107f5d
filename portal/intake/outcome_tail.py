"""The thread that reads receipts and refusals from Kafka and hands them to the board.

Read before: ``portal/intake/outcome_board.py``. Read next: ``portal/intake/route.py``.

It starts at the end of both topics, because only outcomes of requests under way matter, and
sleeps while nobody waits. A broker that restarted has another topic id: the position then says
nothing any more, so the thread looks at the ids once a second while somebody waits and starts
again at the first offset of the new life. What is missed in between costs a 503 and one repeat.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Final

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from consumers.incarnation import TopicState, read_topics
from consumers.kafka_client import KafkaAddress, open_admin, open_consumer
from consumers.topics import RECEIPTS, REJECTED
from ledger.chain.outcomes import decode_outcomes
from ledger.errors import LedgerError, MalformedError, UnavailableError
from portal.intake.outcome_board import Answer, Landing, OutcomeBoard

log = structlog.get_logger()

POLL_TIMEOUT_MS: Final = 50
IDLE_POLL_TIMEOUT_MS: Final = 10
IDLE_WAIT_S: Final = 0.25  # While nobody waits; the first waiter ends it at once.
IDS_EVERY_S: Final = 1.0
RETRY_WAIT_S: Final = 0.5
TAIL_TOPICS: Final = (RECEIPTS, REJECTED)


class OutcomeTail:
    """Reads outcomes until closed; ``is_ready`` says whether it reads now.

    Args:
        kafka: The brokers.
        board: Gets what is read.
        monotonic_s: Tells when to look at the topics' ids.
        fetch_wait_ms: How long a broker may hold an empty fetch.
    """

    def __init__(
        self,
        kafka: KafkaAddress,
        board: OutcomeBoard,
        monotonic_s: Callable[[], float],
        *,
        fetch_wait_ms: int,
    ) -> None:
        self._kafka = kafka
        self._fetch_wait_ms = fetch_wait_ms
        self._board = board
        self._monotonic_s = monotonic_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outcome-tail", daemon=True)
        self._topics: Mapping[str, TopicState] | None = None
        self._positions: dict[TopicPartition, int] = {}
        self.is_ready = False

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading; waits for the poll under way."""
        self._stopping.set()
        self._board.wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read_one_life()
            except OffsetOutOfRangeError:
                self._topics = None  # Retention has passed us by: go on at the end.
            except (LedgerError, KafkaError) as error:
                log.warning("outcome_tail_interrupted", error=type(error).__name__)
                self._stopping.wait(RETRY_WAIT_S)
            finally:
                self.is_ready = False

    def _read_one_life(self) -> None:
        """Read until the topics begin a new life; raises what ends a connection."""
        with ExitStack() as opened:
            admin = open_admin(self._kafka)
            opened.callback(admin.close)
            consumer = open_consumer(self._kafka, fetch_wait_ms=self._fetch_wait_ms)
            opened.callback(consumer.close)
            # The ids are read before the seek: a life that begins in between is seen below.
            topics = read_topics(admin, TAIL_TOPICS)
            self._take_position(consumer, topics)
            self.is_ready = True
            looked_at_s = self._monotonic_s()
            while not self._stopping.is_set():
                is_wanted = self._board.wanted.wait(IDLE_WAIT_S)
                self._poll(consumer, POLL_TIMEOUT_MS if is_wanted else IDLE_POLL_TIMEOUT_MS)
                if self._monotonic_s() - looked_at_s > IDS_EVERY_S:
                    looked_at_s = self._monotonic_s()
                    if read_topics(admin, TAIL_TOPICS) != topics:
                        return

    def _take_position(self, consumer: KafkaConsumer, topics: Mapping[str, TopicState]) -> None:
        if len(topics) < len(TAIL_TOPICS):
            raise UnavailableError("the topics of outcomes are not there yet")
        partitions = [
            TopicPartition(name, number)
            for name, state in topics.items()
            for number in range(state.partitions)
        ]
        consumer.assign(partitions)
        if self._topics is None:
            consumer.seek_to_end(*partitions)
        elif topics != self._topics:
            consumer.seek_to_beginning(*partitions)
        else:
            for partition, offset in self._positions.items():
                consumer.seek(partition, offset)
        self._topics = topics
        self._positions = {partition: consumer.position(partition) for partition in partitions}

    def _poll(self, consumer: KafkaConsumer, timeout_ms: int) -> None:
        for partition, records in consumer.poll(timeout_ms=timeout_ms).items():
            self._positions[partition] = records[-1].offset + 1
            read = self._receipts if partition.topic == RECEIPTS else _refusals
            answers = [answer for record in records for answer in read(record)]
            if answers:
                self._board.deliver(answers)

    def _receipts(self, record: Any) -> Iterable[tuple[Landing, Answer]]:
        """Return the outcomes in a record of the receipts topic, if anybody waits for them."""
        if not self._board.is_expected((record.key or b"").decode("ascii", "replace")):
            return []
        try:
            outcomes = decode_outcomes(record.value or b"")
        except MalformedError:
            log.warning("outcome_unreadable", kafka_topic=record.topic, offset=record.offset)
            return []
        return [
            (Landing(*item.source[:4]), Answer(item, outcomes.checkpoint))
            for item in outcomes.items
        ]


def _refusals(record: Any) -> Iterable[tuple[Landing, Answer]]:
    """Return the refusal in a record of the rejected topic."""
    try:
        notice = json.loads(record.value)
        source = notice["source"]
        landing = Landing(
            source["incarnation"], source["topic"], source["partition"], source["offset"]
        )
        return [(landing, Answer(None, b"", notice["code"], notice["pointer"]))]
    except (ValueError, KeyError, TypeError):
        log.warning("refusal_unreadable", kafka_topic=record.topic, offset=record.offset)
        return []
