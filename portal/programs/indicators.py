"""Indicators as a person on the command line sees them.

Read before: ``portal/indicators.py``. Read next: ``portal/cli/indicator.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.clock import SystemClock
from portal.cli.times import parse_time
from portal.indicators import Wanted, detail, fact_document, how_of, indicator_of, summary
from portal.programs.owner import owner_url
from portal.programs.project import connect
from projections.indicators.definitions import indicators
from projections.indicators.postgres import PostgresIndicatorReader
from projections.indicators.view import OUTCOMES
from projections.reading import PAGE_ROWS_MAX, Cursor

ROLE = "audit"


def asked(as_of: str | None, agency: str | None, period: str | None) -> Wanted:
    """Return what is asked: as of a moment, by default of now. Raises MalformedError."""
    at = SystemClock().now_micros() if as_of is None else parse_time(as_of)
    return Wanted(at, agency, period)


def list_indicators(data: Path, wanted: Wanted) -> list[dict[str, Any]]:
    """Return every indicator with its counts.

    Raises:
        MalformedError: The period is none.
        UnavailableError: The database is away.
    """
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresIndicatorReader(connection)
        return [summary(reader, one, wanted) for one in indicators().values()]


def read_indicator(
    data: Path, indicator_id: str, wanted: Wanted, outcome: str, limit: int
) -> dict[str, Any]:
    """Return one indicator, its counts by agency and month, and the acts behind it.

    Raises:
        MalformedError: There is no such indicator, or the period is none.
        UnavailableError: The database is away.
    """
    indicator = indicator_of(indicator_id)
    listed = outcome if outcome in OUTCOMES else None
    facts: list[dict[str, Any]] = []
    after: Cursor | None = None
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresIndicatorReader(connection)
        document = detail(reader, indicator, wanted)
        query = wanted.query(indicator.id)
        while len(facts) < limit:
            rows_max = min(PAGE_ROWS_MAX, limit - len(facts))
            page = reader.facts(query, listed, rows_max, after, how_of(indicator))
            facts += [fact_document(row, wanted.as_of) for row in page.rows]
            after = page.next_cursor
            if after is None:
                break
    return {**document, "items": facts, "is_cut": after is not None}
