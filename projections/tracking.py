"""How far each view has read, and its digest: the rows that all views share.

Read before: ``definition``. Read next: ``fresh_tables``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from psycopg import Connection, OperationalError

from ledger.errors import UnavailableError
from projections import named_sql
from projections.definition import ViewDefinition

LIVE: Final = "views"
FRESH: Final = "views_fresh"

SQL = named_sql.load("projections")


class ViewState(NamedTuple):
    """What a view says of itself, as ``ProjectionStateAnchored`` records it."""

    code_version: str
    digest: str
    sizes: Mapping[str, int]


def read_state(connection: Connection[Any], view: str) -> ViewState | None:
    """Return what a view says of itself; None if its tables were never made.

    Inside one transaction of the caller's, or the parts may be of different moments.
    """
    found = connection.execute(SQL["select_digest"], (view,)).fetchone()
    return found and ViewState(found[0], found[1], read_sizes(connection, view))


def list_views(connection: Connection[Any]) -> list[str]:
    """Return the names of all views that have tables."""
    return [name for (name,) in connection.execute(SQL["list_views"]).fetchall()]


def read_sizes(connection: Connection[Any], view: str) -> dict[str, int]:
    """Return how many entries of each log a view has taken in."""
    return dict(connection.execute(SQL["select_sizes"], (view,)).fetchall())


def save_size(connection: Connection[Any], definition: ViewDefinition, log: str, size: int) -> None:
    """Note how far a view has read a log; inside the caller's transaction."""
    values = (definition.name, log, size, definition.code_version)
    connection.execute(SQL["save_size"], values)


def save_digest(connection: Connection[Any], definition: ViewDefinition, digest: str) -> None:
    """Note the digest of a view's rows; inside the caller's transaction."""
    connection.execute(SQL["save_digest"], (definition.name, definition.code_version, digest))


@contextmanager
def translated() -> Iterator[None]:
    """Tell the caller in our words that the database is away.

    Raises:
        UnavailableError: In the place of any operational error of the driver.
    """
    try:
        yield
    except OperationalError as error:
        # Its text may quote the statement; the class says enough.
        raise UnavailableError(f"PostgreSQL: {type(error).__name__}") from error
