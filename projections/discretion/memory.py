"""The questions to the discretion view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/discretion/advice.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from projections.discretion.view import (
    ADVICES,
    ANNULLED,
    BENCHMARKS,
    CLOSINGS,
    CORRECTED,
    DECISIONS,
    REVOKED,
    UNDOINGS,
    AdviceRow,
    BenchmarkRow,
    ClosingRow,
    Decided,
    DecisionQuery,
    DecisionRow,
    Moment,
    UndoingRow,
)
from projections.rows import MemoryRows

Dated = BenchmarkRow | DecisionRow | ClosingRow | AdviceRow


class MemoryDiscretionReader:
    """Satisfies ``DiscretionReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def benchmarks(
        self,
        moment: Moment,
        limit: int,
        item_code: str | None = None,
        agency_id: str | None = None,
    ) -> Sequence[BenchmarkRow]:
        """Return at most ``limit`` benchmarks, of an item, an agency or all, the newest first."""
        found = [
            row
            for row in self._rows.all(BENCHMARKS)
            if item_code in (None, row.item_code)
            and agency_id in (None, row.agency_id)
            and self._counts(row, moment)
        ]
        return sorted(found, key=lambda row: row.leaf_index, reverse=True)[:limit]

    def decisions(self, query: DecisionQuery, moment: Moment, limit: int) -> Sequence[Decided]:
        """Return at most ``limit`` decisions, the newest first: by day, then event id."""
        found = [
            row
            for row in self._rows.all(DECISIONS)
            if _is_wanted(row, query) and self._counts(row, moment)
        ]
        found.sort(key=lambda row: (row.occurred_day, row.event_id), reverse=True)
        return [self._decided(row, moment) for row in found[:limit]]

    def closings(
        self, from_day: int, to_day: int, moment: Moment, limit: int
    ) -> Sequence[ClosingRow]:
        """Return at most ``limit`` closings of days from first to last, the newest first."""
        found = [
            row
            for row in self._rows.all(CLOSINGS)
            if from_day <= row.occurred_day <= to_day and self._counts(row, moment)
        ]
        found.sort(key=lambda row: (row.occurred_day, row.event_id), reverse=True)
        return found[:limit]

    def advices(self, stream_id: str, moment: Moment, limit: int) -> Sequence[AdviceRow]:
        """Return at most ``limit`` advices in a matter, the newest first."""
        found = [
            row
            for row in self._rows.all(ADVICES)
            if row.stream_id == stream_id and self._counts(row, moment)
        ]
        return sorted(found, key=lambda row: row.leaf_index, reverse=True)[:limit]

    def _decided(self, row: DecisionRow, moment: Moment) -> Decided:
        known = moment._replace(at=row.occurred_at)
        before = [
            advice
            for advice in self.advices(row.stream_id, known, 2**31)
            if advice.log == row.log
            and advice.leaf_index < row.leaf_index
            and advice.item_code == row.item_code
        ]
        revoked = any(
            undoing.kind == REVOKED
            and undoing.said_at <= moment.known_at
            and self._reads_so(undoing, moment)
            for undoing in self._undoings_of(row.log, row.stream_id, row.event_id)
        )
        return Decided(row, next(iter(before), None), revoked)

    def _counts(self, row: Dated, moment: Moment) -> bool:
        """Tell whether an act had happened, was not known to be annulled, and then read so."""
        if row.occurred_at > moment.at or row.said_at > moment.known_at:
            return False
        agency_id = row.agency_id if isinstance(row, BenchmarkRow) else None
        return self._reads_so(row, moment, agency_id)

    def _reads_so(
        self, row: Dated | UndoingRow, moment: Moment, agency_id: str | None = None
    ) -> bool:
        """Tell whether neither an act nor this reading of it was undone."""
        log, stream_id = row.log, row.stream_id
        if any(
            self._is_annulled(log, stream_id, one, moment, agency_id)
            for one in (row.event_id, row.said_by)
        ):
            return False
        return not any(
            one.kind == CORRECTED
            and one.said_index > row.said_index
            and one.received_at <= moment.known_at
            and not self._is_annulled(log, stream_id, one.event_id, moment, agency_id)
            for one in self._undoings_of(log, stream_id, row.event_id)
        )

    def _is_annulled(
        self, log: str, stream_id: str, event_id: str, moment: Moment, agency_id: str | None
    ) -> bool:
        """Tell whether an act was known to be annulled; a benchmark only by who may."""
        return any(
            one.kind == ANNULLED
            and one.received_at <= moment.known_at
            and (agency_id is None or one.by_agency_id in (None, agency_id))
            for one in self._undoings_of(log, stream_id, event_id)
        )

    def _undoings_of(self, log: str, stream_id: str, target: str) -> list[UndoingRow]:
        return [
            row
            for row in self._rows.all(UNDOINGS)
            if (row.log, row.stream_id, row.target_event_id) == (log, stream_id, target)
        ]


def _is_wanted(row: DecisionRow, query: DecisionQuery) -> bool:
    item_code, stream_id, event_id, from_day, to_day = query
    return (
        item_code in (None, row.item_code)
        and stream_id in (None, row.stream_id)
        and event_id in (None, row.event_id)
        and (from_day is None or row.occurred_day >= from_day)
        and (to_day is None or row.occurred_day <= to_day)
    )
