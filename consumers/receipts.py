"""Answers on their way out: outcomes to emitters, and notices of what was rejected.

Read before: ``append.appender``, ``ledger.chain.outcomes``. Read next: ``relay``.

Nothing here runs before the promise: the appender returns deliveries only when the entries
they speak of are durable twice. Both topics may lose or repeat a record, so sending is not
waited for: an emitter without an answer sends its act again and gets the same receipt. The
rejected topic carries a salted hash and never a byte of what was refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Final, NamedTuple

import structlog

from consumers.record_batch import OutRecord
from consumers.record_producer import Landed, RecordProducer
from consumers.topics import RECEIPTS, REJECTED
from ledger.chain.entry import Source
from ledger.chain.outcomes import Outcomes, encode_outcomes
from ledger.errors import UnavailableError
from ledger.limits import OUTCOME_ITEMS_MAX

log = structlog.get_logger()

_JSON_CONTENT: Final = (("content-type", b"application/json"),)
_AVRO_CONTENT: Final = (("content-type", b"application/avro"),)


class EmitterOutcomes(NamedTuple):
    """The outcomes of one submission and commit.

    Attributes:
        emitter_id: Emitter whose proven submission they answer; the record's key.
        outcomes: Any number of items.
    """

    emitter_id: str
    outcomes: Outcomes


class RejectedNotice(NamedTuple):
    """What the world is told of a refused record.

    Attributes:
        source: Where the record is.
        raw_hash: ``sha256:`` and 64 hex digits over a salt and the record's value.
        code: Reason, as ``R1_MALFORMED``.
        pointer: RFC 6901 pointer of the field at fault, or None.
    """

    source: Source
    raw_hash: str
    code: str
    pointer: str | None


class Deliveries(NamedTuple):
    """What may leave, now that the promise covers it."""

    receipts: Sequence[EmitterOutcomes] = ()
    rejected: Sequence[RejectedNotice] = ()


def receipt_records(answer: EmitterOutcomes) -> list[OutRecord]:
    """Return the records of one answer: at most ``OUTCOME_ITEMS_MAX`` items in each."""
    records: list[OutRecord] = []
    items = iter(answer.outcomes.items)
    while piece := tuple(islice(items, OUTCOME_ITEMS_MAX)):
        value = encode_outcomes(answer.outcomes._replace(items=piece))
        records.append(OutRecord(RECEIPTS, answer.emitter_id.encode(), value, _AVRO_CONTENT))
    return records


def rejected_record(notice: RejectedNotice) -> OutRecord:
    """Return the record of one notice: a JSON object, keyed by where the record was."""
    source = notice.source
    value = json.dumps(
        {
            "source": source._asdict(),
            "raw_hash": notice.raw_hash,
            "code": notice.code,
            "pointer": notice.pointer,
        },
        separators=(",", ":"),
    )
    key = f"{source.topic}:{source.partition}:{source.offset}".encode()
    return OutRecord(REJECTED, key, value.encode(), _JSON_CONTENT)


class AnswerSender:
    """Sends deliveries; a broker that is away costs answers, never entries.

    Attributes:
        lost_total: Records that were given up, for the metrics.
    """

    def __init__(self, producer: RecordProducer) -> None:
        self._producer = producer
        self.lost_total = 0

    def deliver(self, deliveries: Deliveries) -> None:
        """Hand deliveries to the producer; returns at once and never raises for Kafka."""
        for answer in deliveries.receipts:
            for record in receipt_records(answer):
                self._send(record)
        for notice in deliveries.rejected:
            self._send(rejected_record(notice))

    def _send(self, record: OutRecord) -> None:
        try:
            self._producer.send(record).add_done_callback(self._done)
        except UnavailableError:
            self._lose()

    def _done(self, future: Future[Landed]) -> None:
        if future.exception() is not None:
            self._lose()

    def _lose(self) -> None:
        self.lost_total += 1
        log.warning("answer_lost")

    def close(self) -> None:
        """Send what waits, then close the producer."""
        self._producer.close()
