"""Derived acts are sent until the ledger has them, and what it refuses is told."""

import threading

import pytest

from consumers.emitter.answers import Answer
from consumers.emitter.submission import UnsealedAct
from consumers.supervise.sender import LINE_IDLE_S, DerivedSender
from ledger.chain.submission import parse_proof
from ledger.clock import MICROS_PER_SECOND, FixedClock
from ledger.errors import RejectedError, UnavailableError
from tests.support.control import signer, stream_act
from tests.support.ledger_copy import sample

from ledger.chain.act import encode_act  # isort: skip

STREAM = "case:1"
NAME = "platform.test.ledger"


def acts(count):
    payload = sample("DemandNoticeServed")
    item = stream_act("DemandNoticeServed", payload, stream_key=STREAM, emitter_id=NAME)
    return [
        UnsealedAct(STREAM, encode_act(item.act._replace(event_id=number.to_bytes(16, "big"))))
        for number in range(count)
    ]


class AnsweringLine:
    """Answers everything at once, by event id or else as committed."""

    life = 0

    def __init__(self, answers=None):
        self.sent = []
        self.closed = False
        self._answers = answers or {}
        self._due = []

    def send(self, items):
        self.sent += [item for _, item in items]
        self._due += [
            (number, self._answers.get(item.event_id, Answer("committed", 7)))
            for number, item in items
        ]

    def receive(self, timeout_s):
        due, self._due = self._due, []
        return due

    def close(self):
        self.closed = True


class Scene:
    """A sender and the lines that it opened."""

    def __init__(self, answers=None):
        self.lines = []
        self.clock = FixedClock(1_793_534_400_000_000)
        self.stopping = threading.Event()
        self._answers = answers
        self.sender = DerivedSender(
            "test.ledger", signer(NAME), self._open, self.stopping, self.clock, bytes
        )

    def _open(self):
        self.lines.append(AnsweringLine(self._answers))
        return self.lines[-1]


def test_more_acts_than_a_submission_holds_are_several():
    """Each piece has one signature of the platform; order is kept."""
    scene = Scene()
    many = acts(1_500)

    assert scene.sender.send(many)
    assert [item.act for item in scene.lines[0].sent] == [act.value for act in many]
    sizes = {parse_proof(item.proof).text.size for item in scene.lines[0].sent}
    assert sizes == {1_024, 476}


def test_a_duplicate_and_an_id_that_is_taken_are_what_they_should_be():
    """R4 means: derived before, by a program that wrote other bytes."""
    first, second = acts(2)
    answers = {
        bytes(16): Answer("duplicate", 3),
        (1).to_bytes(16, "big"): Answer("rejected", code="R4_EVENT_ID_REUSED"),
    }
    scene = Scene(answers)

    assert scene.sender.send([first, second])


def test_a_refused_alert_is_an_error_that_names_the_code():
    """Nothing may be passed over silently; the next try begins without it."""
    answers = {bytes(16): Answer("rejected", code="R3_NOT_REGISTERED")}
    scene = Scene(answers)
    first, second = acts(2)

    with pytest.raises(RejectedError) as found:
        scene.sender.send([first, second])
    assert found.value.code == "R3_NOT_REGISTERED"
    assert scene.sender.send([second])


def test_a_stop_before_the_answers_is_told():
    """The caller must not move on."""
    scene = Scene()
    scene.stopping.set()
    scene.lines.clear()
    silent = AnsweringLine()
    silent.receive = lambda _timeout_s: []
    scene.sender._open_line = lambda: silent

    assert not scene.sender.send(acts(1))
    assert silent.closed


def test_nothing_to_send_opens_nothing():
    """An engine without findings needs no broker."""
    scene = Scene()

    assert scene.sender.send([])
    assert scene.lines == []


def test_a_line_that_was_long_unused_is_opened_anew():
    """It would have to read all that the ledger answered to others meanwhile."""
    scene = Scene()
    for pause_s in (0, LINE_IDLE_S - 1, LINE_IDLE_S + 1):
        scene.clock.at_micros += pause_s * MICROS_PER_SECOND
        scene.sender.send(acts(1))

    assert [line.closed for line in scene.lines] == [True, False]


def test_an_outage_closes_the_line():
    """The next try opens another one, and sends everything again."""
    scene = Scene()

    class DeadLine(AnsweringLine):
        def send(self, items):
            raise UnavailableError("away")

    dead = DeadLine()
    scene.sender._open_line = lambda: dead
    scene.stopping.wait = lambda _pause_s: False
    with pytest.raises(UnavailableError):
        scene.sender.send(acts(1))
    assert dead.closed
    scene.sender._open_line = scene._open
    assert scene.sender.send(acts(1))
