"""The questions to the organisation view, answered from rows in memory.

Read before: ``view``. Read next: ``portal/organisation.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from projections.organisation.view import (
    ANNULMENTS,
    CORRECTIONS,
    FACTS,
    TRAINING,
    FactRow,
    Moment,
    TrainingRow,
)
from projections.rows import MemoryRows
from projections.tables import Key


class MemoryOrganisationReader:
    """Satisfies ``OrganisationReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def facts(
        self,
        event_types: Sequence[str],
        moment: Moment,
        agency_id: str | None = None,
        officer_ids: Sequence[str] | None = None,
    ) -> Sequence[FactRow]:
        """Return the acts of these types that count at a moment, of an agency or some officers."""
        found = [
            row
            for row in self._rows.all(FACTS)
            if row.event_type in event_types
            and agency_id in {None, row.agency_id}
            and (officer_ids is None or row.officer_id in officer_ids)
            and row.valid_from <= moment.at
            and self._counts(row, moment)
        ]
        return sorted(found, key=_order)

    def newest(self, event_type: str, moment: Moment) -> Sequence[FactRow]:
        """Return the last act of a type that counts at a moment, of each agency; by its code."""
        last = {row.agency_id: row for row in self.facts([event_type], moment)}
        return [last[agency_id] for agency_id in sorted(last)]

    def training(
        self, officer_ids: Sequence[str], first_day: int, last_day: int, moment: Moment
    ) -> Sequence[TrainingRow]:
        """Return the trainings of officers on days from first to last; by day, then event id."""
        found = [
            row
            for row in self._rows.all(TRAINING)
            if row.officer_id in officer_ids
            and first_day <= row.day <= last_day
            and self._counts(row, moment)
        ]
        return sorted(found, key=lambda row: (row.day, row.event_id, row.officer_id))

    def _counts(self, row: FactRow | TrainingRow, moment: Moment) -> bool:
        """Tell whether an act had happened, was not known to be annulled, and then read so."""
        if row.occurred_at > moment.at or row.said_at > moment.known_at:
            return False
        stream = row[:2]
        if any(self._is_annulled((*stream, one), moment) for one in (row.event_id, row.said_by)):
            return False
        return not any(
            (one.log, one.stream_id, one.target_event_id) == row[:3]
            and one.leaf_index > row.said_index
            and one.received_at <= moment.known_at
            and not self._is_annulled(one[:3], moment)
            for one in self._rows.all(CORRECTIONS)
        )

    def _is_annulled(self, place: Key, moment: Moment) -> bool:
        return any(
            (one.log, one.stream_id, one.target_event_id) == place
            and one.received_at <= moment.known_at
            for one in self._rows.all(ANNULMENTS)
        )


def _order(row: FactRow) -> tuple[int, int, str, int]:
    return row.valid_from, row.received_at, row.log, row.leaf_index
