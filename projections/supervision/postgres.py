"""The questions to the supervision view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.reading import Cursor, Listing, cursor_values, first, listing, select
from projections.supervision.view import (
    DECISIONS_MAX,
    AccountabilityRow,
    AlertQuery,
    AlertRow,
    RuleCount,
)

_SQL = named_sql.load("projections.supervision")


class PostgresSupervisionReader:
    """Satisfies ``SupervisionReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def alerts(
        self, query: AlertQuery, limit: int, after: Cursor | None = None
    ) -> Listing[AlertRow]:
        """Return alerts, the newest first."""
        values = {**query._asdict(), **cursor_values(limit, after)}
        rows = select(self._connection, AlertRow, _SQL["list_alerts"], values)
        return listing(rows, limit, lambda row: Cursor(row.raised_at, row.alert_id))

    def alert(self, alert_id: str) -> AlertRow | None:
        """Return one alert."""
        return first(select(self._connection, AlertRow, _SQL["select_alert"], (alert_id,)))

    def accountability(self, alert_id: str) -> Sequence[AccountabilityRow]:
        """Return the decisions that name an alert, the oldest first."""
        values = {"alert_id": alert_id, "limit": DECISIONS_MAX}
        return select(self._connection, AccountabilityRow, _SQL["list_accountability"], values)

    def count_by_rule(self, rule_ids: Sequence[str], most: int) -> dict[str, int]:
        """Return how many alerts each rule has, counted no further than ``most``; 0 left out."""
        values = {"rule_ids": list(rule_ids), "most": most}
        return {
            row.rule_id: row.alerts
            for row in select(self._connection, RuleCount, _SQL["count_by_rule"], values)
        }
