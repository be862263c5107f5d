"""Closed days and what rules remember are kept in PostgreSQL: at once, and nothing old over new."""

import psycopg
import pytest

from consumers.supervise import day_tracking
from consumers.supervise.day_closing import Closed, DayMove, DaysMovedError
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
    assert rows_of(tracking, NOTHING) == {}


def rows_of(tracking, closed):
    """Return all rows of two rules, each of them asked for by its key too."""
    store, found = tracking.rows(closed), {}
    for rule in ("V-1", "V-2"):
        rows = store.of(rule)
        found |= {(rule, key): row for key, row in rows.items()}
        assert all(rows.get(key) == row for key, row in rows.items())
        assert rows.get("none") is None
    return found


def test_days_and_rows_are_there_for_the_next_engine(tracking, database_url):
    first = Closed(20_000, {"0": 3, "control": 5})
    rows = {("V-1", "a"): {"n": 2**62, "名": [None]}, ("V-1", "b"): [1], ("V-2", "a"): 0}
    assert tracking.advance(DayMove(NOTHING, first, rows))
    then = Closed(20_003, {"0": 4, "control": 5})
    assert tracking.advance(DayMove(first, then, {("V-1", "a"): None, ("V-2", "a"): {"x": 1}}))

    with psycopg.connect(database_url, autocommit=True) as connected:
        another = PostgresDayTracking(connected)
        assert another.closed() == then
        assert rows_of(another, then) == {("V-1", "b"): [1], ("V-2", "a"): {"x": 1}}


def test_an_engine_that_is_behind_takes_nothing_back(tracking):
    first, later = Closed(20_000, {"0": 3}), Closed(20_001, {"0": 4})
    assert tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 1}))
    assert tracking.advance(DayMove(first, later, {("V-1", "a"): 2}))

    assert not tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 3}))
    assert not tracking.advance(DayMove(first, later, {("V-1", "b"): 3}))
    assert rows_of(tracking, later) == {("V-1", "a"): 2}


def test_rows_of_another_day_are_never_taken_for_those_of_the_own(tracking, connection):
    """Neither one row nor a page; nor where somebody deleted the day."""
    first, later = Closed(20_000, {"0": 3}), Closed(20_001, {"0": 4})
    tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 1}))
    rows = tracking.rows(first).of("V-1")
    assert (rows.get("a"), rows.get("b")) == (1, None)
    tracking.advance(DayMove(first, later, {("V-1", "a"): 2}))
    for day in ("moved", "deleted"):
        with pytest.raises(DaysMovedError):
            rows.get("a")
        with pytest.raises(DaysMovedError):
            next(rows.items())
        if day == "moved":
            rows = tracking.rows(later).of("V-1")
            connection.execute("DELETE FROM supervision.closed_days")


def test_rows_come_by_the_beginning_of_their_key_page_by_page(tracking, monkeypatch):
    """Ascending as Python sorts them, whatever characters they have."""
    monkeypatch.setattr(day_tracking, "PAGE_ROWS", 2)
    keys = ["a", "a:", "a:1", "a:2", "a:é", "a:长", "a:\U0001f600", "b", "~", "长"]
    first = Closed(20_000, {})
    tracking.advance(DayMove(NOTHING, first, {("V-1", key): key for key in keys}))
    rows = tracking.rows(first).of("V-1")
    assert [*rows.items()] == [(key, key) for key in sorted(keys)]
    for start in ("a", "a:", "b", "c", "长"):
        assert [key for key, _ in rows.items(start)] == sorted(
            key for key in keys if key.startswith(start)
        )


def test_whoever_deletes_the_day_has_all_closed_again(tracking, connection):
    """What was remembered goes too: nothing of it belongs to the beginning."""
    first = Closed(20_000, {"0": 3})
    tracking.advance(DayMove(NOTHING, first, {("V-1", "a"): 1}))
    connection.execute("DELETE FROM supervision.closed_days")

    assert rows_of(tracking, NOTHING) == {}
    assert not tracking.advance(DayMove(first, Closed(20_001, {}), {("V-1", "b"): 1}))
    assert tracking.advance(DayMove(NOTHING, first, {("V-1", "c"): 1}))
    assert rows_of(tracking, first) == {("V-1", "c"): 1}


def test_a_lost_connection_is_told_as_an_outage(tracking, connection):
    connection.close()
    for ask in (
        tracking.closed,
        lambda: tracking.rows(Closed(1, {})).of("V-1").get("a"),
        lambda: tracking.advance(DayMove(NOTHING, Closed(1, {}), {})),
    ):
        with pytest.raises(UnavailableError):
            ask()
