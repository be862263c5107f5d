"""The intake's route on a real broker: what comes back for what the ledger says, or does not.

The appender's part is played by the test, so that every answer, lost answer and foreign answer can
be had; tests/e2e/test_bad_input.py has the same route before a whole ledger.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from consumers.append.record import IncomingRecord
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE, Topics, container
from consumers.receipts import EmitterOutcomes, RejectedNotice, receipt_records, rejected_record
from consumers.record_producer import RecordProducer
from consumers.topic_reader import TopicReader
from consumers.topics import ACTS
from ledger.chain.act import decode_act
from ledger.chain.entry import Source
from ledger.chain.ids import uuid_text
from ledger.chain.outcomes import Outcome, Outcomes, Problem
from ledger.clock import system_random
from ledger.errors import UnavailableError
from portal.api.edge import Edge
from portal.intake.delivery import Delivery
from portal.intake.outcome_board import OutcomeBoard
from portal.intake.outcome_tail import OutcomeTail
from portal.intake.route import IntakeRoute
from portal.stack.broker import EmbeddedBroker
from schemas.catalogue import load_catalogue
from tests.support.apart import run_apart
from tests.support.kafka import BrokerUnderTest
from tests.support.running import wait_for
from tests.support.vectors import VECTORS, load

pytestmark = pytest.mark.kafka

BATCH = load("submissions")["batches"][2]
NOTE = (VECTORS / "log" / "checkpoint").read_bytes()
ACT_VALUES = [bytes.fromhex(act) for act in BATCH["acts"]]
TIMEOUT_S = 3.0


class Stage:
    """The route, its tail, and a reader of the acts topic."""

    def __init__(self, broker: BrokerUnderTest) -> None:
        self.broker = broker
        self._opened = ExitStack()
        self.producer = RecordProducer(broker.address)
        self._opened.callback(self.producer.close)
        self.board = OutcomeBoard()
        self.tail = OutcomeTail(
            broker.address, self.board, time.monotonic, fetch_wait_ms=EmbeddedBroker.fetch_wait_ms
        )
        self.tail.start()
        self._opened.callback(self.tail.close)
        topics = Topics(load_catalogue())
        delivery = Delivery(self.producer, self.board, lambda: self.tail.is_ready, TIMEOUT_S)
        route = IntakeRoute(delivery, lambda: topics)
        self.app = Edge(route, intake=route, random=system_random)
        wait_for(lambda: self.tail.is_ready, 60, "the tail")

    def close(self) -> None:
        self._opened.close()

    def post(
        self, acts: list[bytes], answer: Callable[[Stage], None] | None = None
    ) -> httpx.Response:
        """Post acts; ``answer`` plays the appender in a thread meanwhile."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                items = [SubmissionItem("case:1", act, b"proof") for act in acts]
                request: Awaitable[httpx.Response] = client.post(
                    "/v1/acts", content=container(items), headers={"content-type": CONTAINER_TYPE}
                )
                if answer is None:
                    return await request
                response, _ = await asyncio.gather(request, asyncio.to_thread(answer, self))
                return response

        return run_apart(ask())

    def produced(self, count: int) -> tuple[str, list[IncomingRecord]]:
        """Return the topic's life and the first ``count`` records of the acts topic."""
        with TopicReader(self.broker.address, ACTS) as reader:
            reader.assign([0])
            reader.seek(0, None)
            records: list[IncomingRecord] = []
            wait_for(lambda: records.extend(reader.poll(200)) or len(records) >= count, 60, "acts")
            return reader.incarnation, records

    def landed(self, within_s: float) -> tuple[str, list[IncomingRecord]]:
        """Return the topic's life and what is in the acts topic after at most this time."""
        with TopicReader(self.broker.address, ACTS) as reader:
            reader.assign([0])
            reader.seek(0, None)
            end = time.monotonic() + within_s
            while not (records := reader.poll(200)) and time.monotonic() < end:
                pass
            return reader.incarnation, records

    def tell(self, outcomes: list[Outcome], emitter_id: str) -> None:
        """Write outcomes to the receipts topic, as the appender would."""
        answer = EmitterOutcomes(emitter_id, Outcomes(bytes(16), NOTE, tuple(outcomes)))
        for record in receipt_records(answer):
            self.producer.send(record).result(10)

    def reject(self, source: Source, code: str, pointer: str | None = None) -> None:
        """Write a notice of a refusal of unproven origin."""
        notice = RejectedNotice(source, "sha256:" + "0" * 64, code, pointer)
        self.producer.send(rejected_record(notice)).result(10)


