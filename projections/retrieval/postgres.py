"""The questions to the retrieval view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.reading import Cursor, Listing, cursor_values, first, listing, select
from projections.retrieval.view import AccessRow, RetrievalRow

_SQL = named_sql.load("projections.retrieval")


class PostgresRetrievalReader:
    """Satisfies ``RetrievalReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def retrievals(
        self, states: Sequence[str] | None, limit: int, after: Cursor | None = None
    ) -> Listing[RetrievalRow]:
        """Return retrievals in the given states or in any, most recently changed first."""
        wanted = None if states is None else list(states)
        values = {"states": wanted, **cursor_values(limit, after)}
        rows = select(self._connection, RetrievalRow, _SQL["list_retrievals"], values)
        return listing(rows, limit, lambda row: Cursor(row.changed_at, row.retrieval_id))

    def retrieval(self, retrieval_id: str) -> RetrievalRow | None:
        """Return one retrieval."""
        statement = _SQL["select_retrieval"]
        return first(select(self._connection, RetrievalRow, statement, (retrieval_id,)))

    def of_stream(self, stream_id: str) -> Sequence[RetrievalRow]:
        """Return the retrievals of a matter, by id."""
        return select(self._connection, RetrievalRow, _SQL["select_stream"], (stream_id,))

    def accesses(
        self, who: str | None, limit: int, after: Cursor | None = None, *, unapproved: bool = False
    ) -> Listing[AccessRow]:
        """Return accesses, newest first."""
        values = {"who": who, "unapproved": unapproved, **cursor_values(limit, after)}
        rows = select(self._connection, AccessRow, _SQL["list_accesses"], values)
        return listing(rows, limit, lambda row: Cursor(row.started_at, row.access_id))

    def accesses_of_stream(self, stream_id: str) -> Sequence[AccessRow]:
        """Return the accesses to records of a matter, oldest first."""
        return select(self._connection, AccessRow, _SQL["select_stream_accesses"], (stream_id,))

    def accesses_of(self, retrieval_id: str) -> Sequence[AccessRow]:
        """Return the accesses of a retrieval, oldest first."""
        return select(self._connection, AccessRow, _SQL["select_accesses_of"], (retrieval_id,))
