"""The questions to the organisation view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
What is in force is folded from acts in memory, so a question that more acts concern than are folded
at once is refused: it is to be asked of one agency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from psycopg import Connection

from ledger.errors import TooCostlyError
from projections import named_sql
from projections.organisation.view import FactRow, Moment, TrainingRow
from projections.reading import select

ROWS_MAX: Final = 20_000
AGENCY_ROWS_MAX: Final = 100_000  # Of one agency, or of officers: some 100 MB while it is folded.
_SQL = named_sql.load("projections.organisation")
_R = TypeVar("_R", FactRow, TrainingRow)


class PostgresOrganisationReader:
    """Satisfies ``OrganisationReader``; ``connection`` is only used for reading."""

    def __init__(
        self,
        connection: Connection[Any],
        rows_max: int = ROWS_MAX,
        agency_rows_max: int = AGENCY_ROWS_MAX,
    ) -> None:
        self._connection = connection
        self._rows_max = rows_max
        self._agency_rows_max = agency_rows_max

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
        return self._select(FactRow, "list_facts", values)

    def newest(self, event_type: str, moment: Moment) -> Sequence[FactRow]:
        """Return the last act of a type that counts at a moment, of each agency; by its code."""
        values = {"event_type": event_type, **moment._asdict()}
        return self._select(FactRow, "list_newest", values)

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
        return self._select(TrainingRow, "list_training", values)

    def _select(self, row_type: type[_R], name: str, values: Mapping[str, Any]) -> list[_R]:
        """Return all rows that there are.

        Raises:
            TooCostlyError: There are more than are folded at once.
            UnavailableError: The database is away.
        """
        is_narrow = any(values.get(one) is not None for one in ("agency_id", "officer_ids"))
        most = self._agency_rows_max if is_narrow else self._rows_max
        rows = select(self._connection, row_type, _SQL[name], {**values, "limit": most + 1})
        if len(rows) > most:
            raise TooCostlyError(f"more than {most} acts are concerned")
        return rows
