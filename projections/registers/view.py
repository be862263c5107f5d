"""The rows of the registers, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

All of it is in the control log and of class P or I. Schemas are kept with their text: whoever
shows a payload decodes it by the schema that the ledger published, not by one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from projections.reading import Cursor, Listing
from projections.tables import Table


class EmitterRow(NamedTuple):
    """One system that may send acts."""

    log: str
    stream_id: str
    emitter_id: str
    kind: str  # AGENCY, SUPERVISOR, PLATFORM
    agency_ids: str  # Credit codes, separated by commas.
    event_types: str  # Separated by commas; empty where not limited.
    vkey: str  # The newest.
    valid_from: int
    revoked_at: int | None  # When the newest key was revoked.
    registered_at: int
    leaf_index: int  # Of the newest act.


class EmitterKeyRow(NamedTuple):
    """One verification key of an emitter."""

    log: str
    stream_id: str
    vkey: str
    emitter_id: str
    valid_from: int
    replaced_at: int | None
    revoked_at: int | None
    reason: str | None
    leaf_index: int


class AgencyRow(NamedTuple):
    """One enforcement agency (执法主体) with its qualification."""

    log: str
    stream_id: str
    agency_id: str
    name: str
    region_code: str
    level: str
    kind: str
    superior_id: str | None
    registered_at: int
    is_qualified: bool
    scope: str | None  # Kinds of acts, separated by commas.
    qualified_from: int | None  # Day.
    notice_doc_no: str | None
    revoked_at: int | None
    leaf_index: int


class OfficerRow(NamedTuple):
    """One officer; the name of an official acting in office is public by law."""

    log: str
    stream_id: str
    officer_id: str
    name: str
    agency_id: str
    category: str
    registered_at: int
    leaf_index: int


class CredentialRow(NamedTuple):
    """One enforcement credential (执法证件)."""

    log: str
    stream_id: str
    credential_no: str
    officer_id: str
    scope: str  # Kinds of acts, separated by commas.
    region_code: str
    valid_from: int  # Day.
    valid_to: int  # Day, the last one.
    state: str  # VALID, SUSPENDED, REVOKED, REPLACED
    suspended_from: int | None
    suspended_to: int | None
    revoked_at: int | None
    replaced_by: str | None
    leaf_index: int


class ItemRow(NamedTuple):
    """One enforcement item (执法事项)."""

    log: str
    stream_id: str
    item_code: str
    name: str
    act_kind: str
    basis: str  # Citations, one a line.
    agency_id: str
    leaf_index: int


class LogRow(NamedTuple):
    """One log of the ledger, by its entry 0."""

    log: str
    stream_id: str
    origin: str
    ledger: str
    operator: str
    case_logs: int
    format_version: int
    hash_profile: str
    clock: str
    entries_access: str
    is_synthetic: bool
    platform_vkey: str
    created_at: int


class LogKeyRow(NamedTuple):
    """One thing that happened to a log's verification key."""

    log: str
    stream_id: str
    leaf_index: int
    origin: str
    vkey: str
    what: str  # BIRTH, ADDED, RETIRED
    at: int
    last_size: int | None


class SchemaRow(NamedTuple):
    """One published schema."""

    log: str
    stream_id: str
    leaf_index: int
    subject: str
    version: int
    cn: str
    text: str
    text_hash: str
    fingerprint: str  # 16 hex digits.
    received_at: int


class PublicationRow(NamedTuple):
    """One published text that entries are judged by."""

    log: str
    stream_id: str
    leaf_index: int
    kind: str  # RULE_SET, CALENDAR, CATALOGUE, REVIEW_CATALOGUE, TRANSPORT_KEY, SIMULATION_ENDED
    version: str
    text: str | None
    text_hash: str | None
    effective_from: int | None  # Day; of a transport key microseconds.
    agency_id: str
    received_at: int


EMITTERS: Final = Table("register_emitter", EmitterRow, 3)
EMITTER_KEYS: Final = Table("register_emitter_key", EmitterKeyRow, 3)
AGENCIES: Final = Table("register_agency", AgencyRow, 3)
OFFICERS: Final = Table("register_officer", OfficerRow, 3)
CREDENTIALS: Final = Table("register_credential", CredentialRow, 3)
ITEMS: Final = Table("register_item", ItemRow, 3)
LOGS: Final = Table("register_log", LogRow, 3)
LOG_KEYS: Final = Table("register_log_key", LogKeyRow, 5, is_insert_only=True)
SCHEMAS: Final = Table("register_schema", SchemaRow, 3, is_insert_only=True)
PUBLICATIONS: Final = Table("register_publication", PublicationRow, 3, is_insert_only=True)
TABLES: Final = (
    EMITTERS,
    EMITTER_KEYS,
    AGENCIES,
    OFFICERS,
    CREDENTIALS,
    ITEMS,
    LOGS,
    LOG_KEYS,
    SCHEMAS,
    PUBLICATIONS,
)


class RegisterReader(Protocol):
    """Questions to the registers."""

    def emitters(self) -> Sequence[EmitterRow]:
        """Return all emitters, by id."""
        ...

    def emitter_keys(self, emitter_id: str) -> Sequence[EmitterKeyRow]:
        """Return the keys of an emitter, oldest first."""
        ...

    def agencies(self) -> Sequence[AgencyRow]:
        """Return all agencies, by region and credit code."""
        ...

    def agency(self, agency_id: str) -> AgencyRow | None:
        """Return one agency."""
        ...

    def officers(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[OfficerRow]:
        """Return officers of an agency or of all, most recently registered first."""
        ...

    def find_officers(self, text: str, limit: int) -> Sequence[OfficerRow]:
        """Return the officers with this name or this credential number, exactly; by id."""
        ...

    def officer(self, officer_id: str) -> OfficerRow | None:
        """Return one officer."""
        ...

    def officer_names(self, officer_ids: Sequence[str]) -> dict[str, str]:
        """Return the names of officers by id; who is not registered is left out."""
        ...

    def credentials(self, officer_id: str) -> Sequence[CredentialRow]:
        """Return the credentials of an officer, by number."""
        ...

    def items(self) -> Sequence[ItemRow]:
        """Return all enforcement items, by code."""
        ...

    def logs(self) -> Sequence[LogRow]:
        """Return the logs of the ledger, by origin."""
        ...

    def log_keys(self) -> Sequence[LogKeyRow]:
        """Return what happened to the logs' keys, in the order of the control log."""
        ...

    def schemas(self) -> Sequence[SchemaRow]:
        """Return all schemas, by event type and version."""
        ...

    def schema(self, subject: str, version: int) -> SchemaRow | None:
        """Return one schema."""
        ...

    def publications(self, kind: str | None = None) -> Sequence[PublicationRow]:
        """Return published texts of a kind or of all, in the order of the control log."""
        ...