def staged(broker: BrokerUnderTest) -> Iterator[Stage]:
    broker.create_topics()
    made = Stage(broker)
    yield made
    made.close()


@pytest.fixture
def stage(kafka_broker: BrokerUnderTest) -> Iterator[Stage]:
    yield from staged(kafka_broker)


@pytest.fixture
def fragile_stage(embedded_broker: BrokerUnderTest) -> Iterator[Stage]:
    """A stage whose broker may be stopped."""
    yield from staged(embedded_broker)


def source_of(incarnation: str, record: IncomingRecord) -> Source:
    return Source(
        incarnation, record.topic, record.partition, record.offset, record.timestamp_ms * 1_000
    )


def outcome_of(
    incarnation: str, record: IncomingRecord, kind: str, problem: Problem | None = None
) -> Outcome:
    """Return an outcome of one record; accepted ones with a prefix and an empty path."""
    event_id = decode_act(record.value or b"").event_id
    source = source_of(incarnation, record)
    if problem is not None:
        return Outcome(event_id, source, kind, problem=problem)
    return Outcome(event_id, source, kind, record.offset, b"extra", ())


def answering(kind: str, problem: Problem | None = None) -> Callable[[Stage], None]:
    """Return an appender that says the same of every act."""

    def answer(stage: Stage) -> None:
        incarnation, records = stage.produced(1)
        outcomes = [outcome_of(incarnation, record, kind, problem) for record in records]
        stage.tell(outcomes, decode_act(records[0].value or b"").emitter_id)

    return answer


@pytest.mark.parametrize(("kind", "status"), [("committed", 201), ("duplicate", 200)])
def test_an_act_in_the_ledger_is_answered_with_its_receipt(
    stage: Stage, kind: str, status: int
) -> None:
    response = stage.post(ACT_VALUES[:1], answering(kind))

    document = response.json()
    assert response.status_code == status
    assert document["outcome"] == kind
    assert document["event_id"] == uuid_text(decode_act(ACT_VALUES[0]).event_id)
    assert document["origin"] == NOTE.decode().split("\n")[0]
    assert document["receipt"].endswith(NOTE.decode())
    assert response.headers["location"] == f"/v1/receipts/{document['event_id']}"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("R1_MALFORMED", 400),
        ("R3_NOT_REGISTERED", 403),
        ("R4_EVENT_ID_REUSED", 409),
        ("R5_VERSION", 409),
        ("R7_FUTURE", 422),
        ("R9_OPENING", 422),
        ("R12_SAME_PERSON", 422),
        ("GATE_REFUSED", 409),
    ],
)
def test_a_refusal_has_the_status_of_its_code(stage: Stage, code: str, status: int) -> None:
    """The table of the intake, for outcomes of proven origin."""
    problem = Problem(code, "/occurredAt", ("V-DIS-03",), 7)

    response = stage.post(ACT_VALUES[:1], answering("rejected", problem))

    document = response.json()
    assert (response.status_code, document["code"]) == (status, code)
    assert document["pointer"] == "/occurredAt"
    assert document["failed"] == ["V-DIS-03"]
    assert document["stream_version"] == "7"


def test_a_refusal_of_unproven_origin_comes_by_its_place(stage: Stage) -> None:
    """Nobody may answer for an event id here: only where the record lies counts."""

    def answer(stage: Stage) -> None:
        incarnation, records = stage.produced(1)
        stage.reject(source_of(incarnation, records[0]), "R2_SIGNATURE")

    response = stage.post(ACT_VALUES[:1], answer)

    assert (response.status_code, response.json()["code"]) == (403, "R2_SIGNATURE")


