"""Bounded retries with growing pauses, and who is told that somebody waits.

Read before: ``ledger.errors``. Read next: ``loop``.
"""

from __future__ import annotations

from typing import Final, Protocol

from ledger.clock import Random, system_random
from ledger.errors import UnavailableError

RETRIES_MAX: Final = 12  # About a minute in all.
RETRY_FIRST_S: Final = 0.1
RETRY_LONGEST_S: Final = 10.0


class Readiness(Protocol):
    """Whoever answers ``/readyz`` for a role."""

    def set_ready(self) -> None:
        """The role does its work."""
        ...

    def set_waiting(self, reason: str) -> None:
        """The role waits; ``reason`` says for what, without personal values."""
        ...


class Backoff:
    """Pauses between tries: doubled each time, with jitter, and a last one."""

    def __init__(self, random: Random = system_random) -> None:
        self._random = random
        self._tries = 0

    def next_pause(self, error: UnavailableError) -> float:
        """Return the seconds to wait before the next try.

        Raises:
            UnavailableError: ``error``, after ``RETRIES_MAX`` tries without a success.
        """
        if self._tries == RETRIES_MAX:
            raise error
        whole = min(RETRY_FIRST_S * (1 << self._tries), RETRY_LONGEST_S)
        self._tries += 1
        # Half fixed, half drawn: appenders that lost the same broker do not return together.
        return whole / 2 + whole / 2 * (self._random(1)[0] / 255)

    def reset(self) -> None:
        """Begin to count anew: something succeeded."""
        self._tries = 0
