"""The questions to the view of deadlines, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from ledger.rules.day_close.agency_memory import STARTS_A_DAY
from ledger.rules.deadline_instance import NEVER
from projections import named_sql
from projections.deadlines.view import (
    DAYS_SHOWN_MAX,
    FIRST,
    AgencyActRow,
    DeadlineQuery,
    DeadlineRow,
    Fulfilled,
    MissRow,
    Wanted,
)
from projections.reading import PAGE_ROWS_MAX, Cursor, Listing, first, listing, select

_SQL = named_sql.load("projections.deadlines")


class PostgresDeadlineReader:
    """Satisfies ``DeadlineReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self.agencies = PostgresAgencyReader(connection)

    def deadlines(
        self, query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[DeadlineRow]:
        """Return deadlines, the earliest due first."""
        values = statement_values(query, now, limit, after)
        rows = select(self._connection, DeadlineRow, _SQL[_statement(query)], values)
        return listing(rows, limit, lambda row: row.order)

    def deadline(self, instance_id: str) -> DeadlineRow | None:
        """Return one deadline."""
        rows = select(self._connection, DeadlineRow, _SQL["select_deadline"], (instance_id,))
        return first(rows)


class PostgresAgencyReader:
    """Satisfies ``AgencyReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def standing(self, agency_id: str | None) -> Sequence[AgencyActRow]:
        """Return registrations, revocations, what recurs rests on, and one power of each."""
        return self._acts("agency_standing", {"agency_id": agency_id})

    def fulfilled(self, agencies: Sequence[str], wanted: Sequence[Wanted]) -> Sequence[Fulfilled]:
        """Return the newest fulfilments."""
        values = {
            "agencies": list(agencies),
            "rows": [it.deadline_id for it in wanted],
            "parts": [it.part for it in wanted],
            "keys": [it.key for it in wanted],
        }
        return select(self._connection, Fulfilled, _SQL["agency_fulfilled"], values)

    def starts(
        self, agencies: Sequence[str], after: Sequence[int], deadline_id: str
    ) -> Sequence[AgencyActRow]:
        """Return what starts a row: of an agency the first acts of each of its earliest days."""
        values = {
            "agencies": list(agencies),
            "after": list(after),
            "deadline_id": deadline_id,
            "acts": STARTS_A_DAY,
            "days": DAYS_SHOWN_MAX,
        }
        return self._acts("agency_starts", values)

    def misses(
        self, query: DeadlineQuery, limit: int, after: Cursor | None = None
    ) -> Sequence[MissRow]:
        """Return what is missed on record, the earliest due first."""
        begin = after or FIRST
        values = {
            **query._asdict(),
            "at": begin.at,
            "id": begin.id,
            "last": query.last(NEVER),
            "limit": limit,
        }
        return select(self._connection, MissRow, _SQL["agency_misses"], values)

    def missed(self, instance_ids: Sequence[str]) -> Sequence[MissRow]:
        """Return what is missed on record of these deadlines."""
        values = {"ids": list(instance_ids)}
        return select(self._connection, MissRow, _SQL["agency_missed"], values)

    def acts(self, event_ids: Sequence[str]) -> Sequence[AgencyActRow]:
        """Return the parts that acts play."""
        return self._acts("agency_acts", {"ids": list(event_ids)})

    def _acts(self, name: str, values: dict[str, Any]) -> list[AgencyActRow]:
        return select(self._connection, AgencyActRow, _SQL[name], values)


def statement_values(
    query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
) -> dict[str, Any]:
    """Return the parameters of a list's statement; of each kind, after which row it begins."""
    assert 1 <= limit <= PAGE_ROWS_MAX
    after = after or FIRST
    # One lower bound and not two: the planner takes each for another third of the rows.
    begins = {kind: max(Cursor(at, ""), after) for kind, at in query.starts(now).items()}
    return {
        **query._asdict(),
        "kinds": list(begins),
        "ats": [begin.at for begin in begins.values()],
        "ids": [begin.id for begin in begins.values()],
        "last": query.last(now),
        "at": after.at,
        "id": after.id,
        "limit": limit + 1,
    }


def _statement(query: DeadlineQuery) -> str:
    """Return the statement whose index narrows most; what else is asked it filters."""
    if query.stream_id is not None:
        return "list_of_stream"
    if query.is_any:
        return "list_any" if query.agency_id is None else "list_any_of_agency"
    if query.agency_id is not None:
        return "list_of_agency"
    return "list_due" if query.deadline_id is None else "list_of_row"
