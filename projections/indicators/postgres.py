"""The questions to the indicators' view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.indicators.view import FactQuery, FactRow, Total
from projections.reading import Cursor, Listing, cursor_values, listing, select

_SQL = named_sql.load("projections.indicators")


class PostgresIndicatorReader:
    """Satisfies ``IndicatorReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def totals(self, query: FactQuery, by: str = "ALL", *, latest: bool = False) -> list[Total]:
        """Return the counts by a part, ascending."""
        name = "select_latest_totals" if latest else "select_totals"
        if by == "DETAIL":
            name = "select_detail_totals"
        return select(self._connection, Total, _SQL[name], {**query._asdict(), "by": by})

    def facts(
        self, query: FactQuery, outcome: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[FactRow]:
        """Return facts, the newest first."""
        values = {**query._asdict(), "outcome": outcome, **cursor_values(limit, after)}
        rows = select(self._connection, FactRow, _SQL["list_facts"], values)
        return listing(rows, limit, lambda row: Cursor(row.received_at, row.event_id))
