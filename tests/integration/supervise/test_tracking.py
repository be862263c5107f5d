"""Positions and instants are kept in PostgreSQL: durable, all or none, and nothing old over new."""

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation

from consumers.supervise.engine import Move
from consumers.supervise.tracking import PostgresTracking
from ledger.errors import UnavailableError
from ledger.rules.deadline_instance import NEVER
from tests.support.ledger_copy import LedgerCopy


@pytest.fixture
def url(database_url):
    """A database with the logs of a ledger."""
    LedgerCopy(2, schemas=()).store(database_url)
    return database_url


@pytest.fixture
def connection(url):
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def move(start, end, lowered_to=None, **changes):
    return Move(start, end, lowered_to, changes)


def test_a_new_ledger_has_nothing_judged(connection):
    tracking = PostgresTracking(connection)

    assert tracking.sizes() == {}
    assert tracking.due("0", 0, NEVER) == []
    assert tracking.due("0", 1, NEVER) is None


def test_what_is_kept_is_there_for_the_next_engine(connection, url):
    """One log may be ahead of the other; the most urgent stream comes first."""
    tracking = PostgresTracking(connection)
    tracking.advance({"0": move(0, 7, a=50, b=40), "control": move(0, 3, c=10)})
    tracking.advance({"1": move(0, 2), "0": move(7, 9, a=30, d=60)})

    with psycopg.connect(url, autocommit=True) as connected:
        another = PostgresTracking(connected)
        assert another.sizes() == {"0": 9, "1": 2, "control": 3}
        assert another.due("0", 9, 60) == [("a", 30), ("b", 40)]
        assert another.due("0", 9, NEVER)[-1] == ("d", 60)
        assert another.due("1", 2, NEVER) == []
        assert another.streams() == 4


def test_an_engine_that_is_behind_takes_nothing_back(connection):
    """Two at once: the one that is slower comes later, with less or with what is older."""
    tracking = PostgresTracking(connection)
    tracking.advance({"0": move(0, 9, a=50)})
    tracking.advance({"0": move(0, 4, a=20, b=1), "1": move(0, 5)})
    tracking.advance({"0": move(4, 12, 10, a=None)})

    assert tracking.sizes() == {"0": 9, "1": 5}
    assert tracking.due("0", 9, NEVER) == [("a", 50)]
    assert tracking.due("0", 4, NEVER) is None


def test_a_stream_without_an_open_deadline_is_not_kept(connection):
    """Lowering comes before what was found since, and touches no other log."""
    tracking = PostgresTracking(connection)
    tracking.advance({"0": move(0, 1, a=50, b=60, c=10), "1": move(0, 1, a=50)})
    tracking.advance({"0": move(1, 2, 20, b=None, d=70)})

    assert tracking.due("0", 2, NEVER) == [("c", 10), ("a", 20), ("d", 70)]
    assert tracking.due("1", 1, NEVER) == [("a", 50)]


def test_positions_are_kept_together_or_not_at_all(connection):
    """A log that is not there is a fault of ours; the others are judged again."""
    tracking = PostgresTracking(connection)
    with pytest.raises(ForeignKeyViolation):
        tracking.advance({"0": move(0, 4, a=1), "9": move(0, 1)})

    assert tracking.sizes() == {}
    assert tracking.streams() == 0


def test_a_lost_connection_is_told_as_an_outage(connection):
    """The caller opens another one and goes on from what is kept there."""
    tracking = PostgresTracking(connection)
    connection.close()
    for ask in (
        tracking.sizes,
        tracking.streams,
        lambda: tracking.due("0", 0, 1),
        lambda: tracking.advance({"0": move(0, 1)}),
    ):
        with pytest.raises(UnavailableError):
            ask()
