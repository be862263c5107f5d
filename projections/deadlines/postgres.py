"""The questions to the view of deadlines, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.deadlines.view import FIRST, DeadlineQuery, DeadlineRow
from projections.reading import PAGE_ROWS_MAX, Cursor, Listing, first, listing, select

_SQL = named_sql.load("projections.deadlines")


class PostgresDeadlineReader:
    """Satisfies ``DeadlineReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def deadlines(
        self, query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[DeadlineRow]:
        """Return deadlines, the earliest due first."""
        values = statement_values(query, now, limit, after)
        rows = select(self._connection, DeadlineRow, _SQL[_statement(query)], values)
        return listing(rows, limit, lambda row: row.order)

    def deadline(self, instance_id: str) -> DeadlineRow | None:
        """Return one deadline."""
        rows = select(self._connection, DeadlineRow, _SQL["select_deadline"], (instance_id,))
        return first(rows)


def statement_values(
    query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
) -> dict[str, Any]:
    """Return the parameters of a list's statement; of each kind, after which row it begins."""
    assert 1 <= limit <= PAGE_ROWS_MAX
    after = after or FIRST
    # One lower bound and not two: the planner takes each for another third of the rows.
    begins = {kind: max(Cursor(at, ""), after) for kind, at in query.starts(now).items()}
    return {
        **query._asdict(),
        "kinds": list(begins),
        "ats": [begin.at for begin in begins.values()],
        "ids": [begin.id for begin in begins.values()],
        "last": query.last(now),
        "at": after.at,
        "id": after.id,
        "limit": limit + 1,
    }


def _statement(query: DeadlineQuery) -> str:
    """Return the statement whose index narrows most; what else is asked it filters."""
    if query.stream_id is not None:
        return "list_of_stream"
    if query.is_any:
        return "list_any" if query.agency_id is None else "list_any_of_agency"
    if query.agency_id is not None:
        return "list_of_agency"
    return "list_due" if query.deadline_id is None else "list_of_row"
