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
            not self._is_undone(row.log, row.stream_id, one, moment)
            for one in self._undoings(row.log, row.stream_id, row.event_id, REVOKED, moment)
        )
        return Decided(row, next(iter(before), None), revoked)

    def _counts(self, row: Dated, moment: Moment) -> bool:
        """Tell whether an act had happened, was received, and no annulment of it was known."""
        if row.occurred_at > moment.at or row.received_at > moment.known_at:
            return False
        agency_id = row.agency_id if isinstance(row, BenchmarkRow) else None
        return not self._is_undone(row.log, row.stream_id, row.event_id, moment, agency_id)

    def _is_undone(
        self, log: str, stream_id: str, event_id: str, moment: Moment, agency_id: str | None = None
    ) -> bool:
        return bool(self._undoings(log, stream_id, event_id, ANNULLED, moment, agency_id))

    def _undoings(
        self,
        log: str,
        stream_id: str,
        target: str,
        kind: str,
        moment: Moment,
        agency_id: str | None = None,
    ) -> list[str]:
        """Return the ids of the acts that undo another; of a benchmark only who may."""
        return [
            row.event_id
            for row in self._rows.all(UNDOINGS)
            if (row.log, row.stream_id, row.target_event_id) == (log, stream_id, target)
            and row.kind == kind
            and row.received_at <= moment.known_at
            and (agency_id is None or row.by_agency_id in (None, agency_id))
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
