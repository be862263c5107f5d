"""The questions to the indicators' view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/indicators.py``.

For statistics as of a checkpoint and for unit tests; the contract suite puts the same questions to
it and to ``postgres``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from projections.indicators.view import FACTS, FactQuery, FactRow, Total, is_counted, is_met
from projections.indicators.view import outcome_of as outcome_at
from projections.reading import Cursor, Listing, listing_of
from projections.rows import MemoryRows

_EPOCH = dt.date(1970, 1, 1)


class MemoryIndicatorReader:
    """Satisfies ``IndicatorReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def totals(self, query: FactQuery, by: str = "ALL", *, latest: bool = False) -> list[Total]:
        """Return the counts by a part, ascending."""
        found: Iterable[FactRow] = self._facts(query)
        if latest:
            newest = sorted(found, key=lambda row: (row.day, row.leaf_index))
            found = {row.agency_id: row for row in newest}.values()
        parts: dict[str, list[FactRow]] = {}
        for row in found:
            for part in _parts(row, by):
                parts.setdefault(part, []).append(row)
        return [_total(part, rows, query.as_of) for part, rows in sorted(parts.items())]

    def facts(
        self, query: FactQuery, outcome: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[FactRow]:
        """Return facts, the newest first."""
        found = [
            row
            for row in self._facts(query)
            if outcome is None or outcome_at(row, query.as_of) == outcome
        ]
        return listing_of(found, limit, after, lambda row: Cursor(row.received_at, row.event_id))

    def _facts(self, query: FactQuery) -> Iterator[FactRow]:
        for row in self._rows.all(FACTS):
            if (
                row.indicator_id == query.indicator_id
                and is_counted(row, query.as_of)
                and query.agency_id in (None, row.agency_id)
                and (query.from_day is None or row.day >= query.from_day)
                and (query.to_day is None or row.day <= query.to_day)
            ):
                yield row


def _parts(row: FactRow, by: str) -> list[str]:
    date = (_EPOCH + dt.timedelta(days=row.day)).isoformat()
    words = {"AGENCY": row.agency_id, "YEAR": date[:4], "MONTH": date[:7]}
    if by == "DETAIL":
        return (row.detail or "").split()
    return [(row.outcome or "") if by == "OUTCOME" else words.get(by, "")]


def _total(part: str, rows: list[FactRow], as_of: int) -> Total:
    ripe = [row for row in rows if row.ripe_at <= as_of]
    values = sorted(row.value for row in rows if row.value is not None)
    return Total(
        part,
        sum(row.numerator for row in ripe if is_met(row, as_of)),
        sum(row.denominator for row in ripe),
        len(ripe),
        len(rows) - len(ripe),
        values[(len(values) - 1) // 2] if values else None,
    )