def test_an_unreadable_act_is_handed_on_and_its_refusal_handed_back(stage: Stage) -> None:
    """The ledger itself records the refusal, so the bytes have to get there."""

    def answer(stage: Stage) -> None:
        incarnation, records = stage.produced(1)
        assert records[0].value == b"\xc3\x01 no act"
        stage.reject(source_of(incarnation, records[0]), "R1_UNKNOWN_SCHEMA")

    response = stage.post([b"\xc3\x01 no act"], answer)

    assert (response.status_code, response.json()["code"]) == (400, "R1_UNKNOWN_SCHEMA")


def test_answers_for_another_place_or_another_life_are_not_ours(stage: Stage) -> None:
    """The same event id from another offset, and the same offset of another topic life."""

    def answer(stage: Stage) -> None:
        incarnation, (record, *_) = stage.produced(1)
        emitter_id = decode_act(record.value or b"").emitter_id
        elsewhere = record._replace(offset=record.offset + 5)
        other_life = "00000000-0000-4000-8000-000000000000"
        stage.tell([outcome_of(incarnation, elsewhere, "committed")], emitter_id)
        stage.tell([outcome_of(other_life, record, "committed")], emitter_id)
        stage.reject(source_of(other_life, record), "R2_SIGNATURE")

    response = stage.post(ACT_VALUES[:1], answer)

    assert (response.status_code, response.json()["code"]) == (503, "NO_OUTCOME")


def test_without_an_outcome_it_is_503_and_never_202(stage: Stage) -> None:
    response = stage.post(ACT_VALUES[:1])

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert response.headers["content-type"] == "application/problem+json"


def test_a_batch_answers_each_act_and_says_which_has_no_outcome(stage: Stage) -> None:
    """Answered, refused, and lost on the way, in the order of the container."""

    def answer(stage: Stage) -> None:
        incarnation, records = stage.produced(3)
        refused = Problem("R7_FUTURE")
        stage.tell(
            [
                outcome_of(incarnation, records[0], "committed"),
                outcome_of(incarnation, records[2], "rejected", refused),
            ],
            decode_act(records[0].value or b"").emitter_id,
        )

    response = stage.post(ACT_VALUES, answer)

    items = response.json()["outcomes"]
    assert response.status_code == 200
    assert [item["status"] for item in items] == [201, 503, 422]
    assert items[1]["problem"]["code"] == "NO_OUTCOME"
    assert [item["event_id"] for item in items] == [
        uuid_text(decode_act(value).event_id) for value in ACT_VALUES
    ]


def test_a_batch_of_which_nothing_is_known_is_503(stage: Stage) -> None:
    assert stage.post(ACT_VALUES).status_code == 503


def test_a_broker_that_forgot_everything_is_noticed(stage: Stage) -> None:
    """After a new life of every topic, with fewer records than before, answers come again."""
    assert stage.post(ACT_VALUES[:1], answering("committed")).status_code == 201

    stage.broker.forget()

    def answer_if_it_landed(stage: Stage) -> None:
        # What is sent before the producer notices the new life is lost, and answered 503.
        incarnation, records = stage.landed(2.0)
        outcomes = [outcome_of(incarnation, record, "committed") for record in records]
        if outcomes:
            with suppress(UnavailableError):  # The test's own writer has to notice it as well.
                stage.tell(outcomes, decode_act(ACT_VALUES[0]).emitter_id)

    def is_answered() -> bool:
        return stage.post(ACT_VALUES[:1], answer_if_it_landed).status_code == 201

    wait_for(is_answered, 40, "an answer in the new life")


def test_a_broker_that_is_away_is_503_at_once(fragile_stage: Stage) -> None:
    """Nothing is left hanging and nothing is promised."""
    stage = fragile_stage
    stage.broker.stop()
    wait_for(lambda: not stage.tail.is_ready, 30, "the tail to notice")

    response = stage.post(ACT_VALUES[:1])

    assert response.status_code == 503
    assert response.json()["code"] in {"UNAVAILABLE", "NO_OUTCOME"}


def test_acts_carry_key_value_proof_and_attributes(stage: Stage) -> None:
    """The record is the emitter's act, byte for byte, on the partition of its key."""
    stage.post(ACT_VALUES[:1], answering("committed"))
    _, (record, *_) = stage.produced(1)

    assert record.key == b"case:1"
    assert record.value == ACT_VALUES[0]
    assert ("lz-proof", b"proof") in record.headers
