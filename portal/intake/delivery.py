"""Records on their way to the ledger, and the wait for what it says of them.

Read before: ``portal/intake/outcome_board.py``. Read next: ``portal/intake/route.py``.

Used by the intake and by the platform's own commands, so both wait for the same thing: an outcome
that the ledger has promised. Without one in time there is no answer, never a guess.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from consumers.record_producer import Landed, RecordProducer
from ledger.errors import UnavailableError
from portal.intake.answers import outcome_label
from portal.intake.outcome_board import Answer, Landing, OutcomeBoard, PendingBatch
from portal.intake.records import IntakeRecord

OUTCOME_TIMEOUT_S: Final = 5.0

ACTS: Final = Counter("lianzheng_intake_acts_total", "Acts handed in by HTTP.", ["outcome"])
UNDER_WAY: Final = Gauge("lianzheng_intake_acts_in_flight", "Acts waiting for their outcome.")
WAITED: Final = Histogram(
    "lianzheng_intake_duration_seconds",
    "Time from a whole body to the last outcome of its acts.",
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)


class Delivery:
    """Produces records and waits for their outcomes.

    Args:
        producer: Writes to Kafka.
        board: Where outcomes arrive.
        is_ready: Whether outcomes are being read now.
        timeout_s: How long an outcome is waited for.
    """

    def __init__(
        self,
        producer: RecordProducer,
        board: OutcomeBoard,
        is_ready: Callable[[], bool],
        timeout_s: float = OUTCOME_TIMEOUT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self._producer = producer
        self._board = board
        self._is_ready = is_ready

    async def deliver(self, records: Sequence[IntakeRecord]) -> list[Answer | None]:
        """Produce all records and return their answers in order, None where none came in time.

        Raises:
            UnavailableError: Nobody would hear the outcomes; nothing was produced.
        """
        if not self._is_ready():
            raise UnavailableError("outcomes are not read now")
        started_s = time.perf_counter()
        batch = PendingBatch(len(records), asyncio.get_running_loop(), self._timeout_s)
        emitter_ids = [record.emitter_id for record in records]
        self._board.expect(emitter_ids)
        UNDER_WAY.inc(len(records))
        try:
            for index, record in enumerate(records):
                self._produce(record, batch, index)
            await batch.done
        finally:
            UNDER_WAY.dec(len(records))
            self._board.release(emitter_ids, batch)
        WAITED.observe(time.perf_counter() - started_s)
        for answer in batch.answers:
            ACTS.labels(outcome_label(answer)).inc()
        return batch.answers

    def _produce(self, record: IntakeRecord, batch: PendingBatch, index: int) -> None:
        board = self._board

        def landed(future: Future[Landed]) -> None:
            # The producer's thread calls this; the outcome may be on the board already.
            if future.exception() is not None:
                board.give_up(batch, index)
                return
            place = future.result()
            board.claim(
                Landing(place.incarnation, place.topic, place.partition, place.offset), batch, index
            )

        try:
            self._producer.send(record.record).add_done_callback(landed)
        except UnavailableError:
            board.give_up(batch, index)
