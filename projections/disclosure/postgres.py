"""The questions to the disclosure view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``.

Reads only, so the portal's role needs SELECT on namespace ``views`` and no more. Each call is one
statement and sees either the tables before a rebuild or those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.disclosure.search import pattern, tsquery
from projections.disclosure.view import (
    OWN_PAGE,
    DecisionRow,
    DisclosureRow,
    DutyRow,
    PageQuery,
    PageRow,
    TombstoneRow,
    VersionRow,
    china_day,
)
from projections.reading import Cursor, Listing, cursor_values, first, listing, select

_SQL = named_sql.load("projections.disclosure")


class PostgresDisclosureReader:
    """Satisfies ``DisclosureReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def search(
        self, query: PageQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[PageRow]:
        """Return published records, newest first."""
        values = {**_query_values(query), "today": china_day(now)}
        name = "search_pages" if values["patterns"] else "list_pages"
        values |= cursor_values(limit, after)
        rows = select(self._connection, PageRow, _SQL[name], values)
        return listing(rows, limit, lambda row: Cursor(row.published_at, row.disclosure_id))

    def tombstones(
        self, query: PageQuery, limit: int, after: Cursor | None = None
    ) -> Listing[TombstoneRow]:
        """Return withdrawn records, newest first."""
        values = _query_values(query)
        name = "search_tombstones" if values["patterns"] else "list_tombstones"
        values |= cursor_values(limit, after)
        rows = select(self._connection, TombstoneRow, _SQL[name], values)
        return listing(rows, limit, lambda row: Cursor(row.withdrawn_at, row.disclosure_id))

    def page(self, disclosure_id: str, now: int) -> PageRow | TombstoneRow | None:
        """Return what the public may see of a disclosure."""
        shown = (disclosure_id, china_day(now))
        page = first(select(self._connection, PageRow, _SQL["select_page"], shown))
        if page is not None:
            return page
        tombstone = _SQL["select_tombstone"]
        return first(select(self._connection, TombstoneRow, tombstone, (disclosure_id,)))

    def versions(self, disclosure_id: str) -> Sequence[VersionRow]:
        """Return the public acts on a disclosure, oldest first."""
        return select(self._connection, VersionRow, _SQL["select_versions"], (disclosure_id,))

    def register(
        self, agency_id: str | None, states: Sequence[str], limit: int, after: Cursor | None = None
    ) -> Listing[DisclosureRow]:
        """Return disclosures in the given states, newest change first."""
        values = {"agency_id": agency_id, "states": list(states), **cursor_values(limit, after)}
        rows = select(self._connection, DisclosureRow, _SQL["list_register"], values)
        return listing(rows, limit, lambda row: Cursor(row.changed_at, row.disclosure_id))

    def disclosure(self, disclosure_id: str) -> DisclosureRow | None:
        """Return the whole state of one disclosure."""
        statement = _SQL["select_disclosure"]
        return first(select(self._connection, DisclosureRow, statement, (disclosure_id,)))

    def of_stream(self, stream_id: str) -> Sequence[DisclosureRow]:
        """Return the disclosures of a matter, by id."""
        return select(self._connection, DisclosureRow, _SQL["select_stream"], (stream_id,))

    def decision(self, stream_id: str, event_id: str) -> DecisionRow | None:
        """Return a decision that a disclosure may be about."""
        statement = _SQL["select_decision"]
        return first(select(self._connection, DecisionRow, statement, (stream_id, event_id)))

    def duty(self, stream_id: str, event_id: str) -> DutyRow | None:
        """Return what was judged of a decision for the agency's own page."""
        values = (stream_id, event_id, OWN_PAGE)
        return first(select(self._connection, DutyRow, _SQL["select_duty"], values))

    def undisclosed(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[DecisionRow]:
        """Return decisions that no disclosure was begun for, newest first."""
        values = {"agency_id": agency_id, **cursor_values(limit, after)}
        rows = select(self._connection, DecisionRow, _SQL["list_undisclosed"], values)
        return listing(rows, limit, lambda row: Cursor(row.decided_at, row.event_id))


def _query_values(query: PageQuery) -> dict[str, Any]:
    texts = query.texts()
    return {
        "view": query.view,
        "agency_id": query.agency_id,
        "terms": tsquery(texts.values()),
        "patterns": ["(?n)" + pattern(field, text) for field, text in texts.items()],
    }
