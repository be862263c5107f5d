"""The questions to the retrieval view, answered from rows in memory.

Read before: ``view``. Read next: ``projections/registers/projection.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from projections.reading import Cursor, Listing, first, listing_of
from projections.retrieval.view import ACCESSES, RETRIEVALS, AccessRow, RetrievalRow
from projections.rows import MemoryRows


class MemoryRetrievalReader:
    """Satisfies ``RetrievalReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def retrievals(
        self, states: Sequence[str] | None, limit: int, after: Cursor | None = None
    ) -> Listing[RetrievalRow]:
        """Return retrievals in the given states or in any, most recently changed first."""
        rows = self._rows.all(RETRIEVALS)
        found = [row for row in rows if states is None or row.state in states]
        return listing_of(found, limit, after, lambda row: Cursor(row.changed_at, row.retrieval_id))

    def retrieval(self, retrieval_id: str) -> RetrievalRow | None:
        """Return one retrieval."""
        rows = self._rows.all(RETRIEVALS)
        return first([row for row in rows if row.retrieval_id == retrieval_id])

    def of_stream(self, stream_id: str) -> Sequence[RetrievalRow]:
        """Return the retrievals of a matter, by id."""
        found = [row for row in self._rows.all(RETRIEVALS) if row.stream_id == stream_id]
        return sorted(found, key=lambda row: row.retrieval_id)

    def accesses(
        self, who: str | None, limit: int, after: Cursor | None = None, *, unapproved: bool = False
    ) -> Listing[AccessRow]:
        """Return accesses, newest first."""
        found = [
            row
            for row in self._rows.all(ACCESSES)
            if who in {None, row.who} and (not unapproved or _is_unapproved(row))
        ]
        return listing_of(found, limit, after, lambda row: Cursor(row.started_at, row.access_id))

    def accesses_of_stream(self, stream_id: str) -> Sequence[AccessRow]:
        """Return the accesses to records of a matter, oldest first."""
        return _oldest_first(
            [row for row in self._rows.all(ACCESSES) if row.stream_id == stream_id]
        )

    def accesses_of(self, retrieval_id: str) -> Sequence[AccessRow]:
        """Return the accesses of a retrieval, oldest first."""
        return _oldest_first(
            [row for row in self._rows.all(ACCESSES) if row.retrieval_id == retrieval_id]
        )


def _is_unapproved(row: AccessRow) -> bool:
    return row.approver is None and row.kind != "DENIED"


def _oldest_first(rows: Sequence[AccessRow]) -> Sequence[AccessRow]:
    return sorted(rows, key=lambda row: (row.started_at, row.access_id))
