"""The questions to the disclosure view, answered from rows in memory.

Read before: ``view``. Read next: ``projections/case_replay/projection.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from projections.disclosure.search import pattern
from projections.disclosure.view import (
    DECISIONS,
    DISCLOSURES,
    DUTIES,
    OWN_PAGE,
    PAGES,
    TOMBSTONES,
    VERSIONS,
    DecisionRow,
    DisclosureRow,
    DutyRow,
    PageQuery,
    PageRow,
    TombstoneRow,
    VersionRow,
    china_day,
)
from projections.reading import Cursor, Listing, first, listing_of
from projections.rows import MemoryRows


class MemoryDisclosureReader:
    """Satisfies ``DisclosureReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def search(
        self, query: PageQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[PageRow]:
        """Return published records, newest first."""
        found = [row for row in self._pages(now) if _matches(query, row)]
        return listing_of(
            found, limit, after, lambda row: Cursor(row.published_at, row.disclosure_id)
        )

    def tombstones(
        self, query: PageQuery, limit: int, after: Cursor | None = None
    ) -> Listing[TombstoneRow]:
        """Return withdrawn records, newest first."""
        found = [row for row in self._rows.all(TOMBSTONES) if _matches(query, row)]
        return listing_of(
            found, limit, after, lambda row: Cursor(row.withdrawn_at, row.disclosure_id)
        )

    def page(self, disclosure_id: str, now: int) -> PageRow | TombstoneRow | None:
        """Return what the public may see of a disclosure."""
        pages = [row for row in self._pages(now) if row.disclosure_id == disclosure_id]
        gone = [row for row in self._rows.all(TOMBSTONES) if row.disclosure_id == disclosure_id]
        return first(pages) or first(gone)

    def versions(self, disclosure_id: str) -> Sequence[VersionRow]:
        """Return the public acts on a disclosure, oldest first."""
        found = [row for row in self._rows.all(VERSIONS) if row.disclosure_id == disclosure_id]
        return sorted(found, key=lambda row: row.leaf_index)

    def register(
        self, agency_id: str | None, states: Sequence[str], limit: int, after: Cursor | None = None
    ) -> Listing[DisclosureRow]:
        """Return disclosures in the given states, newest change first."""
        found = [
            row
            for row in self._rows.all(DISCLOSURES)
            if row.state in states and agency_id in {None, row.agency_id}
        ]
        return listing_of(
            found, limit, after, lambda row: Cursor(row.changed_at, row.disclosure_id)
        )

    def disclosure(self, disclosure_id: str) -> DisclosureRow | None:
        """Return the whole state of one disclosure."""
        rows = self._rows.all(DISCLOSURES)
        return first([row for row in rows if row.disclosure_id == disclosure_id])

    def of_stream(self, stream_id: str) -> Sequence[DisclosureRow]:
        """Return the disclosures of a matter, by id."""
        found = [row for row in self._rows.all(DISCLOSURES) if row.stream_id == stream_id]
        return sorted(found, key=lambda row: row.disclosure_id)

    def decision(self, stream_id: str, event_id: str) -> DecisionRow | None:
        """Return a decision that a disclosure may be about."""
        rows = self._rows.all(DECISIONS)
        return first([row for row in rows if row[1:3] == (stream_id, event_id)])

    def duty(self, stream_id: str, event_id: str) -> DutyRow | None:
        """Return what was judged of a decision for the agency's own page."""
        found = self._rows.all(DUTIES)
        return first([row for row in found if row[1:4] == (stream_id, event_id, OWN_PAGE)])

    def undisclosed(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[DecisionRow]:
        """Return decisions that no disclosure was begun for, newest first."""
        begun = {(row.stream_id, row.source_event_id) for row in self._rows.all(DISCLOSURES)}
        found = [
            row
            for row in self._rows.all(DECISIONS)
            if row[1:3] not in begun and agency_id in {None, row.agency_id} and not row.is_annulled
        ]
        return listing_of(found, limit, after, lambda row: Cursor(row.decided_at, row.event_id))

    def _pages(self, now: int) -> list[PageRow]:
        today = china_day(now)
        return [row for row in self._rows.all(PAGES) if row.until is None or row.until >= today]


def _matches(query: PageQuery, row: PageRow | TombstoneRow) -> bool:
    """Tell whether a row is what is searched for."""
    if query.view not in {None, row.view} or query.agency_id not in {None, row.agency_id}:
        return False
    return all(
        re.search(pattern(field, text), row.search_text, re.MULTILINE)
        for field, text in query.texts().items()
    )
