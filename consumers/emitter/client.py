"""Sends acts until each has its answer, whatever breaks in between.

Read before: ``kafka_line``, ``http_line``. Read next: ``receipt_folder``, ``emit_file``.

Acts are sent in the order they were given. When a line says that what it carried may be lost
(a new life of a topic, a broken connection), everything unanswered is sent again, first to
last, before anything newer: so the order within a stream survives a broker that forgot. The
ledger answers an act that it has already with the same receipt, so sending twice is harmless.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from consumers.emitter.answers import Answer
from consumers.emitter.submission import SubmissionItem
from consumers.retrying import Backoff
from ledger.clock import MICROS_PER_SECOND, Clock
from ledger.errors import UnavailableError

UNANSWERED_MAX: Final = 8_192  # Acts kept until their receipt; more wait for answers first.
PIECE_ACTS: Final = 1_000
RESEND_AFTER_S: Final = 15.0  # Without any answer; answers themselves may be lost.
RESENDS_MAX: Final = 8
_WAIT_S: Final = 0.05


class Line(Protocol):
    """A way to the ledger and back."""

    life: int

    def send(self, items: Sequence[tuple[int, SubmissionItem]]) -> None:
        """Send acts in order; raises UnavailableError where that failed."""
        ...

    def receive(self, timeout_s: float) -> list[tuple[int, Answer]]:
        """Return answers with the numbers of what they answer; raises UnavailableError."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class EmitterClient:
    """Keeps acts until they are answered; not thread-safe."""

    def __init__(
        self,
        line: Line,
        answered: Callable[[SubmissionItem, Answer], None],
        stopping: threading.Event,
        clock: Clock,
        *,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> None:
        """Prepare.

        Args:
            line: How acts and answers travel.
            answered: Told each act's answer, once.
            stopping: Set from outside to give up waiting.
            clock: For resending what gets no answer.
            resend_after_s: Seconds without any answer after which all is sent again.
        """
        self._line = line
        self._answered = answered
        self._stopping = stopping
        self._clock = clock
        self._resend_after_s = resend_after_s
        self._backoff = Backoff()
        self._next = 0
        self._kept: dict[int, SubmissionItem] = {}
        self._unsent: deque[int] = deque()
        self._life = line.life
        self._last_news = clock.now_micros()
        self._resends = 0
        self.resent_total = 0

    @property
    def unanswered(self) -> int:
        """Number of acts without an answer."""
        return len(self._kept)

    def send(self, items: Sequence[SubmissionItem]) -> range:
        """Send acts, after waiting for answers where too many have none.

        Returns:
            Their numbers, for ``wait``.

        Raises:
            UnavailableError: An outage outlasted every retry.
        """
        numbers = range(self._next, self._next + len(items))
        self._next = numbers.stop
        self._kept.update(zip(numbers, items, strict=True))
        self._unsent.extend(numbers)
        self._step(0.0)
        while len(self._kept) > UNANSWERED_MAX and not self._stopping.is_set():
            self._step(_WAIT_S)
        return numbers

    def wait(self, numbers: Collection[int] | None = None) -> None:
        """Wait until these acts, or all, are answered, or ``stopping`` is set.

        Raises:
            UnavailableError: An outage outlasted every retry, or resending brought no answer.
        """
        waiting = set(self._kept if numbers is None else numbers)
        while waiting and not self._stopping.is_set():
            self._step(_WAIT_S)
            waiting &= self._kept.keys()

    def close(self) -> None:
        """Close the line; what is unanswered stays so."""
        self._line.close()

    def _step(self, timeout_s: float) -> None:
        """Send what is due, take what came."""
        try:
            self._send_due()
            answers = self._line.receive(timeout_s)
        except UnavailableError as error:
            self._stopping.wait(self._backoff.next_pause(error))
            return
        self._backoff.reset()
        for number, answer in answers:
            item = self._kept.pop(number, None)
            if item is not None:
                self._answered(item, answer)
        now = self._clock.now_micros()
        if answers or not self._kept:
            self._last_news, self._resends = now, 0
        elif now - self._last_news > self._resend_after_s * MICROS_PER_SECOND:
            self._send_all_again()

    def _send_due(self) -> None:
        if self._line.life != self._life:
            self._life = self._line.life
            self._unsent = deque(self._kept)  # In the order they were given.
            self.resent_total += len(self._unsent)
        while self._unsent:
            numbers = [self._unsent[n] for n in range(min(PIECE_ACTS, len(self._unsent)))]
            kept = [(number, self._kept[number]) for number in numbers if number in self._kept]
            if kept:
                self._line.send(kept)
            for _ in numbers:
                self._unsent.popleft()

    def _send_all_again(self) -> None:
        if self._resends == RESENDS_MAX:
            raise UnavailableError(f"{len(self._kept)} acts get no answer")
        self._resends += 1
        self._last_news = self._clock.now_micros()
        self._unsent = deque(self._kept)
        self.resent_total += len(self._unsent)
