"""The questions to the registers, answered from rows in memory.

Read before: ``view``. Read next: ``portal/public/decision.py``.

For unit tests; the contract suite puts the same questions to it and to ``postgres``.
"""

from __future__ import annotations

from collections.abc import Sequence

from projections.reading import Cursor, Listing, first, listing_of
from projections.registers.view import (
    AGENCIES,
    CREDENTIALS,
    EMITTER_KEYS,
    EMITTERS,
    ITEMS,
    LOG_KEYS,
    LOGS,
    OFFICERS,
    PUBLICATIONS,
    SCHEMAS,
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
from projections.rows import MemoryRows


class MemoryRegisterReader:
    """Satisfies ``RegisterReader``."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def emitters(self) -> Sequence[EmitterRow]:
        """Return all emitters, by id."""
        return sorted(self._rows.all(EMITTERS), key=lambda row: row.emitter_id)

    def emitter_keys(self, emitter_id: str) -> Sequence[EmitterKeyRow]:
        """Return the keys of an emitter, oldest first."""
        found = [row for row in self._rows.all(EMITTER_KEYS) if row.emitter_id == emitter_id]
        return sorted(found, key=lambda row: row.leaf_index)

    def agencies(self) -> Sequence[AgencyRow]:
        """Return all agencies, by region and credit code."""
        return sorted(self._rows.all(AGENCIES), key=lambda row: (row.region_code, row.agency_id))

    def agency(self, agency_id: str) -> AgencyRow | None:
        """Return one agency."""
        return first([row for row in self._rows.all(AGENCIES) if row.agency_id == agency_id])

    def officers(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[OfficerRow]:
        """Return officers of an agency or of all, most recently registered first."""
        rows = self._rows.all(OFFICERS)
        found = [row for row in rows if agency_id in {None, row.agency_id}]
        return listing_of(
            found, limit, after, lambda row: Cursor(row.registered_at, row.officer_id)
        )

    def find_officers(self, text: str, limit: int) -> Sequence[OfficerRow]:
        """Return the officers with this name or this credential number, exactly; by id."""
        holders = {
            row.officer_id for row in self._rows.all(CREDENTIALS) if row.credential_no == text
        }
        found = [
            row for row in self._rows.all(OFFICERS) if row.name == text or row.officer_id in holders
        ]
        return sorted(found, key=lambda row: row.officer_id)[:limit]

    def officer(self, officer_id: str) -> OfficerRow | None:
        """Return one officer."""
        return first([row for row in self._rows.all(OFFICERS) if row.officer_id == officer_id])

    def officer_names(self, officer_ids: Sequence[str]) -> dict[str, str]:
        """Return the names of officers by id; who is not registered is left out."""
        rows = self._rows.all(OFFICERS)
        return {row.officer_id: row.name for row in rows if row.officer_id in officer_ids}

    def credentials(self, officer_id: str) -> Sequence[CredentialRow]:
        """Return the credentials of an officer, by number."""
        found = [row for row in self._rows.all(CREDENTIALS) if row.officer_id == officer_id]
        return sorted(found, key=lambda row: row.credential_no)

    def items(self) -> Sequence[ItemRow]:
        """Return all enforcement items, by code."""
        return sorted(self._rows.all(ITEMS), key=lambda row: (row.item_code, row.agency_id))

    def logs(self) -> Sequence[LogRow]:
        """Return the logs of the ledger, by origin."""
        return sorted(self._rows.all(LOGS), key=lambda row: row.origin)

    def log_keys(self) -> Sequence[LogKeyRow]:
        """Return what happened to the logs' keys, in the order of the control log."""
        rows = self._rows.all(LOG_KEYS)
        return sorted(rows, key=lambda row: (row.leaf_index, row.origin, row.vkey))

    def schemas(self) -> Sequence[SchemaRow]:
        """Return all schemas, by event type and version."""
        return sorted(self._rows.all(SCHEMAS), key=lambda row: (row.subject, row.version))

    def schema(self, subject: str, version: int) -> SchemaRow | None:
        """Return one schema."""
        rows = sorted(self._rows.all(SCHEMAS), key=lambda row: row.leaf_index)
        return first([row for row in rows if (row.subject, row.version) == (subject, version)])

    def publications(self, kind: str | None = None) -> Sequence[PublicationRow]:
        """Return published texts of a kind or of all, in the order of the control log."""
        found = [row for row in self._rows.all(PUBLICATIONS) if kind in {None, row.kind}]
        return sorted(found, key=lambda row: row.leaf_index)
