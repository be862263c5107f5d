"""The questions to the sharing view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/reconciliation.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from projections.reading import Cursor, Listing, listing_of
from projections.rows import MemoryRows
from projections.sharing.view import (
    EMITTED,
    NUMBERS_MAX,
    PUSHES,
    ChannelCount,
    Day,
    EmittedRow,
    Heard,
    Missing,
    PushRow,
    Received,
    SequenceGap,
)


class MemorySharingReader:
    """Satisfies ``SharingReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def agencies(self, day: Day, limit: int, after: str = "") -> Sequence[str]:
        """Return the agencies of which anything came or became due in a day, ascending."""
        found = {row.agency_id for row in self._emitted(day)}
        found |= {row.agency_id for row in self._pushes(day)}
        return sorted(one for one in found if one > after)[:limit]

    def received(self, day: Day, agencies: Collection[str]) -> Sequence[Received]:
        """Count what came in a day of these agencies, by agency and emitter."""
        rows = (row for row in self._emitted(day) if row.agency_id in agencies)
        found = Counter((row.agency_id, row.emitter_id) for row in rows)
        return [Received(*key, found[key]) for key in sorted(found)]

    def channels(self, day: Day, agencies: Collection[str]) -> Sequence[ChannelCount]:
        """Count the steps of a day by agency, channel and state."""
        rows = (row for row in self._pushes(day) if row.agency_id in agencies)
        found = Counter((row.agency_id, row.target, row.state) for row in rows)
        return [ChannelCount(*key, found[key]) for key in sorted(found)]

    def pushes(
        self,
        states: Collection[str],
        day: Day,
        agency_id: str | None,
        limit: int,
        after: Cursor | None = None,
    ) -> Listing[PushRow]:
        """Return the steps of a span of time in these states, the newest first."""
        found = [
            row
            for row in self._pushes(day)
            if row.state in states and agency_id in {None, row.agency_id}
        ]
        return listing_of(found, limit, after, lambda row: Cursor(row.due_from, row.push_id))

    def sequence_gaps(self, day: Day, agencies: Collection[str], limit: int) -> list[SequenceGap]:
        """Return what emitters passed over, by emitter and number; at most ``limit``."""
        heard: dict[tuple[str, int], EmittedRow] = {}
        for row in sorted(self._emitted(day), key=lambda row: (row.received_at, row.agency_id)):
            if row.emitter_seq is not None:
                heard.setdefault((row.emitter_id, row.emitter_seq), row)
        gaps = []
        for (emitter_id, number), row in sorted(heard.items()):
            before = self._before(emitter_id, number)
            if before is not None and before < number - 1 and row.agency_id in agencies:
                span = (before + 1, number - 1)
                gaps.append(SequenceGap(emitter_id, *span, row.agency_id, row.received_at))
        return gaps[:limit]

    def missing(self, day: Day, agencies: Collection[str]) -> Sequence[Missing]:
        """Count what emitters passed over, by agency and emitter; all of it."""
        found = Counter[tuple[str, str]]()
        for gap in self.sequence_gaps(day, agencies, sys.maxsize):
            found[gap.agency_id, gap.emitter_id] += gap.last - gap.first + 1
        return [Missing(*key, min(found[key], NUMBERS_MAX)) for key in sorted(found)]

    def _before(self, emitter_id: str, number: int) -> int | None:
        """Return the next smaller number of an emitter, whenever it came."""
        rows = (row for row in self._rows.all(EMITTED) if row.emitter_id == emitter_id)
        numbers = (row.emitter_seq for row in rows if row.emitter_seq is not None)
        return max((one for one in numbers if one < number), default=None)

    def heard(self, emitter_ids: Collection[str]) -> Sequence[Heard]:
        """Return when each of these emitters was last heard of; who never was is left out."""
        last: dict[str, EmittedRow] = {}
        for row in self._rows.all(EMITTED):
            if row.emitter_id in emitter_ids:
                last[row.emitter_id] = max(row, last.get(row.emitter_id, row), key=_heard_order)
        return [
            Heard(name, last[name].received_at, last[name].emitter_seq) for name in sorted(last)
        ]

    def _emitted(self, day: Day) -> Iterator[EmittedRow]:
        return (row for row in self._rows.all(EMITTED) if day.start <= row.received_at < day.end)

    def _pushes(self, day: Day) -> Iterator[PushRow]:
        return (row for row in self._rows.all(PUSHES) if day.start <= row.due_from < day.end)


def _heard_order(row: EmittedRow) -> tuple[int, int]:
    return row.received_at, -1 if row.emitter_seq is None else row.emitter_seq
