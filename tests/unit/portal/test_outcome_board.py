"""The board: outcomes meet the requests that wait, in whichever order the two arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ledger.chain.entry import Source
from ledger.chain.outcomes import Outcome
from portal.intake.outcome_board import UNCLAIMED_MAX, Answer, Landing, OutcomeBoard, PendingBatch
from tests.support.apart import run_apart

EMITTER = "agy.example"


def landing(offset: int, incarnation: str = "life-1") -> Landing:
    return Landing(incarnation, "enforcement.acts.v1", 0, offset)


def answer(offset: int) -> Answer:
    source = Source("life-1", "enforcement.acts.v1", 0, offset, 0)
    return Answer(Outcome(bytes(16), source, "committed", offset, b"", (), None), b"note")


def with_batch(size: int, act: Callable[[OutcomeBoard, PendingBatch], None]) -> PendingBatch:
    """Run ``act`` on a board with one request of ``size`` acts and wait for the request."""

    async def run() -> PendingBatch:
        board = OutcomeBoard()
        batch = PendingBatch(size, asyncio.get_running_loop(), 0.2)
        board.expect([EMITTER] * size)
        act(board, batch)
        await batch.done
        board.release([EMITTER] * size, batch)
        return batch

    return run_apart(run())


def test_an_outcome_after_the_claim_wakes_the_request() -> None:
    def act(board: OutcomeBoard, batch: PendingBatch) -> None:
        board.claim(landing(7), batch, 0)
        board.deliver([(landing(7), answer(7))])

    batch = with_batch(1, act)

    assert batch.done.done()
    assert batch.answers == [answer(7)]


def test_an_outcome_before_the_claim_is_kept_for_it() -> None:
    def act(board: OutcomeBoard, batch: PendingBatch) -> None:
        board.deliver([(landing(7), answer(7))])
        board.claim(landing(7), batch, 0)

    assert with_batch(1, act).answers == [answer(7)]


def test_the_request_wakes_when_the_last_of_its_acts_is_answered() -> None:
    def act(board: OutcomeBoard, batch: PendingBatch) -> None:
        board.claim(landing(1), batch, 0)
        board.claim(landing(2), batch, 1)
        board.deliver([(landing(2), answer(2))])
        assert not batch.done.done()
        board.give_up(batch, 0)

    batch = with_batch(2, act)

    assert batch.done.done()
    assert batch.answers == [None, answer(2)]


def test_the_same_offset_of_another_life_is_another_record() -> None:
    """A restarted broker counts from the beginning: its outcomes are not ours."""

    def act(board: OutcomeBoard, batch: PendingBatch) -> None:
        board.claim(landing(7), batch, 0)
        board.deliver([(landing(7, "life-2"), answer(7))])

    assert with_batch(1, act).answers == [None]


def test_outcomes_of_emitters_without_a_request_are_not_looked_at() -> None:
    board = OutcomeBoard()

    assert not board.is_expected(EMITTER)
    assert not board.wanted.is_set()
    board.deliver([(landing(1), answer(1))])
    board.expect([EMITTER])
    assert board.is_expected(EMITTER)
    assert board.wanted.is_set()


def test_a_request_that_timed_out_leaves_nothing_behind() -> None:
    """A landing that is told after the answer was given up is not waited for."""

    async def run() -> None:
        board = OutcomeBoard()
        batch = PendingBatch(2, asyncio.get_running_loop(), 5.0)
        board.expect([EMITTER, EMITTER])
        board.claim(landing(1), batch, 0)
        board.release([EMITTER, EMITTER], batch)
        board.claim(landing(2), batch, 1)
        board.deliver([(landing(1), answer(1)), (landing(2), answer(2))])
        await asyncio.sleep(0)
        assert batch.answers == [None, None]
        assert not board.wanted.is_set()

    run_apart(run())


def test_unclaimed_outcomes_are_bounded() -> None:
    """However much arrives, the oldest is forgotten first."""

    def act(board: OutcomeBoard, batch: PendingBatch) -> None:
        board.deliver([(landing(n), answer(n)) for n in range(UNCLAIMED_MAX + 1)])
        board.claim(landing(0), batch, 0)
        board.claim(landing(1), batch, 1)

    assert with_batch(2, act).answers == [None, answer(1)]
