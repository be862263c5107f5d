"""What goes to the receipts and rejected topics."""

import json
from concurrent.futures import Future

from consumers.receipts import (
    AnswerSender,
    Deliveries,
    EmitterOutcomes,
    RejectedNotice,
    receipt_records,
    rejected_record,
)
from consumers.topics import RECEIPTS, REJECTED
from ledger.chain.entry import Source
from ledger.chain.outcomes import Outcome, Outcomes, decode_outcomes
from ledger.errors import UnavailableError

BATCH = bytes(range(16))
SOURCE = Source("0192fb00-0000-7000-8000-000000000000", "enforcement.acts.v1", 0, 5, 1_000)


def answer(count):
    """Return outcomes of ``count`` committed acts."""
    items = tuple(
        Outcome(
            n.to_bytes(16, "big"), SOURCE._replace(offset=n), "committed", n, b"extra", (bytes(32),)
        )
        for n in range(count)
    )
    return EmitterOutcomes("mee-hangzhou", Outcomes(BATCH, b"checkpoint", items))


def test_outcomes_are_cut_at_256_items_and_lose_none():
    """Every piece is a whole Outcomes of the same batch and checkpoint."""
    records = receipt_records(answer(513))
    pieces = [decode_outcomes(record.value) for record in records]
    assert [len(piece.items) for piece in pieces] == [256, 256, 1]
    assert [item for piece in pieces for item in piece.items] == list(answer(513).outcomes.items)
    assert {(p.batch, p.checkpoint) for p in pieces} == {(BATCH, b"checkpoint")}
    assert {(r.topic, r.key, r.partition) for r in records} == {(RECEIPTS, b"mee-hangzhou", None)}


def test_no_outcomes_are_no_record():
    """An empty answer is not sent."""
    assert receipt_records(answer(0)) == []


def test_a_notice_says_where_and_why_and_nothing_else():
    """Its members are fixed: a new one would have to be thought about here."""
    record = rejected_record(RejectedNotice(SOURCE, "sha256:00", "R1_MALFORMED", None))
    assert (record.topic, record.key) == (REJECTED, b"enforcement.acts.v1:0:5")
    assert json.loads(record.value) == {
        "source": {
            "incarnation": SOURCE.incarnation,
            "topic": SOURCE.topic,
            "partition": 0,
            "offset": 5,
            "timestamp": 1_000,
        },
        "raw_hash": "sha256:00",
        "code": "R1_MALFORMED",
        "pointer": None,
    }


class FailingProducer:
    """Takes the first record and fails it later; refuses the second."""

    def __init__(self):
        self.futures = []

    def send(self, record):
        """Answer with a future, then with an error."""
        if self.futures:
            raise UnavailableError("full")
        self.futures.append(Future())
        return self.futures[0]


def test_a_broker_that_is_away_costs_answers_and_nothing_else():
    """Method: one answer is lost at once, one later; the appender hears of neither."""
    producer = FailingProducer()
    sender = AnswerSender(producer)
    sender.deliver(Deliveries([answer(1), answer(1)], []))
    producer.futures[0].set_exception(UnavailableError("away"))
    assert sender.lost_total == 2
