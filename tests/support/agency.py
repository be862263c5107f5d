"""An agency that emits acts all the time, through the emitter SDK, on a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from ledger.chain.act import decode_act, encode_act
from ledger.chain.notes import read_vkeys
from ledger.chain.receipt import verify_receipt
from ledger.clock import SystemClock, system_random
from schemas.catalogue import load_catalogue
from tests.support.running import RunningLedger, wait_for
from tests.support.workshop import Workshop, now

LIMIT_S = 240.0
PIECE_ACTS = 10
PIECES_UNANSWERED_MAX = 5
PAUSE_S = 0.05
CASES = 7
NEWS_ACTS = 100  # As many answers to acts made after a fault show that all goes on.


class Agency(threading.Thread):
    """Emits numbered acts of a few cases through the emitter SDK until ``finish``.

    Attributes:
        made: Acts given to the SDK so far.
        answers: Number of the act of each answer, whose receipt is good.
    """

    def __init__(self, ledger: RunningLedger, word: str) -> None:
        super().__init__(daemon=True)
        self.made = 0
        self.answers: list[int] = []
        self._ledger = ledger
        self._workshop = Workshop(ledger)
        self.office = self._workshop.office(word)
        parcel = self._workshop.registration(self.office, ["FineRemitted"])
        # A broker that is just coming back may cost an outcome; a repeat is the same act.
        wait_for(lambda: self._workshop.post_parcels(parcel).status in (200, 201), LIMIT_S, word)
        self._workshop.close()
        self._finishing = threading.Event()
        texts = [Path(log["vkey_file"]).read_text() for log in ledger.run["logs"]]
        self._log_keys = [key for text in texts for key in read_vkeys(text)]

    def run(self) -> None:
        """Emit, at most ``PIECES_UNANSWERED_MAX`` pieces ahead of the answers."""
        line = KafkaLine(
            KafkaAddress(self._ledger.run["kafka"]), Topics(load_catalogue()).topic, SystemClock()
        )
        client = EmitterClient(line, self._answered, threading.Event(), SystemClock())
        waiting: deque[range] = deque()
        while not self._finishing.wait(PAUSE_S):
            waiting.append(client.send(self._piece()))
            if len(waiting) > PIECES_UNANSWERED_MAX:
                client.wait(waiting.popleft())
        client.wait()
        client.close()

    def _piece(self) -> list[SubmissionItem]:
        numbers = range(self.made, self.made + PIECE_ACTS)
        self.made += PIECE_ACTS
        acts = [self._act(number) for number in numbers]
        name, signers = self._workshop.name, [self.office.signer]
        return build_items(name, acts, signers, None, SystemClock(), system_random)

    def _act(self, number: int) -> UnsealedAct:
        stream = f"case:{self.office.emitter_id}-{number % CASES}"
        payload = {"amountFen": number, "at": now()}
        act = self._workshop.act(
            "FineRemitted", payload, stream, self.office, emitter_seq=number + 1
        )
        return UnsealedAct(stream, encode_act(act))

    def _answered(self, item: SubmissionItem, answer: Answer) -> None:
        assert answer.is_in_ledger, answer
        assert answer.receipt is not None
        verify_receipt(answer.receipt, item.act, self._log_keys)
        self.answers.append(number_of(item.act))

    def goes_on(self) -> Callable[[], bool]:
        """Tell, when called again and again, whether acts made from now on are answered."""
        first = self.made
        return lambda: (
            self.is_alive() and sum(number >= first for number in self.answers) >= NEWS_ACTS
        )

    def finish(self) -> None:
        """Emit no more, and return when everything is answered."""
        self._finishing.set()
        self.join(LIMIT_S)
        assert not self.is_alive()


def number_of(act: bytes) -> int:
    """Return which act of its agency this is, from 0."""
    seq = decode_act(act).emitter_seq
    assert seq is not None
    return seq - 1
