"""The appender compares the database's clock with its own, before and while it appends."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from ledger.clock import MICROS_PER_SECOND, FixedClock
from ledger.domain.rows import Head
from ledger.errors import UnavailableError
from portal.programs import clock_skew
from portal.programs.clock_skew import SKEW, SKEW_S_MAX, ClockSkew

NOW = 1_800_000_000 * MICROS_PER_SECOND


class Database:
    """A log whose database's clock is ahead by as much as the test says, measurement by measurement."""

    def __init__(self, *ahead_s: float) -> None:
        self.ahead_s = list(ahead_s)

    def head(self) -> Head:
        if not self.ahead_s:
            raise UnavailableError("PostgreSQL is away")
        now = NOW + int(self.ahead_s.pop(0) * MICROS_PER_SECOND)
        return Head(0, bytes(32), 0, 0, 0, now)


class Said:
    """A role's state."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def set_waiting(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(clock_skew, "MEASURE_EVERY_S", 0.0)


def skew(*ahead_s: float) -> ClockSkew:
    return ClockSkew("0", Database(*ahead_s), FixedClock(NOW))


@pytest.mark.parametrize("ahead_s", [-3.5, 0.0, 7200.0])
def test_the_difference_is_exported_with_its_sign(ahead_s):
    assert skew(ahead_s).measure() == ahead_s
    assert SKEW.labels("0")._value.get() == ahead_s


def test_a_difference_is_reported_once_each_time_it_begins():
    measured = skew(0, 3600, 3600, 0, -3600)
    with capture_logs() as lines:
        for _ in range(5):
            measured.measure()
    assert [(line["event"], line["log"]) for line in lines] == [("clocks_differ", "0")] * 2
    assert "by 3600 s" in lines[0]["reason"]
    assert "by -3600 s" in lines[1]["reason"]


def test_nothing_begins_while_the_clocks_differ(quick):
    """The start waits, not ready, and goes on by itself."""
    state = Said()
    skew(SKEW_S_MAX + 1, -SKEW_S_MAX - 1, SKEW_S_MAX).wait(state, threading.Event())
    assert state.reasons == [clock_skew.REASON] * 2


def test_a_role_that_waits_for_clocks_can_be_stopped(quick):
    """After one look; a second one would find no database."""
    state, stopping = Said(), threading.Event()
    stopping.set()
    skew(3600).wait(state, stopping)
    assert state.reasons == [clock_skew.REASON]


def test_a_database_that_goes_away_ends_the_start_and_not_the_watch(quick):
    with pytest.raises(UnavailableError):
        skew().wait(Said(), threading.Event())

    class Twice(threading.Event):
        """Is not set the first two times that it is asked."""

        turns = 0

        def wait(self, _limit_s=None):
            self.turns += 1
            return self.turns > 2

    database = Database(5.0)
    ClockSkew("1", database, FixedClock(NOW))._watch(Twice())
    assert SKEW.labels("1")._value.get() == 5.0
