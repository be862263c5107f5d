"""Reading the rows of a view: whole rows by position, lists in pages.

Read before: ``tables``. Read next: ``disclosure/postgres.py``.

A list goes on after the last row shown, by (time, id); it has no offsets and no totals, so a page
costs the same however long the list is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, LiteralString, NamedTuple, TypeVar, cast

from psycopg import Connection, OperationalError
from psycopg.errors import QueryCanceled

from ledger.errors import TooCostlyError, UnavailableError

PAGE_ROWS_MAX: Final = 200
_NEWEST: Final = 2**63 - 1

R = TypeVar("R", bound=tuple[Any, ...])


class Cursor(NamedTuple):
    """Where the next page of a list begins: after this row."""

    at: int  # Microseconds UTC.
    id: str


class Listing(NamedTuple, Generic[R]):
    """One page of a list; ``next_cursor`` is None at its end."""

    rows: Sequence[R]
    next_cursor: Cursor | None


def select(
    connection: Connection[Any],
    row_type: type[R],
    statement: LiteralString,
    values: Mapping[str, Any] | Sequence[Any],
) -> list[R]:
    """Return the rows that a statement selects, columns in the order of ``row_type``.

    Raises:
        TooCostlyError: It took longer than the connection lets a statement take.
        UnavailableError: The database is away.
    """
    make = cast("Callable[[Sequence[Any]], R]", row_type._make)  # type: ignore[attr-defined]
    try:
        return [make(row) for row in connection.execute(statement, values).fetchall()]
    except QueryCanceled as error:
        raise TooCostlyError("PostgreSQL: a question took too long") from error
    except OperationalError as error:
        raise UnavailableError(f"PostgreSQL: {type(error).__name__}") from error


def first(rows: Sequence[R]) -> R | None:
    """Return the first row, if there is one."""
    return rows[0] if rows else None


def cursor_values(limit: int, after: Cursor | None) -> dict[str, Any]:
    """Return the parameters ``limit``, ``at`` and ``id`` of a list's statement."""
    assert 1 <= limit <= PAGE_ROWS_MAX
    at, row_id = after or (_NEWEST, "")
    return {"limit": limit + 1, "at": at, "id": row_id}


def listing(rows: Sequence[R], limit: int, cursor_of: Callable[[R], Cursor]) -> Listing[R]:
    """Return one page out of up to ``limit + 1`` rows."""
    if len(rows) <= limit:
        return Listing(rows, None)
    return Listing(rows[:limit], cursor_of(rows[limit - 1]))


def listing_of(
    rows: Sequence[R], limit: int, after: Cursor | None, cursor_of: Callable[[R], Cursor]
) -> Listing[R]:
    """Return one page of all rows of a list, newest first."""
    newest_first = sorted(rows, key=cursor_of, reverse=True)
    following = [row for row in newest_first if after is None or cursor_of(row) < after]
    return listing(following[: limit + 1], limit, cursor_of)
