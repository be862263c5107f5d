"""The questions to the replay view, answered from rows in memory.

Read before: ``view``. Read next: ``projections/retrieval/projection.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.limits import CASE_VIEW_ENTRIES_MAX
from projections.case_replay.view import ENTRIES, MATTERS, AsOf, CaseEntry, MatterRow, counting
from projections.reading import Cursor, Listing, first, listing_of
from projections.rows import MemoryRows


class MemoryCaseReplayReader:
    """Satisfies ``CaseReplayReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def entries(
        self,
        stream_id: str,
        as_of: AsOf = AsOf(),  # noqa: B008  immutable
        after_version: int = 0,
        limit: int | None = None,
    ) -> Sequence[CaseEntry]:
        """Return the entries of a matter that count, ascending by version."""
        found = [
            row
            for row in self._rows.all(ENTRIES)
            if row.stream_id == stream_id and row.version > after_version
        ]
        found.sort(key=lambda row: row.version)
        return list(counting(found, as_of, limit or CASE_VIEW_ENTRIES_MAX))

    def matter(self, stream_id: str) -> MatterRow | None:
        """Return one matter's line."""
        return first([row for row in self._rows.all(MATTERS) if row.stream_id == stream_id])

    def matters(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[MatterRow]:
        """Return the cases of an agency or of all, most recently changed first."""
        found = [
            row
            for row in self._rows.all(MATTERS)
            if row.stream_id.startswith("case:") and agency_id in {None, row.agency_id}
        ]
        return listing_of(
            found, limit, after, lambda row: Cursor(row.last_received_at, row.stream_id)
        )

    def find(self, number: str) -> Sequence[MatterRow]:
        """Return the matters with this case or document number, exactly."""
        found = [row for row in self._rows.all(MATTERS) if number in {row.case_no, row.doc_no}]
        return sorted(found, key=lambda row: row.stream_id)

    def entry(self, event_id: str) -> CaseEntry | None:
        """Return the entry of an act."""
        row = first([row for row in self._rows.all(ENTRIES) if row.event_id == event_id])
        return row and CaseEntry.of_row(row)
