"""The questions to the organisation view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.organisation.view import FactRow, Moment, TrainingRow
from projections.reading import select

_SQL = named_sql.load("projections.organisation")


class PostgresOrganisationReader:
    """Satisfies ``OrganisationReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def facts(
        self,
        event_types: Sequence[str],
        moment: Moment,
        agency_id: str | None = None,
        officer_ids: Sequence[str] | None = None,
    ) -> Sequence[FactRow]:
        """Return the acts of these types that count at a moment, of an agency or some officers."""
        values = {
            "event_types": list(event_types),
            "agency_id": agency_id,
            "officer_ids": None if officer_ids is None else list(officer_ids),
            **moment._asdict(),
        }
        return select(self._connection, FactRow, _SQL["list_facts"], values)

    def newest(self, event_type: str, moment: Moment) -> Sequence[FactRow]:
        """Return the last act of a type that counts at a moment, of each agency; by its code."""
        values = {"event_type": event_type, **moment._asdict()}
        return select(self._connection, FactRow, _SQL["list_newest"], values)

    def training(
        self, officer_ids: Sequence[str], first_day: int, last_day: int, moment: Moment
    ) -> Sequence[TrainingRow]:
        """Return the trainings of officers on days from first to last; by day, then event id."""
        values = {
            "officer_ids": list(officer_ids),
            "first_day": first_day,
            "last_day": last_day,
            **moment._asdict(),
        }
        return select(self._connection, TrainingRow, _SQL["list_training"], values)
