"""The only place that reads the time and draws randomness; everything else is given both."""

from __future__ import annotations

import os
import time
from typing import Protocol

MICROS_PER_SECOND = 1_000_000


class Clock(Protocol):
    """Something that knows the time."""

    def now_micros(self) -> int:
        """Return microseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_micros(self) -> int:
        """Return microseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000


class FixedClock:
    """A clock that stands still until it is moved, for replays and tests."""

    def __init__(self, at_micros: int) -> None:
        self.at_micros = at_micros

    def now_micros(self) -> int:
        """Return the time it was set to."""
        return self.at_micros


class Random(Protocol):
    """A source of random bytes."""

    def __call__(self, size: int, /) -> bytes:
        """Return ``size`` random bytes."""
        ...


def system_random(size: int, /) -> bytes:
    """Return ``size`` bytes from the operating system's generator."""
    return os.urandom(size)
