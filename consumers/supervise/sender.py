"""Derived acts on their way into the ledger: signed with the platform's key, sent, answered.

Read before: ``consumers/emitter/client.py``. Read next: ``engine``.

An act that the ledger has already is what it should be: a duplicate, or R4 where another program
made other bytes under the same id, which means that it was derived before (docs/spec/derived.md).
Trusts whoever holds the platform's key; the ledger judges each act like anybody's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient, Line
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from ledger.chain.note_keys import Signer
from ledger.clock import MICROS_PER_SECOND, Clock, Random
from ledger.errors import RejectedError, UnavailableError
from ledger.limits import SUBMISSION_ACTS_MAX

DERIVED_BEFORE: Final = "R4_EVENT_ID_REUSED"
LINE_IDLE_S: Final = 5


class DerivedSender:
    """Satisfies ``Sender``; not thread-safe.

    A line that was long unused is opened anew: it would first have to read the answers that all
    other emitters got meanwhile.

    Args:
        ledger: Name of the ledger.
        signer: The platform's key.
        open_line: Opens a way to the ledger.
        stopping: Set from outside to give up waiting.
        clock: For submissions' UUIDs, and for sending again what gets no answer.
        random: For submissions' UUIDs.
    """

    def __init__(
        self,
        ledger: str,
        signer: Signer,
        open_line: Callable[[], Line],
        stopping: threading.Event,
        clock: Clock,
        random: Random,
    ) -> None:
        self._ledger = ledger
        self._signer = signer
        self._open_line = open_line
        self._stopping = stopping
        self._clock = clock
        self._random = random
        self._client: EmitterClient | None = None
        self._used_at = 0
        self._refusal: RejectedError | None = None

    def send(self, acts: Sequence[UnsealedAct]) -> bool:
        """Send acts and return when all are in the ledger; false if it was told to stop before.

        Raises:
            UnavailableError: An outage outlasted every retry.
            RejectedError: The ledger does not take one; all the others are answered.
        """
        if not acts:
            return True
        try:
            unanswered = self._sent(self._opened(), acts)
        except UnavailableError:
            self.close()
            raise
        self._used_at = self._clock.now_micros()
        if unanswered:
            self.close()
            return False
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            raise refusal
        return True

    def close(self) -> None:
        """Close the connections; what is unanswered is derived again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _opened(self) -> EmitterClient:
        if self._clock.now_micros() - self._used_at > LINE_IDLE_S * MICROS_PER_SECOND:
            self.close()
        if self._client is None:
            line = self._open_line()
            self._client = EmitterClient(line, self._answered, self._stopping, self._clock)
        return self._client

    def _sent(self, client: EmitterClient, acts: Sequence[UnsealedAct]) -> int:
        """Send acts and wait; return how many have no answer."""
        for start in range(0, len(acts), SUBMISSION_ACTS_MAX):
            piece = acts[start : start + SUBMISSION_ACTS_MAX]
            client.send(
                build_items(self._ledger, piece, [self._signer], None, self._clock, self._random)
            )
        client.wait()
        return client.unanswered

    def _answered(self, item: SubmissionItem, answer: Answer) -> None:
        if not answer.is_in_ledger and answer.code != DERIVED_BEFORE:
            code = answer.code or answer.outcome
            event_id = item.event_id.hex()
            self._refusal = RejectedError(code, f"the ledger does not take alert act {event_id}")
