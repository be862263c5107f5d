"""The questions to the registers, answered from PostgreSQL.

Read before: ``view``. Read next: ``queries.sql``. Reads only; each call is one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections import named_sql
from projections.reading import Cursor, Listing, R, cursor_values, first, listing, select
from projections.registers.view import (
    AgencyRow,
    CredentialRow,
    EmitterKeyRow,
    EmitterRow,
    ItemRow,
    LogKeyRow,
    LogRow,
    OfficerRow,
    PublicationRow,
    SchemaRow,
)

_SQL = named_sql.load("projections.registers")


class PostgresRegisterReader:
    """Satisfies ``RegisterReader``; ``connection`` is only used for reading."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def emitters(self) -> Sequence[EmitterRow]:
        """Return all emitters, by id."""
        return self._rows(EmitterRow, "list_emitters")

    def emitter_keys(self, emitter_id: str) -> Sequence[EmitterKeyRow]:
        """Return the keys of an emitter, oldest first."""
        return self._rows(EmitterKeyRow, "list_emitter_keys", emitter_id)

    def agencies(self) -> Sequence[AgencyRow]:
        """Return all agencies, by region and credit code."""
        return self._rows(AgencyRow, "list_agencies")

    def agency(self, agency_id: str) -> AgencyRow | None:
        """Return one agency."""
        return first(self._rows(AgencyRow, "select_agency", agency_id))

    def officers(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[OfficerRow]:
        """Return officers of an agency or of all, most recently registered first."""
        values = {"agency_id": agency_id, **cursor_values(limit, after)}
        rows = select(self._connection, OfficerRow, _SQL["list_officers"], values)
        return listing(rows, limit, lambda row: Cursor(row.registered_at, row.officer_id))

    def find_officers(self, text: str, limit: int) -> Sequence[OfficerRow]:
        """Return the officers with this name or this credential number, exactly; by id."""
        values = {"text": text, "limit": limit}
        return select(self._connection, OfficerRow, _SQL["find_officers"], values)

    def officer(self, officer_id: str) -> OfficerRow | None:
        """Return one officer."""
        return first(self._rows(OfficerRow, "select_officer", officer_id))

    def officer_names(self, officer_ids: Sequence[str]) -> dict[str, str]:
        """Return the names of officers by id; who is not registered is left out."""
        statement, ids = _SQL["select_officer_names"], list(officer_ids)
        return dict(self._connection.execute(statement, (ids,)).fetchall())

    def credentials(self, officer_id: str) -> Sequence[CredentialRow]:
        """Return the credentials of an officer, by number."""
        return self._rows(CredentialRow, "list_credentials", officer_id)

    def items(self) -> Sequence[ItemRow]:
        """Return all enforcement items, by code."""
        return self._rows(ItemRow, "list_items")

    def logs(self) -> Sequence[LogRow]:
        """Return the logs of the ledger, by origin."""
        return self._rows(LogRow, "list_logs")

    def log_keys(self) -> Sequence[LogKeyRow]:
        """Return what happened to the logs' keys, in the order of the control log."""
        return self._rows(LogKeyRow, "list_log_keys")

    def schemas(self) -> Sequence[SchemaRow]:
        """Return all schemas, by event type and version."""
        return self._rows(SchemaRow, "list_schemas")

    def schema(self, subject: str, version: int) -> SchemaRow | None:
        """Return one schema."""
        return first(self._rows(SchemaRow, "select_schema", subject, version))

    def publications(self, kind: str | None = None) -> Sequence[PublicationRow]:
        """Return published texts of a kind or of all, in the order of the control log."""
        statement = _SQL["list_publications"]
        return select(self._connection, PublicationRow, statement, {"kind": kind})

    def _rows(self, row_type: type[R], statement: str, *values: str | int) -> list[R]:
        return select(self._connection, row_type, _SQL[statement], values)
