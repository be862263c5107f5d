"""How far a log is judged is kept in PostgreSQL: durable, all or none, and never back."""

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation

from consumers.supervise.tracking import PostgresTracking
from ledger.errors import UnavailableError
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


def test_a_new_ledger_has_nothing_judged(connection):
    assert PostgresTracking(connection).sizes() == {}


def test_what_is_kept_is_there_for_the_next_engine(connection, url):
    """One log may be ahead of the other."""
    PostgresTracking(connection).advance({"0": 7, "control": 3})
    PostgresTracking(connection).advance({"1": 2, "0": 9})

    with psycopg.connect(url, autocommit=True) as another:
        assert PostgresTracking(another).sizes() == {"0": 9, "1": 2, "control": 3}


def test_an_engine_that_is_behind_takes_nothing_back(connection):
    """Two at once: the one that is slower comes later with less."""
    tracking = PostgresTracking(connection)
    tracking.advance({"0": 9})
    tracking.advance({"0": 4, "1": 5})

    assert tracking.sizes() == {"0": 9, "1": 5}


def test_sizes_are_kept_together_or_not_at_all(connection):
    """A log that is not there is a fault of ours; the others are judged again."""
    tracking = PostgresTracking(connection)
    with pytest.raises(ForeignKeyViolation):
        tracking.advance({"0": 4, "9": 1})

    assert tracking.sizes() == {}


def test_a_lost_connection_is_told_as_an_outage(connection):
    """The caller opens another one and goes on from what is kept there."""
    tracking = PostgresTracking(connection)
    connection.close()
    for ask in (tracking.sizes, lambda: tracking.advance({"0": 1})):
        with pytest.raises(UnavailableError):
            ask()
