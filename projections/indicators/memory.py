"""The questions to the indicators' view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/indicators.py``.

For statistics as of a checkpoint and for unit tests; the contract suite puts the same questions to
it and to ``postgres``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from projections.indicators.view import (
    FACTS,
    FactQuery,
    FactRow,
    Total,
    cursor_of,
    is_in,
    is_known,
)
from projections.indicators.view import outcome_of as outcome_at
from projections.reading import Cursor, Listing, listing_of
from projections.rows import MemoryRows

_EPOCH = dt.date(1970, 1, 1)
_NO_DAY = 2**31 - 1


class MemoryIndicatorReader:
    """Satisfies ``IndicatorReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def totals(self, query: FactQuery, by: str = "ALL", how: str = "ALL") -> list[Total]:
        """Return the counts by a part, ascending."""
        found = _newest(self._facts(query), query) if how == "LATEST" else self._seen(query, how)
        parts: dict[str, list[FactRow]] = {}
        for row in found:
            for part in _parts(row, by):
                parts.setdefault(part, []).append(row)
        return [_total(part, rows, query.as_of) for part, rows in sorted(parts.items())]

    def facts(
        self,
        query: FactQuery,
        outcome: str | None,
        limit: int,
        after: Cursor | None = None,
        how: str = "ALL",
    ) -> Listing[FactRow]:
        """Return facts, the newest first."""
        found = [
            row
            for row in self._seen(query, how)
            if (outcome is None or outcome_at(row, query.as_of) == outcome)
            and (query.stock_day is None or (row.until_day or _NO_DAY) > query.stock_day)
        ]
        return listing_of(found, limit, after, cursor_of)

    def _seen(self, query: FactQuery, how: str) -> Iterable[FactRow]:
        if how != "RANK":
            return self._facts(query)
        whole = self._facts(query._replace(from_day=None, to_day=None))
        return [row for row in _ranked(whole) if _is_within(row, query)]

    def _facts(self, query: FactQuery) -> Iterator[FactRow]:
        for row in self._rows.all(FACTS):
            if (
                row.indicator_id == query.indicator_id
                and is_known(row, query.as_of)
                and query.agency_id in (None, row.agency_id)
                and _is_within(row, query)
            ):
                yield row


def _is_within(row: FactRow, query: FactQuery) -> bool:
    return (query.from_day is None or row.day >= query.from_day) and (
        query.to_day is None or row.day <= query.to_day
    )


def _newest(found: Iterable[FactRow], query: FactQuery) -> list[FactRow]:
    """Return the newest fact of each agency and subject, if it had not ended."""
    ascending = sorted(found, key=lambda row: (row.day, row.leaf_index))
    newest = {(row.agency_id, row.subject or ""): row for row in ascending}.values()
    stock_day = _NO_DAY if query.stock_day is None else query.stock_day
    return [row for row in newest if row.until_day is None or row.until_day > stock_day]


def _ranked(found: Iterable[FactRow]) -> Iterator[FactRow]:
    """Yield facts, of which those are met that are beyond the value in their year."""
    ascending = sorted(
        found, key=lambda row: (row.day, row.received_at, row.event_id, row.fact_key)
    )
    places: dict[tuple[str, str | None, str], int] = {}
    for row in ascending:
        key = (row.agency_id, row.subject, _date(row)[:4])
        places[key] = place = places.get(key, 0) + 1
        yield row._replace(is_met=row.value is not None and place > row.value)


def _date(row: FactRow) -> str:
    return (_EPOCH + dt.timedelta(days=row.day)).isoformat()


def _parts(row: FactRow, by: str) -> list[str]:
    date = _date(row)
    words = {"AGENCY": row.agency_id, "YEAR": date[:4], "MONTH": date[:7]}
    if by == "DETAIL":
        return (row.detail or "").split()
    return [(row.outcome or "") if by == "OUTCOME" else words.get(by, "")]


def _total(part: str, rows: list[FactRow], as_of: int) -> Total:
    ripe = [row for row in rows if row.ripe_at <= as_of]
    values = sorted(row.value for row in rows if row.value is not None)
    return Total(
        part,
        sum(row.numerator for row in ripe if is_in(row)),
        sum(row.denominator for row in ripe),
        len(ripe),
        len(rows) - len(ripe),
        values[(len(values) - 1) // 2] if values else None,
        len(values),
        sum(values),
        sum(value * value for value in values),
        max(row.received_at for row in rows),
    )
