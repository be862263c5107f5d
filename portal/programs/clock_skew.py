"""How far the database's clock is from this machine's: a time in a log never goes back.

Read before: ``portal/programs/append.py``. Read next: docs/howto/operate.md.

Entries are received by PostgreSQL's clock. One that leaps ahead for a moment gives its time to
every entry until the real time has come there, so two clocks are compared before the first append
and ever after. Which of both is wrong nobody can say here. Measured on a thread of its own, so that
a database that hangs stops no scrape.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

import structlog
from prometheus_client import Gauge

from ledger.clock import MICROS_PER_SECOND, Clock
from ledger.domain.rows import Head
from ledger.errors import UnavailableError

SKEW_S_MAX: Final = 60.0  # A host without NTP drifts a second a day; a wrong zone is an hour.
MEASURE_EVERY_S: Final = 15.0  # A scrape's interval.
REASON: Final = "clocks of database and appender differ"

SKEW: Final = Gauge(
    "lianzheng_database_clock_skew_seconds", "PostgreSQL's clock less the appender's", ["log"]
)
log = structlog.get_logger()


class KnowsHead(Protocol):
    """A log in the database."""

    def head(self) -> Head:
        """Return the head, with the time of the database's clock."""
        ...


class Waits(Protocol):
    """What a role says of itself."""

    def set_waiting(self, reason: str) -> None:
        """Say why it does not do its work."""
        ...


class ClockSkew:
    """Compares the clocks of one appender.

    Args:
        name: The log's short name.
        recorder: The log.
        clock: This machine's.
    """

    def __init__(self, name: str, recorder: KnowsHead, clock: Clock) -> None:
        self._name = name
        self._recorder = recorder
        self._clock = clock
        self._is_told = False

    def measure(self) -> float:
        """Measure, export and, once each time it begins, report; return seconds.

        Raises:
            UnavailableError: PostgreSQL is away.
        """
        before = self._clock.now_micros()
        there = self._recorder.head().now
        own = (before + self._clock.now_micros()) // 2  # Halves what a slow answer adds.
        skew_s = (there - own) / MICROS_PER_SECOND
        SKEW.labels(self._name).set(skew_s)
        differs = abs(skew_s) > SKEW_S_MAX
        if differs and not self._is_told:
            log.error("clocks_differ", log=self._name, reason=f"{REASON} by {skew_s:.0f} s")
        self._is_told = differs
        return skew_s

    def wait(self, state: Waits, stopping: threading.Event) -> None:
        """Wait, not ready, until the clocks agree. Raises UnavailableError."""
        while abs(self.measure()) > SKEW_S_MAX:
            state.set_waiting(REASON)
            if stopping.wait(MEASURE_EVERY_S):
                return

    def watch(self, stopping: threading.Event) -> None:
        """Measure again and again on a thread, until ``stopping`` is set."""
        threading.Thread(
            target=self._watch, args=(stopping,), daemon=True, name="clock-skew"
        ).start()

    def _watch(self, stopping: threading.Event) -> None:
        while not stopping.wait(MEASURE_EVERY_S):
            try:
                self.measure()
            except UnavailableError:
                continue  # The loop says so.
