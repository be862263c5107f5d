"""The client keeps acts until they are answered, and their order whatever breaks."""

import threading
from collections import Counter

import pytest

from consumers.emitter.answers import Answer
from consumers.emitter.client import RESENDS_MAX, UNANSWERED_MAX, EmitterClient
from consumers.emitter.submission import SubmissionItem
from ledger.errors import UnavailableError


class TickingClock:
    """A clock that goes on by itself at each look."""

    def __init__(self, step_s=0.0):
        self.now = 0
        self.step = int(step_s * 1_000_000)

    def now_micros(self):
        """Return the time and move on."""
        self.now += self.step
        return self.now


class MemoryLine:
    """A ledger behind a line: answers what it gets, loses what it is told to.

    Attributes:
        carried: Numbers in the order they were carried, per life.
        faults: Of the next sends: ``before``, ``after`` or ``lose`` (a new life swallows it).
    """

    def __init__(self, faults=(), *, answering=True):
        self.life = 0
        self.carried = [[]]
        self.faults = list(faults)
        self.answering = answering
        self.waiting = []

    def send(self, items):
        fault = self.faults.pop(0) if self.faults else None
        if fault == "before":
            self.new_life()
            raise UnavailableError("away")
        self.carried[-1] += [number for number, _ in items]
        if fault == "after":
            self.waiting.clear()
            self.new_life()
            raise UnavailableError("away")
        if fault == "lose":
            self.new_life()
            return
        if self.answering:
            self.waiting += [(number, Answer("committed", number)) for number, _ in items]

    def receive(self, timeout_s):
        answers, self.waiting = self.waiting, []
        return answers

    def close(self):
        """Nothing is open."""

    def new_life(self):
        """Forget."""
        self.life += 1
        self.carried.append([])


def items(count):
    return [SubmissionItem(f"case:{n}", b"act %d" % n, b"proof") for n in range(count)]


@pytest.fixture
def answered():
    return []


def client_over(line, answered, clock=None, **options):
    stopping = threading.Event()
    stopping.wait = lambda _seconds=None: False  # No test waits for a pause.
    return EmitterClient(
        line,
        lambda item, answer: answered.append((item, answer)),
        stopping,
        clock or TickingClock(),
        **options,
    )


def test_every_act_is_answered_once(answered):
    """In order, over several calls."""
    client = client_over(MemoryLine(), answered)
    client.send(items(3))
    client.wait(client.send(items(2)))
    client.wait()
    assert [answer.leaf_index for _, answer in answered] == [0, 1, 2, 3, 4]
    assert client.unanswered == 0


@pytest.mark.parametrize("fault", ["before", "after", "lose"])
def test_a_broken_line_gets_everything_unanswered_again_in_order(answered, fault):
    """Also what came after the lost piece: nothing newer overtakes it."""
    line = MemoryLine([fault])
    client = client_over(line, answered)
    client.send(items(4))
    client.wait(client.send(items(3)))
    client.wait()
    assert line.carried[-1] == list(range(7))
    assert Counter(item.key for item, _ in answered) == {
        "case:0": 2,
        "case:1": 2,
        "case:2": 2,
        "case:3": 1,
    }


def test_what_was_answered_is_not_sent_again(answered):
    """Only the two new acts go into the new life."""
    line = MemoryLine()
    client = client_over(line, answered)
    client.wait(client.send(items(3)))
    line.new_life()
    client.wait(client.send(items(2)))
    assert line.carried[-1] == [3, 4]


def test_silence_is_answered_by_sending_again(answered):
    """An answer was lost: after a while everything unanswered goes again, verbatim."""
    line = MemoryLine(answering=False)
    client = client_over(line, answered, TickingClock(1.0), resend_after_s=3.0)
    client.send(items(2))
    client._step(0)
    client._step(0)
    client._step(0)
    line.answering = True
    client.wait()
    assert client.resent_total >= 2
    assert len(answered) == 2


def test_lasting_silence_is_an_outage(answered):
    """Nobody sends for ever to somebody who never answers."""
    client = client_over(
        MemoryLine(answering=False), answered, TickingClock(1.0), resend_after_s=3.0
    )
    with pytest.raises(UnavailableError):
        client.wait(client.send(items(1)))
    assert client.resent_total == RESENDS_MAX


def test_a_line_that_stays_away_ends_the_waiting(answered):
    """Bounded retries, then the error itself."""
    client = client_over(MemoryLine(["before"] * 100), answered)
    with pytest.raises(UnavailableError):
        client.wait(client.send(items(1)))


def test_too_many_unanswered_acts_hold_the_sender_up(answered):
    """The bound is kept by waiting for answers."""
    line = MemoryLine(answering=False)
    client = client_over(line, answered)
    client.send(items(UNANSWERED_MAX))
    line.waiting = [(number, Answer("committed", number)) for number in range(10)]
    client.send(items(5))
    assert client.unanswered == UNANSWERED_MAX + 5 - 10


def test_stopping_ends_the_waiting(answered):
    """What is unanswered stays so."""
    client = client_over(MemoryLine(answering=False), answered)
    client.send(items(2))
    client._stopping.set()
    client.wait()
    assert client.unanswered == 2
