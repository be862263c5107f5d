"""The questions to the sharing view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from projections import named_sql
from projections.reading import Cursor, Listing, cursor_values, listing, select
from projections.sharing.view import (
    GAPS,
    ChannelCount,
    Day,
    Heard,
    Missing,
    PushRow,
    Received,
    SequenceGap,
)

_SQL = named_sql.load("projections.sharing")


class _Agency(NamedTuple):
    agency_id: str


class PostgresSharingReader:
    """Satisfies ``SharingReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def agencies(self, day: Day, limit: int, after: str = "") -> Sequence[str]:
        """Return the agencies of which anything came or became due in a day, ascending."""
        values = {**day._asdict(), "limit": limit, "after": after}
        found = select(self._connection, _Agency, _SQL["list_agencies"], values)
        return [row.agency_id for row in found]

    def received(self, day: Day, agencies: Collection[str]) -> Sequence[Received]:
        """Count what came in a day of these agencies, by agency and emitter."""
        values = {**day._asdict(), "agencies": list(agencies)}
        return select(self._connection, Received, _SQL["count_received"], values)

    def channels(self, day: Day, agencies: Collection[str]) -> Sequence[ChannelCount]:
        """Count the steps of a day by agency, channel and state."""
        values = {**day._asdict(), "agencies": list(agencies)}
        return select(self._connection, ChannelCount, _SQL["count_channels"], values)

    def pushes(
        self,
        states: Collection[str],
        day: Day,
        agency_id: str | None,
        limit: int,
        after: Cursor | None = None,
    ) -> Listing[PushRow]:
        """Return the steps of a span of time in these states, the newest first."""
        values = {
            **day._asdict(),
            "states": list(states),
            "agency_id": agency_id,
            **cursor_values(limit, after),
        }
        name = "list_gaps" if set(states) <= set(GAPS) else "list_steps"
        rows = select(self._connection, PushRow, _SQL[name], values)
        return listing(rows, limit, lambda row: Cursor(row.due_from, row.push_id))

    def sequence_gaps(self, day: Day, agencies: Collection[str], limit: int) -> list[SequenceGap]:
        """Return what emitters passed over, by emitter and number; at most ``limit``."""
        values = {**day._asdict(), "agencies": list(agencies), "limit": limit}
        return select(self._connection, SequenceGap, _SQL["list_sequence_gaps"], values)

    def missing(self, day: Day, agencies: Collection[str]) -> Sequence[Missing]:
        """Count what emitters passed over, by agency and emitter; all of it."""
        values = {**day._asdict(), "agencies": list(agencies)}
        return select(self._connection, Missing, _SQL["count_missing"], values)

    def heard(self, emitter_ids: Collection[str]) -> Sequence[Heard]:
        """Return when each of these emitters was last heard of; who never was is left out."""
        values = {"emitters": list(emitter_ids)}
        return select(self._connection, Heard, _SQL["list_heard"], values)
