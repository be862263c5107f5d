"""The rows of the retrieval view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

Who, why, on whose approval, for how long: a retrieval has one row, and each time somebody looked
at a record, or was kept from it, has one that says all four by itself. Persons are officer ids;
their names are in the registers. Reasons written by people are commitments and not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from projections.reading import Cursor, Listing
from projections.tables import Table


class RetrievalRow(NamedTuple):
    """One retrieval of records of one matter; times in microseconds UTC."""

    log: str
    stream_id: str  # The matter.
    retrieval_id: str
    state: str  # REQUESTED, APPROVED, REJECTED, CLOSED, EMERGENCY; NONE before any of them
    agency_id: str  # On whose behalf the newest act was made.
    requester: str | None
    org: str | None
    purpose: str | None
    mode: str | None
    scope: str | None  # JSON of what was asked for: mediaIds, docIds, fields.
    requested_at: int | None
    approver: str | None
    second_approver: str | None
    decided_at: int | None
    granted: str | None  # JSON of what was granted.
    window_id: str | None  # UUID of the approving act.
    window_from: int | None
    window_to: int | None
    watermark: str | None
    accesses: int
    copies: int
    denials: int
    last_access_at: int | None
    closed_at: int | None
    outcome: str | None
    changed_at: int  # ``receivedAt`` of the newest act.
    leaf_index: int  # Of the newest act.


class AccessRow(NamedTuple):
    """One time that somebody looked at a record, copied it, or was kept from it."""

    log: str
    stream_id: str  # The matter.
    access_id: str  # Given by the platform, else the UUID of the act.
    kind: str  # VIEW, COPY, DENIED, OFFLINE, EMERGENCY, RETURNED
    retrieval_id: str
    who: str | None
    org: str | None
    target: str | None
    purpose: str | None
    approver: str | None  # None: nobody approved it.
    window_id: str | None
    started_at: int
    ended_at: int | None
    bytes_sent: int | None
    detail: str | None  # Reason of a denial, watermark of a copy, condition of a return.
    received_at: int
    event_id: str
    leaf_index: int


RETRIEVALS: Final = Table("retrieval", RetrievalRow, 3)
ACCESSES: Final = Table("retrieval_access", AccessRow, 3)
TABLES: Final = (RETRIEVALS, ACCESSES)


class RetrievalReader(Protocol):
    """Questions to the view."""

    def retrievals(
        self, states: Sequence[str] | None, limit: int, after: Cursor | None = None
    ) -> Listing[RetrievalRow]:
        """Return retrievals in the given states or in any, most recently changed first."""
        ...

    def retrieval(self, retrieval_id: str) -> RetrievalRow | None:
        """Return one retrieval."""
        ...

    def of_stream(self, stream_id: str) -> Sequence[RetrievalRow]:
        """Return the retrievals of a matter, by id."""
        ...

    def accesses(
        self, who: str | None, limit: int, after: Cursor | None = None, *, unapproved: bool = False
    ) -> Listing[AccessRow]:
        """Return accesses, newest first.

        Args:
            who: Of this person only.
            limit: At most so many.
            after: Where the page before ended.
            unapproved: Only those that nobody approved, refused ones left out.
        """
        ...

    def accesses_of_stream(self, stream_id: str) -> Sequence[AccessRow]:
        """Return the accesses to records of a matter, oldest first."""
        ...

    def accesses_of(self, retrieval_id: str) -> Sequence[AccessRow]:
        """Return the accesses of a retrieval, oldest first."""
        ...
