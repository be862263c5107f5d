"""The rows of the disclosure view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

``disclosure_page`` and ``disclosure_tombstone`` are what the public may see, and nothing else is;
``disclosure``, ``disclosure_decision`` and ``disclosure_version`` are for clerks and auditors.
The record itself is no row: its bytes lie in the object store under ``content_hash``, so masked
names, which come from the vault, are never in a view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from ledger.errors import RejectedError
from projections.disclosure.search import Field, query_text
from projections.kept_acts import kept_table
from projections.reading import Cursor, Listing
from projections.tables import Table

DAY_MICROS: Final = 86_400_000_000
CHINA_OFFSET_MICROS: Final = 8 * 3_600_000_000  # Asia/Shanghai has no summer time.


class DecisionRow(NamedTuple):
    """One decision that a disclosure may be about; classes P and I only."""

    log: str
    stream_id: str
    event_id: str  # UUID of the deciding act.
    leaf_index: int
    agency_id: str
    agency_name: str | None
    event_type: str
    doc_no: str | None
    doc_date: int  # Days since 1970-01-01.
    party_type: str
    age_band: str
    org_name: str | None  # Of organisations; None for natural persons.
    uscc: str | None
    violation_type: str
    penalty_kinds: str  # Codes, separated by commas.
    item_code: str | None
    decided_at: int
    received_at: int
    reading: str  # Digest of the payload that it reads as: its own, or a correction's.
    is_annulled: bool


class DisclosureRow(NamedTuple):
    """One disclosure with its whole state, for those who work on it."""

    log: str
    stream_id: str
    disclosure_id: str
    agency_id: str
    state: str = "NONE"  # DRAFT, APPROVED, PUBLISHED, WITHDRAWN, ENDED, WITHHELD, EXTERNAL
    source_event_id: str | None = None
    channel: str | None = None
    view: str | None = None
    obligation: str | None = None  # MUST, MAY_WITHHOLD, MUST_NOT
    credit_class: str | None = None
    due_date: int | None = None
    draft_hash: str | None = None
    draft_version: int = 0
    drafter: str | None = None
    reviewer: str | None = None
    scan_clean: bool | None = None
    until: int | None = None  # Last day shown, days since 1970-01-01.
    replaces: str | None = None
    published_hash: str | None = None
    published_version: int = 0
    published_at: int | None = None
    published_by: str | None = None  # UUID of the newest ``DisclosurePublished``.
    ground: str | None = None  # Of withholding or withdrawal.
    changed_at: int = 0  # ``occurredAt`` of the newest act.
    leaf_index: int = 0  # Of the newest act.
    draft_reading: str | None = None  # What the decision read as when the draft was made.
    published_reading: str | None = None  # When the draft was made that was published.

    def is_outdated(self, source: DecisionRow | None) -> bool:
        """Tell whether the decision was corrected since: an officer has to draft it anew.

        Args:
            source: What is disclosed, None where it is no decision of this view.
        """
        made_of = self.published_reading if self.state == "PUBLISHED" else self.draft_reading
        if source is None or made_of is None:
            return False
        return self.state in ("DRAFT", "APPROVED", "PUBLISHED") and source.reading != made_of


class DutyRow(NamedTuple):
    """What was judged of a decision for a channel, and what is disclosed of it there."""

    log: str
    stream_id: str
    source_event_id: str
    channel: str
    disclosure_id: str | None = None  # The newest one; None: nobody has begun.
    obligation: str | None = None
    credit_class: str | None = None
    due_date: int | None = None


class PageRow(NamedTuple):
    """One published record, as the public may find it."""

    log: str
    stream_id: str
    disclosure_id: str
    view: str
    channel: str
    agency_id: str
    agency_name: str | None
    doc_no: str | None
    doc_date: int | None
    org_name: str | None
    uscc: str | None
    party_type: str | None
    violation_type: str | None
    penalty_kinds: str | None
    content_hash: str
    version: int
    url: str | None
    published_at: int  # Of version 1, microseconds UTC.
    updated_at: int  # Of this version.
    until: int | None
    event_id: str  # Of the act that published this version.
    leaf_index: int
    received_at: int
    search_text: str
    search_terms: str


class TombstoneRow(NamedTuple):
    """What stays of a withdrawn record: that it was, why it is gone, never whose it was."""

    log: str
    stream_id: str
    disclosure_id: str
    view: str
    agency_id: str
    agency_name: str | None
    doc_no: str | None  # None where it was wrongly published: the number may identify a person.
    published_at: int
    withdrawn_at: int
    ground: str
    public_reason: str
    content_hash: str
    version: int
    event_id: str
    leaf_index: int
    search_text: str
    search_terms: str


class VersionRow(NamedTuple):
    """One public act on a disclosure; old versions are visible to auditors only."""

    log: str
    stream_id: str
    disclosure_id: str
    leaf_index: int
    event_type: str
    event_id: str
    version: int
    content_hash: str
    at: int
    reason: str | None
    changed_fields: str | None  # Pointers, separated by commas.


class AnnulledRow(NamedTuple):
    """An act counts no more, also if it comes only later."""

    log: str
    stream_id: str
    event_id: str


OWN_PAGE: Final = "PORTAL"  # The channel on which an agency publishes by itself.
DECISIONS: Final = Table("disclosure_decision", DecisionRow, 3)
DISCLOSURES: Final = Table("disclosure", DisclosureRow, 3)
PAGES: Final = Table("disclosure_page", PageRow, 3)
TOMBSTONES: Final = Table("disclosure_tombstone", TombstoneRow, 3)
VERSIONS: Final = Table("disclosure_version", VersionRow, 4, is_insert_only=True)
ANNULMENTS: Final = Table("disclosure_annulled", AnnulledRow, 3)
ACTS: Final = kept_table("disclosure_act")  # Decisions and their corrections.
DUTIES: Final = Table("disclosure_duty", DutyRow, 4)
TABLES: Final = (DECISIONS, DISCLOSURES, PAGES, TOMBSTONES, VERSIONS, ANNULMENTS, ACTS, DUTIES)


class PageQuery(NamedTuple):
    """What is searched for; what is None does not narrow the list."""

    text: str | None = None  # In any field.
    doc_no: str | None = None  # Whole, or part of it.
    agency: str | None = None  # Part of the name, or the credit code.
    organisation: str | None = None  # Part of the name, or the credit code.
    agency_id: str | None = None  # Exactly this agency.
    view: str | None = None

    def too_short(self) -> list[str]:
        """Return the names of the fields whose text is too short to search by."""
        return [name for name, text in self._asked() if query_text(text) is None]

    def texts(self) -> dict[Field | None, str]:
        """Return the normalised text looked for in each field that is asked for.

        Raises:
            RejectedError: INVALID: one is too short. To leave it out would answer another question.
        """
        short = self.too_short()
        if short:
            raise RejectedError("INVALID", "too short to search by", pointer=f"/{short[0]}")
        return {_FIELDS[name]: query_text(text) or "" for name, text in self._asked()}

    def _asked(self) -> Iterator[tuple[str, str]]:
        for name in _FIELDS:
            text = getattr(self, name)
            if text is not None:
                yield name, text


_FIELDS: Final[Mapping[str, Field | None]] = {
    "text": None,
    "doc_no": Field.DOC_NO,
    "agency": Field.AGENCY,
    "organisation": Field.ORGANISATION,
}


class DisclosureReader(Protocol):
    """Questions to the view. ``now`` decides what is past its last day; microseconds UTC."""

    def search(
        self, query: PageQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[PageRow]:
        """Return published records, newest first."""
        ...

    def tombstones(
        self, query: PageQuery, limit: int, after: Cursor | None = None
    ) -> Listing[TombstoneRow]:
        """Return withdrawn records, newest first; searched by text, document number and agency."""
        ...

    def page(self, disclosure_id: str, now: int) -> PageRow | TombstoneRow | None:
        """Return what the public may see of a disclosure; None: nothing, or it never was."""
        ...

    def versions(self, disclosure_id: str) -> Sequence[VersionRow]:
        """Return the public acts on a disclosure, oldest first; for auditors."""
        ...

    def register(
        self, agency_id: str | None, states: Sequence[str], limit: int, after: Cursor | None = None
    ) -> Listing[DisclosureRow]:
        """Return disclosures in the given states, newest change first; for clerks."""
        ...

    def disclosure(self, disclosure_id: str) -> DisclosureRow | None:
        """Return the whole state of one disclosure; for clerks."""
        ...

    def of_stream(self, stream_id: str) -> Sequence[DisclosureRow]:
        """Return the disclosures of a matter, by id; for clerks."""
        ...

    def decision(self, stream_id: str, event_id: str) -> DecisionRow | None:
        """Return a decision that a disclosure may be about."""
        ...

    def duty(self, stream_id: str, event_id: str) -> DutyRow | None:
        """Return what was judged of a decision for the agency's own page."""
        ...

    def undisclosed(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[DecisionRow]:
        """Return decisions that no disclosure was begun for, newest first; for clerks."""
        ...


def china_day(micros: int) -> int:
    """Return the day in China of an instant, days since 1970-01-01."""
    return (micros + CHINA_OFFSET_MICROS) // DAY_MICROS
