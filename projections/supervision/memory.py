"""The questions to the supervision view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/programs/alerts.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from projections.reading import Cursor, Listing, first, listing_of
from projections.rows import MemoryRows
from projections.supervision.view import (
    ACCOUNTABILITY,
    ALERTS,
    DECISIONS_MAX,
    AccountabilityRow,
    AlertQuery,
    AlertRow,
)


class MemorySupervisionReader:
    """Satisfies ``SupervisionReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def alerts(
        self, query: AlertQuery, limit: int, after: Cursor | None = None
    ) -> Listing[AlertRow]:
        """Return alerts, the newest first."""
        wanted = {name: value for name, value in query._asdict().items() if value is not None}
        found = [
            row
            for row in self._rows.all(ALERTS)
            if all(getattr(row, name) == value for name, value in wanted.items())
        ]
        return listing_of(found, limit, after, lambda row: Cursor(row.raised_at, row.alert_id))

    def alert(self, alert_id: str) -> AlertRow | None:
        """Return one alert."""
        return first([row for row in self._rows.all(ALERTS) if row.alert_id == alert_id])

    def accountability(self, alert_id: str) -> Sequence[AccountabilityRow]:
        """Return the decisions that name an alert, the oldest first."""
        found = [row for row in self._rows.all(ACCOUNTABILITY) if row.alert_id == alert_id]
        found.sort(key=lambda row: (row.decided_at, row.event_id, row.number))
        return found[:DECISIONS_MAX]

    def count_by_rule(self, rule_ids: Sequence[str], most: int) -> dict[str, int]:
        """Return how many alerts each rule has, counted no further than ``most``; 0 left out."""
        found = Counter(row.rule_id for row in self._rows.all(ALERTS))
        return {one: min(found[one], most) for one in rule_ids if found[one]}
