"""The questions to the view of deadlines, answered from rows in memory.

Read before: ``view``. Read next: ``portal/programs/deadlines.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from projections.deadlines.view import DEADLINES, FIRST, DeadlineQuery, DeadlineRow
from projections.reading import Cursor, Listing, first, listing
from projections.rows import MemoryRows


class MemoryDeadlineReader:
    """Satisfies ``DeadlineReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def deadlines(
        self, query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[DeadlineRow]:
        """Return deadlines, the earliest due first."""
        found = [row for row in self._rows.all(DEADLINES) if _is_wanted(row, query, now)]
        found.sort(key=lambda row: row.order)
        following = [row for row in found if row.order > (after or FIRST)]
        return listing(following[: limit + 1], limit, lambda row: row.order)

    def deadline(self, instance_id: str) -> DeadlineRow | None:
        """Return one deadline."""
        return first([row for row in self._rows.all(DEADLINES) if row.instance_id == instance_id])


def _is_wanted(row: DeadlineRow, query: DeadlineQuery, now: int) -> bool:
    names = ("stream_id", "agency_id", "deadline_id", "state")
    wanted = {name: value for name in names if (value := getattr(query, name)) is not None}
    start = query.starts(now).get(row.kind)
    return (
        all(getattr(row, name) == value for name, value in wanted.items())
        and (query.is_any or row.is_outstanding)
        and (start is not None and start <= row.order.at <= query.last(now))
        and (not query.is_overdue or row.is_overdue(now))
    )
