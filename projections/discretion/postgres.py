"""The questions to the discretion view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection, OperationalError

from ledger.errors import UnavailableError
from projections import named_sql
from projections.discretion.view import (
    AdviceRow,
    BenchmarkRow,
    ClosingRow,
    Decided,
    DecisionQuery,
    DecisionRow,
    Moment,
)
from projections.reading import select

_SQL = named_sql.load("projections.discretion")
_COLUMNS: Final = len(DecisionRow._fields)


class PostgresDiscretionReader:
    """Satisfies ``DiscretionReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def benchmarks(
        self,
        moment: Moment,
        limit: int,
        item_code: str | None = None,
        agency_id: str | None = None,
    ) -> Sequence[BenchmarkRow]:
        """Return at most ``limit`` benchmarks, of an item, an agency or all, the newest first."""
        asked = {"item_code": item_code, "agency_id": agency_id, "limit": limit}
        values = {**asked, **moment._asdict()}
        return select(self._connection, BenchmarkRow, _SQL["list_benchmarks"], values)

    def decisions(self, query: DecisionQuery, moment: Moment, limit: int) -> Sequence[Decided]:
        """Return at most ``limit`` decisions, the newest first: by day, then event id."""
        values = {"limit": limit, **query._asdict(), **moment._asdict()}
        try:
            rows = self._connection.execute(_SQL["list_decisions"], values).fetchall()
        except OperationalError as error:
            raise UnavailableError(f"PostgreSQL: {type(error).__name__}") from error
        return [_decided(row) for row in rows]

    def closings(
        self, from_day: int, to_day: int, moment: Moment, limit: int
    ) -> Sequence[ClosingRow]:
        """Return at most ``limit`` closings of days from first to last, the newest first."""
        values = {"from_day": from_day, "to_day": to_day, "limit": limit, **moment._asdict()}
        return select(self._connection, ClosingRow, _SQL["list_closings"], values)

    def advices(self, stream_id: str, moment: Moment, limit: int) -> Sequence[AdviceRow]:
        """Return at most ``limit`` advices in a matter, the newest first."""
        values = {"stream_id": stream_id, "limit": limit, **moment._asdict()}
        return select(self._connection, AdviceRow, _SQL["list_advices"], values)


def _decided(row: Sequence[Any]) -> Decided:
    decision, is_revoked, advice = row[:_COLUMNS], row[_COLUMNS], row[_COLUMNS + 1 :]
    given = None if advice[0] is None else AdviceRow(*advice)
    return Decided(DecisionRow(*decision), given, bool(is_revoked))
