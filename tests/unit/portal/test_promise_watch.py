"""A database behind its promise is noticed by whoever reads it, for the banner and the alert."""

from __future__ import annotations

import pytest

from ledger.clock import MICROS_PER_SECOND
from ledger.errors import UnavailableError
from portal.promise_watch import CHECK_EVERY_S, PromiseWatch


class SetClock:
    """A clock that a test sets."""

    micros = 1_800_000_000 * MICROS_PER_SECOND

    def now_micros(self) -> int:
        return self.micros


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def heads():
    return {"control": 7, "0": 40}


@pytest.fixture
def promised():
    return {"control": 7, "0": 40}


@pytest.fixture
def watch(clock, heads, promised):
    return PromiseWatch(lambda: heads, promised.__getitem__, clock)


def later(clock):
    clock.micros += (CHECK_EVERY_S + 1) * MICROS_PER_SECOND


def test_a_database_that_has_what_is_promised_raises_nothing(watch, heads, clock):
    assert (watch.behind(), watch.text()) == ((), None)
    heads["0"] += 100  # Committed, and not yet promised.
    later(clock)
    assert watch.behind() == ()


def test_an_older_database_is_named_by_its_logs_and_its_recovery_ends_it(watch, heads, clock):
    heads["0"] = 12
    assert watch.behind() == ("0",)
    assert "（0）" in watch.text()
    heads["0"] = 40
    assert watch.behind() == ("0",), "compared again within the pause"
    later(clock)
    assert (watch.behind(), watch.text()) == ((), None)


def test_what_cannot_be_compared_stays_as_it_was(watch, heads, promised, clock, monkeypatch):
    heads["control"] = 1
    assert watch.behind() == ("control",)

    def away(_log):
        raise UnavailableError("the tile store is away")

    monkeypatch.setattr(watch, "_promised_size", away)
    later(clock)
    assert watch.behind() == ("control",)
