"""Closed days and what rules remember are kept in PostgreSQL: at once, and nothing old over new."""

import psycopg
import pytest

from consumers.supervise.day_closing import Closed, DayMove
from consumers.supervise.day_tracking import PostgresDayTracking
from ledger.errors import UnavailableError
from tests.support.ledger_copy import LedgerCopy

NOTHING = Closed(None, {})


@pytest.fixture
def connection(database_url):
    LedgerCopy(1, schemas=()).store(database_url)
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def tracking(connection):
    return PostgresDayTracking(connection)


def test_a_new_ledger_has_no_day_closed(tracking):
    assert tracking.closed() == NOTHING
    assert tracking.rows() == (NOTHING, {})


def test_days_and_rows_are_there_for_the_next_engine(tracking, database_url):
    first = Closed(20_000, {"0": 3, "control": 5})
    rows = {("V-1", "a"): {"n": 2**62, "名": [None]}, ("V-1", "b"): [1], ("V-2", "a"): 0}
    assert tracking.advance(DayMove(NOTHING, first, rows))
    then = Closed(20_003, {"0": 4, "control": 5})
    assert tracking.advance(DayMove(first, then, {("V-1", "a"): None, ("V-2", "a"): {"x": 1}}))

    with psycopg.connect(database_url, autocommit=True) as connected:
        another = PostgresDayTracking(connected)
        assert another.closed() == then
        assert another.rows() == (then, {("V-1", "b"): [1], ("V-2", "a"): {"x": 1}})


def test_an_engine_that_is_behind_takes_nothing_back(tracking):
    first, later = Closed(20_000, {"0": 3}), Closed(20_001, {"0": 4})
    assert tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 1}))
    assert tracking.advance(DayMove(first, later, {("V-1", "a"): 2}))

    assert not tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 3}))
    assert not tracking.advance(DayMove(first, later, {("V-1", "b"): 3}))
    assert tracking.rows() == (later, {("V-1", "a"): 2})


def test_whoever_deletes_the_day_has_all_closed_again(tracking, connection):
    """What was remembered goes too: nothing of it belongs to the beginning."""
    first = Closed(20_000, {"0": 3})
    tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 1}))
    connection.execute("DELETE FROM supervision.closed_days")

    assert tracking.rows() == (NOTHING, {})
    assert not tracking.advance(DayMove(first, Closed(20_001, {}), {("V-1", "b"): 1}))
    assert tracking.advance(DayMove(NOTHING, first, {("V-1", "c"): 1}))
    assert tracking.rows() == (first, {("V-1", "c"): 1})


def test_a_lost_connection_is_told_as_an_outage(tracking, connection):
    connection.close()
    for ask in (
        tracking.closed,
        tracking.rows,
        lambda: tracking.advance(DayMove(NOTHING, Closed(1, {}), {})),
    ):
        with pytest.raises(UnavailableError):
            ask()
