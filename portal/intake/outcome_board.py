"""Outcomes as they come back: matches what the ledger says to the requests that wait for it.

Read before: ``portal/intake/records.py``. Read next: ``portal/intake/route.py``.

One thread reads the receipts and the rejected topic. An outcome belongs to a request if its
source (incarnation, topic, partition, offset) is where the request's record landed; an event id
alone proves nothing, because anybody may send a record under another's id. An outcome may arrive
before the producer has said where the record landed, so what is not yet claimed is kept for a
while: of receipts only those of emitters with a request under way, of refusals all, both bounded.
Whoever can write to the two topics could answer wrongly here, but no receipt of theirs verifies.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.chain.outcomes import Outcome

UNCLAIMED_MAX: Final = 8_192  # Outcomes kept until the producer says where the record landed.


class Landing(NamedTuple):
    """Where a record landed; equal to the source of its outcome but for the timestamp."""

    incarnation: str
    topic: str
    partition: int
    offset: int


class Answer(NamedTuple):
    """What the ledger said of one record.

    Attributes:
        outcome: The item of the receipts topic; None for a refusal of unproven origin.
        checkpoint: Signed note that the outcome's path leads to; empty without a path.
        code: Code of a refusal of unproven origin, else None.
        pointer: Pointer of that refusal.
    """

    outcome: Outcome | None
    checkpoint: bytes
    code: str | None = None
    pointer: str | None = None


class PendingBatch:
    """The acts of one request, and how the request is woken when the last outcome is there.

    Args:
        size: Number of acts.
        loop: The event loop that the request waits in.
        timeout_s: After this time the request is woken with what there is.
    """

    def __init__(self, size: int, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self.answers: list[Answer | None] = [None] * size
        self.landings: list[Landing] = []
        self.is_closed = False
        self.loop = loop
        self.done: asyncio.Future[None] = loop.create_future()
        self._left = size
        self._timer = loop.call_later(timeout_s, self.wake)

    def settle(self, index: int, answer: Answer | None) -> bool:
        """Note the answer of one act; ``None`` means that there will be none.

        The caller holds the board's lock.

        Returns:
            Whether it was the last one: the caller has the request woken then.
        """
        self.answers[index] = answer
        self._left -= 1
        return self._left == 0

    def wake(self) -> None:
        """Wake the request. Event loop's thread only."""
        self._timer.cancel()
        if not self.done.done():
            self.done.set_result(None)


class OutcomeBoard:
    """Who waits for which landing, and which outcomes nobody has claimed yet."""

    def __init__(self) -> None:
        # Held for dictionary work only, by the tail thread, the producer's and the event loop's.
        self._lock = threading.Lock()
        self._waiting: dict[Landing, tuple[PendingBatch, int]] = {}
        self._unclaimed: OrderedDict[Landing, Answer] = OrderedDict()
        self._emitters: Counter[str] = Counter()
        self.wanted = threading.Event()

    def expect(self, emitter_ids: Iterable[str]) -> None:
        """Keep outcomes of these emitters from now on; call before anything is produced."""
        with self._lock:
            self._emitters.update(emitter_ids)
            self.wanted.set()

    def claim(self, landing: Landing, batch: PendingBatch, index: int) -> None:
        """Say that act ``index`` of ``batch`` landed there. Any thread."""
        with self._lock:
            if batch.is_closed:
                return  # The request has timed out; nobody would take the answer any more.
            answer = self._unclaimed.pop(landing, None)
            if answer is None:
                self._waiting[landing] = (batch, index)
                batch.landings.append(landing)
                return
            is_last = batch.settle(index, answer)
        if is_last:
            batch.loop.call_soon_threadsafe(batch.wake)

    def give_up(self, batch: PendingBatch, index: int) -> None:
        """Say that act ``index`` could not be produced. Any thread."""
        with self._lock:
            is_last = batch.settle(index, None)
        if is_last:
            batch.loop.call_soon_threadsafe(batch.wake)

    def release(self, emitter_ids: Iterable[str], batch: PendingBatch) -> None:
        """Forget a request that was answered or has timed out."""
        with self._lock:
            batch.is_closed = True
            for emitter_id in emitter_ids:
                self._emitters[emitter_id] -= 1
                if not self._emitters[emitter_id]:
                    del self._emitters[emitter_id]
            for landing in batch.landings:
                self._waiting.pop(landing, None)
            if not self._emitters:
                self._unclaimed.clear()
                self.wanted.clear()

    def is_expected(self, emitter_id: str) -> bool:
        """Return whether a request with acts of this emitter is under way."""
        return emitter_id in self._emitters

    def deliver(self, answers: Sequence[tuple[Landing, Answer]]) -> None:
        """Hand out what was read from the topics. Tail thread."""
        finished: list[PendingBatch] = []
        with self._lock:
            for landing, answer in answers:
                waiter = self._waiting.pop(landing, None)
                if waiter is not None:
                    if waiter[0].settle(waiter[1], answer):
                        finished.append(waiter[0])
                elif self._emitters:
                    self._unclaimed[landing] = answer
            while len(self._unclaimed) > UNCLAIMED_MAX:
                self._unclaimed.popitem(last=False)
        if finished:
            # One call wakes all: each is a byte through the event loop's pipe.
            finished[0].loop.call_soon_threadsafe(_wake_all, finished)


def _wake_all(batches: Sequence[PendingBatch]) -> None:
    for batch in batches:
        batch.wake()
