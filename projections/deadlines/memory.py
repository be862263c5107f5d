"""The questions to the view of deadlines, answered from rows in memory.

Read before: ``view``. Read next: ``portal/programs/deadlines.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.rules.deadline_instance import NEVER
from projections.deadlines.view import (
    AGENCY_ACTS,
    BASIS,
    CANCEL,
    DAYS_SHOWN_MAX,
    DEADLINES,
    ENDED,
    ENTERED,
    FIRST,
    FULFIL,
    MISSES,
    POWER,
    START,
    AgencyActRow,
    DeadlineQuery,
    DeadlineRow,
    Fulfilled,
    MissRow,
    Wanted,
    is_wanted,
)
from projections.reading import Cursor, Listing, first, listing
from projections.rows import MemoryRows


class MemoryDeadlineReader:
    """Satisfies ``DeadlineReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows
        self.agencies = MemoryAgencyReader(rows)

    def deadlines(
        self, query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[DeadlineRow]:
        """Return deadlines, the earliest due first."""
        found = [row for row in self._rows.all(DEADLINES) if is_wanted(row, query, now)]
        found.sort(key=lambda row: row.order)
        following = [row for row in found if row.order > (after or FIRST)]
        return listing(following[: limit + 1], limit, lambda row: row.order)

    def deadline(self, instance_id: str) -> DeadlineRow | None:
        """Return one deadline."""
        return first([row for row in self._rows.all(DEADLINES) if row.instance_id == instance_id])


class MemoryAgencyReader:
    """Satisfies ``AgencyReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def standing(self, agency_id: str | None) -> Sequence[AgencyActRow]:
        """Return registrations, revocations, what recurs rests on, and powers."""
        roles = (BASIS, CANCEL, ENTERED, ENDED, POWER)
        found = (row for row in self._rows.all(AGENCY_ACTS) if row.role in roles)
        return [row for row in found if agency_id in (None, row.agency_id)]

    def fulfilled(self, agencies: Sequence[str], wanted: Sequence[Wanted]) -> Sequence[Fulfilled]:
        """Return the newest fulfilments."""
        newest: dict[tuple[str, Wanted], int] = {}
        for row in self._rows.all(AGENCY_ACTS):
            place = (row.agency_id, Wanted(row.deadline_id, row.part, row.key))
            if row.role == FULFIL and row.agency_id in agencies and place[1] in wanted:
                newest[place] = max(row.day, newest.get(place, row.day))
        return [Fulfilled(agency, *one, day) for (agency, one), day in newest.items()]

    def starts(
        self, agencies: Sequence[str], after: Sequence[int], deadline_id: str
    ) -> Sequence[AgencyActRow]:
        """Return what starts a row."""
        starts = [row for row in self._rows.all(AGENCY_ACTS) if row.role == START]
        of_row = [row for row in starts if row.deadline_id == deadline_id]
        found: list[AgencyActRow] = []
        for agency_id, day in zip(agencies, after, strict=True):
            own = [row for row in of_row if row.agency_id == agency_id and row.day > day]
            shown = sorted({row.day for row in own})[:DAYS_SHOWN_MAX]
            found += [row for row in own if row.day in shown]
        return found

    def misses(
        self, query: DeadlineQuery, limit: int, after: Cursor | None = None
    ) -> Sequence[MissRow]:
        """Return what is missed on record."""
        last, begin = query.last(NEVER), after or FIRST
        found = sorted(self._rows.all(MISSES), key=lambda row: (row.due_at, row.instance_id))
        due = [row for row in found if row.due_at <= last and _is_asked(row, query)]
        return [row for row in due if (row.due_at, row.instance_id) > begin][:limit]

    def missed(self, instance_ids: Sequence[str]) -> Sequence[MissRow]:
        """Return what is missed on record of these deadlines."""
        return [row for row in self._rows.all(MISSES) if row.instance_id in instance_ids]

    def acts(self, event_ids: Sequence[str]) -> Sequence[AgencyActRow]:
        """Return the parts that acts play."""
        return [row for row in self._rows.all(AGENCY_ACTS) if row.event_id in event_ids]


def _is_asked(row: MissRow, query: DeadlineQuery) -> bool:
    is_row = query.deadline_id is None or query.deadline_id.upper() == row.deadline_id
    is_agency = query.agency_id in (None, row.agency_id)
    return is_row and is_agency and query.stream_id in (None, row.stream_id)
