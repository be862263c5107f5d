"""The questions to the indicators' view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection

from projections import named_sql
from projections.indicators.view import FactQuery, FactRow, Total, cursor_of
from projections.reading import Cursor, Listing, cursor_values, listing, select

_SQL = named_sql.load("projections.indicators")
_TOTALS: Final = {"LATEST": "select_latest_totals", "RANK": "select_ranked_totals"}


class PostgresIndicatorReader:
    """Satisfies ``IndicatorReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def totals(self, query: FactQuery, by: str = "ALL", how: str = "ALL") -> list[Total]:
        """Return the counts by a part, ascending."""
        name = _TOTALS.get(how, "select_detail_totals" if by == "DETAIL" else "select_totals")
        found = select(self._connection, Total, _SQL[name], {**query._asdict(), "by": by})
        return [
            one._replace(value_sum=int(one.value_sum), value_squares=int(one.value_squares))
            for one in found
        ]

    def facts(
        self,
        query: FactQuery,
        outcome: str | None,
        limit: int,
        after: Cursor | None = None,
        how: str = "ALL",
    ) -> Listing[FactRow]:
        """Return facts, the newest first."""
        values = {**query._asdict(), "outcome": outcome, **cursor_values(limit, after)}
        values["event_id"], _, values["fact_key"] = values["id"].partition(" ")
        name = "list_ranked_facts" if how == "RANK" else "list_facts"
        return listing(select(self._connection, FactRow, _SQL[name], values), limit, cursor_of)
