"""The rows of the replay view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

One row an entry, with the act's bytes as the emitter sent them: what is personal or secret in
them is a commitment already. The envelope is decoded when a matter is read, the payload when
somebody opens it, by the schema that the ``registers`` view holds; so a rebuild does not decode
what nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple, Protocol

from ledger.chain.act import Act, decode_act
from projections.reading import Cursor, Listing
from projections.tables import Table


class CaseEntryRow(NamedTuple):
    """One entry of a matter, as the table holds it."""

    log: str
    stream_id: str
    version: int  # Of the stream, from 1.
    leaf_index: int
    event_id: str
    cn: str  # Chinese term of the event type.
    received_at: int
    control_size: int
    opened: int
    act: bytes  # The act's value.


class CaseEntry(NamedTuple):
    """One entry of a matter with its envelope decoded; times in microseconds UTC."""

    log: str
    stream_id: str
    version: int  # Of the stream, from 1.
    leaf_index: int
    event_id: str
    cn: str  # Chinese term of the event type.
    received_at: int  # Ours.
    control_size: int  # What of the control log it was judged against.
    opened: int  # Openings that came with the act and were verified.
    act: Act  # Type, agency, emitter, actors, times as claimed, payload bytes.

    @classmethod
    def of_row(cls, row: CaseEntryRow) -> CaseEntry:
        """Return the entry that a row holds."""
        return cls(*row[:-1], act=decode_act(row.act))


class MatterRow(NamedTuple):
    """One matter in the list of matters; classes P and I only."""

    log: str
    stream_id: str
    agency_id: str  # Of its first act.
    case_no: str | None
    doc_no: str | None
    org_name: str | None  # Of an organisation; None for natural persons.
    item_code: str | None
    stage: str  # Code of the furthest milestone.
    entries: int
    alerts: int
    first_received_at: int
    last_received_at: int
    last_cn: str  # Chinese term of the newest entry's type.
    last_leaf_index: int


ENTRIES: Final = Table("case_entry", CaseEntryRow, 3, is_insert_only=True)
MATTERS: Final = Table("case_matter", MatterRow, 2)
TABLES: Final = (ENTRIES, MATTERS)


class AsOf(NamedTuple):
    """Which entries count; what is None does not narrow them.

    ``received_at``: what the ledger held then. ``occurred_at``: what had happened by then, as far
    as is known today. ``version``: the first so many entries. Times in microseconds UTC.
    """

    received_at: int | None = None
    occurred_at: int | None = None
    version: int | None = None


def counting(rows: Iterable[CaseEntryRow], as_of: AsOf, limit: int) -> Iterator[CaseEntry]:
    """Yield at most ``limit`` of the entries that count."""
    entries = (CaseEntry.of_row(row) for row in rows if _has_come(row, as_of))
    had_occurred = (
        entry
        for entry in entries
        if as_of.occurred_at is None or entry.act.occurred_at <= as_of.occurred_at
    )
    return islice(had_occurred, limit)


def _has_come(row: CaseEntryRow, as_of: AsOf) -> bool:
    return (as_of.received_at is None or row.received_at <= as_of.received_at) and (
        as_of.version is None or row.version <= as_of.version
    )


class CaseReplayReader(Protocol):
    """Questions to the view."""

    def entries(
        self,
        stream_id: str,
        as_of: AsOf = AsOf(),  # noqa: B008  immutable
        after_version: int = 0,
        limit: int | None = None,
    ) -> Sequence[CaseEntry]:
        """Return the entries of a matter that count, ascending by version.

        Args:
            stream_id: The matter.
            as_of: Which count.
            after_version: Leave out the entries up to this version.
            limit: At most so many; ``CASE_VIEW_ENTRIES_MAX`` unless told.
        """
        ...

    def matter(self, stream_id: str) -> MatterRow | None:
        """Return one matter's line; None if nothing was recorded of it."""
        ...

    def matters(
        self, agency_id: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[MatterRow]:
        """Return the cases of an agency or of all, most recently changed first."""
        ...

    def find(self, number: str) -> Sequence[MatterRow]:
        """Return the matters with this case or document number, exactly."""
        ...

    def entry(self, event_id: str) -> CaseEntry | None:
        """Return the entry of an act."""
        ...
