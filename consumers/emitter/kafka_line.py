"""Sends acts by Kafka and hears of them on the receipts topic.

Read before: ``consumers.topic_writer``, ``consumers.topic_reader``, ``transport``. Read next:
``client``.

An answer is matched on the record's source, never on the event id alone: it is the answer to
what this line sent, not to what somebody else sent under the same id. What the ledger could not
prove to be ours (R1, R2) it answers to nobody; the notice on the rejected topic, matched on the
source too, is all that there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from kafka import KafkaAdminClient

from consumers.emitter.answers import Answer, answer_of
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.topic_tail import TopicTail
from consumers.emitter.transport import act_record
from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.topic_writer import TopicWriter
from consumers.topics import RECEIPTS, REJECTED
from ledger.chain.act import Act, decode_act
from ledger.chain.outcomes import REJECTED as REJECTED_OUTCOME
from ledger.chain.outcomes import decode_outcomes
from ledger.clock import Clock
from ledger.errors import UnavailableError

_MICROS_PER_MILLI: Final = 1_000
_MILLIS_PER_SECOND: Final = 1_000
_UNPROVEN: Final = ("R1_", "R2_")  # Codes of what has no proven emitter to answer to.


class _Place(NamedTuple):
    incarnation: str
    topic: str
    partition: int
    offset: int


class KafkaLine:
    """One emitter process's connections to Kafka; not thread-safe.

    Attributes:
        life: Counts up whenever what was sent and not answered may be lost: the connection
            broke, or a topic began a new life.
    """

    def __init__(
        self, kafka: KafkaAddress, topic_of: Callable[[str, str], str], clock: Clock
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            kafka: The brokers.
            topic_of: Tells the topic of an event type and stream key (``Topics.topic``).
            clock: Gives records their timestamps.
        """
        self.life = 0
        self._kafka = kafka
        self._topic_of = topic_of
        self._clock = clock
        self._sent: dict[_Place, int] = {}
        self._emitters: set[bytes] = set()
        self._admin: KafkaAdminClient | None = None
        self._writers: dict[str, TopicWriter] = {}
        self._receipts = TopicTail(kafka, RECEIPTS)
        self._notices = TopicTail(kafka, REJECTED)

    def send(self, items: Sequence[tuple[int, SubmissionItem]]) -> None:
        """Send acts in order; the numbers come back with the answers.

        Raises:
            UnavailableError: Kafka is away; some of them may have arrived.
            MalformedRecordError: An item holds no act.
        """
        acts = [decode_act(item.act) for _, item in items]
        records = [self._record(item, act) for (_, item), act in zip(items, acts, strict=True)]
        self._emitters.update(act.emitter_id.encode() for act in acts)
        try:
            self._listen()  # Before the first write, so that no answer is missed.
            for topic in dict.fromkeys(record.topic for record in records):
                numbered = [
                    (number, record)
                    for (number, _), record in zip(items, records, strict=True)
                    if record.topic == topic
                ]
                self._write(topic, numbered)
        except UnavailableError:
            self._lose()
            raise

    def receive(self, timeout_s: float) -> list[tuple[int, Answer]]:
        """Return the answers that came, with the numbers of what they answer.

        Raises:
            UnavailableError: Kafka is away.
        """
        try:
            self._listen()
            receipts = self._receipts.poll(int(timeout_s * _MILLIS_PER_SECOND))
            notices = () if receipts else self._notices.poll(0)
        except UnavailableError:
            self._lose()
            raise
        answers: list[tuple[int, Answer]] = []
        for record in receipts:
            if record.key in self._emitters and record.value is not None:
                answers += self._matched(record.value)
        for record in notices:
            if record.value is not None:
                answers += self._noticed(record.value)
        return answers

    def close(self) -> None:
        """Close all connections."""
        self._receipts.close()
        self._notices.close()
        admin, self._admin = self._admin, None
        self._writers = {}
        if admin is not None:
            admin.close()

    def _record(self, item: SubmissionItem, act: Act) -> OutRecord:
        return act_record(item, act, self._topic_of(act.event_type, act.stream_key))

    def _write(self, topic: str, numbered: Sequence[tuple[int, OutRecord]]) -> None:
        writer = self._writers.get(topic)
        if writer is None:
            assert self._admin is not None
            writer = self._writers[topic] = TopicWriter(self._admin, topic)
        batches: dict[int, list[OutRecord]] = {}
        numbers: dict[int, list[int]] = {}
        for number, record in numbered:
            partition = writer.partition_of(record)
            batches.setdefault(partition, []).append(record)
            numbers.setdefault(partition, []).append(number)
        written = writer.write(batches, self._clock.now_micros() // _MICROS_PER_MILLI)
        for partition, offsets in written.items():
            for number, offset in zip(numbers[partition], offsets, strict=True):
                self._sent[_Place(writer.incarnation, topic, partition, offset)] = number

    def _matched(self, value: bytes) -> list[tuple[int, Answer]]:
        outcomes = decode_outcomes(value)
        found: list[tuple[int, Answer]] = []
        for outcome in outcomes.items:
            source = outcome.source
            place = _Place(source.incarnation, source.topic, source.partition, source.offset)
            number = self._sent.pop(place, None)
            if number is not None:
                found.append((number, answer_of(outcome, outcomes.checkpoint)))
        return found

    def _noticed(self, value: bytes) -> list[tuple[int, Answer]]:
        """Return the answer in a notice of something that the receipts topic never tells."""
        notice = json.loads(value)
        source, code = notice["source"], notice["code"]
        if not code.startswith(_UNPROVEN):
            return []
        place = _Place(*(source[name] for name in _Place._fields))
        number = self._sent.pop(place, None)
        return [] if number is None else [(number, Answer(REJECTED_OUTCOME, code=code))]

    def _listen(self) -> None:
        self._receipts.open()
        self._notices.open()
        if self._admin is None:
            self._admin = open_admin(self._kafka)

    def _lose(self) -> None:
        self.life += 1
        self.close()
