"""The questions to the replay view, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from ledger.limits import CASE_VIEW_ENTRIES_MAX
from projections import named_sql
from projections.case_replay.view import AsOf, CaseEntry, CaseEntryRow, MatterRow, counting
from projections.reading import Cursor, Listing, cursor_values, first, listing, select

_SQL = named_sql.load("projections.case_replay")


class PostgresCaseReplayReader:
    """Satisfies ``CaseReplayReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def entries(
        self,
        stream_id: str,
        as_of: AsOf = AsOf(),  # noqa: B008  immutable
        after_version: int = 0,
        limit: int | None = None,
    ) -> Sequence[CaseEntry]:
        """Return the entries of a matter that count, ascending by version."""
        values = {"stream_id": stream_id, "after_version": after_version, **as_of._asdict()}
        rows = select(self._connection, CaseEntryRow, _SQL["select_entries"], values)
        return list(counting(rows, as_of, limit or CASE_VIEW_ENTRIES_MAX))

    def matter(self, stream_id: str) -> MatterRow | None:
        """Return one matter's line."""
        return first(select(self._connection, MatterRow, _SQL["select_matter"], (stream_id,)))

    def matters(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[MatterRow]:
        """Return the cases of an agency or of all, most recently changed first."""
        statement = _SQL["list_cases" if agency_id is None else "list_cases_of_agency"]
        values = {"agency_id": agency_id, **cursor_values(limit, after)}
        rows = select(self._connection, MatterRow, statement, values)
        return listing(rows, limit, lambda row: Cursor(row.last_received_at, row.stream_id))

    def find(self, number: str) -> Sequence[MatterRow]:
        """Return the matters with this case or document number, exactly."""
        return select(self._connection, MatterRow, _SQL["find_matters"], {"number": number})

    def entry(self, event_id: str) -> CaseEntry | None:
        """Return the entry of an act."""
        row = first(select(self._connection, CaseEntryRow, _SQL["select_entry"], (event_id,)))
        return row and CaseEntry.of_row(row)
