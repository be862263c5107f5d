"""The rows of the sharing view, and what can be asked of them.

Read before: docs/spec/disclosure-push.md, ``projection``. Read next: ``postgres``.

A step is one change of a disclosure that outside channels have to hear of: it was published, was
replaced by a next version, or is public no more. Each step has a row for each channel of the rule
set in force then, and the row tells what became of it. What systems sent is one row an act.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, Protocol

from projections.kept_acts import kept_table
from projections.reading import Cursor, Listing
from projections.tables import Table

UNASSESSED: Final = "UNASSESSED"  # Nobody has judged whether it belongs on the channel.
NOT_DUE: Final = "NOT_DUE"  # Judged: it need not, or must not, be there.
NOT_NEEDED: Final = "NOT_NEEDED"  # To be taken down where it never was.
DUE: Final = "DUE"
PUSHED: Final = "PUSHED"  # Sent; no receipt with the same hash.
REFUSED: Final = "REFUSED"
ACKNOWLEDGED: Final = "ACKNOWLEDGED"  # Receipt with the same hash.
REPLACED: Final = "REPLACED"  # A later step came before the receipt.
STATES: Final = (*(UNASSESSED, NOT_DUE, NOT_NEEDED, DUE, PUSHED, REFUSED, ACKNOWLEDGED, REPLACED),)
GAPS: Final = (UNASSESSED, DUE, PUSHED, REFUSED)
NUMBERS_MAX: Final = 2**63 - 1  # More that are missing are not told apart.
COUNTED: Final = (*GAPS, ACKNOWLEDGED)  # What has to be on the channel.


class SharedRow(NamedTuple):
    """One disclosure, as far as sharing goes."""

    log: str
    stream_id: str
    disclosure_id: str
    agency_id: str
    source_event_id: str | None = None
    channel: str | None = None  # Its own.
    steps: int = 0
    targets: str = ""  # Channels that any step has a row for, separated by commas.
    record_hash: str | None = None  # Of the newest published version.
    published_by: str | None = None  # UUID of the act that published it first; None: it has ended.


class PushRow(NamedTuple):
    """One step of a disclosure for one channel; times in microseconds UTC."""

    log: str
    stream_id: str
    disclosure_id: str
    step: int
    target: str
    agency_id: str
    source_event_id: str | None
    action: str  # PUBLISH, UPDATE or WITHDRAW.
    record_hash: str
    state: str  # One of ``STATES``.
    due_from: int  # When the step was received.
    event_id: str  # Of the act that made the step.
    leaf_index: int
    batch_id: str | None
    pushed_at: int | None
    answered_at: int | None

    @property
    def push_id(self) -> str:
        """Where it stands in a list of its moment: unique in the ledger."""
        return f"{self.event_id}/{self.target}"


class ObligationRow(NamedTuple):
    """What was judged of a decision for a channel, and which disclosures wait for it."""

    log: str
    stream_id: str
    source_event_id: str
    channel: str
    result: str | None
    disclosures: str  # Ids, separated by commas.


class AnnulledRow(NamedTuple):
    """An act counts no more, also if it comes only later."""

    log: str
    stream_id: str
    event_id: str


class EmittedRow(NamedTuple):
    """One act that somebody handed in."""

    log: str
    stream_id: str
    leaf_index: int
    emitter_id: str
    emitter_seq: int | None
    agency_id: str
    received_at: int


SHARED: Final = Table("sharing_disclosure", SharedRow, 3)
PUSHES: Final = Table("sharing_push", PushRow, 5)
OBLIGATIONS: Final = Table("sharing_obligation", ObligationRow, 4)
ANNULMENTS: Final = Table("sharing_annulled", AnnulledRow, 3)
ACTS: Final = kept_table("sharing_act")
EMITTED: Final = Table("sharing_emitted", EmittedRow, 3, is_insert_only=True)
TABLES: Final = (SHARED, PUSHES, OBLIGATIONS, ANNULMENTS, ACTS, EMITTED)


class Received(NamedTuple):
    """How many acts of an agency came in a day from one emitter."""

    agency_id: str
    emitter_id: str
    received: int


class ChannelCount(NamedTuple):
    """How many steps of an agency and a day are in a state on a channel."""

    agency_id: str
    target: str
    state: str
    steps: int


class SequenceGap(NamedTuple):
    """Numbers that an emitter passed over; the act after them came on the day asked for."""

    emitter_id: str
    first: int
    last: int
    agency_id: str  # Of the act after the gap.
    received_at: int  # Of that act.


class Missing(NamedTuple):
    """How many numbers were passed over before the acts of an agency and an emitter on a day."""

    agency_id: str
    emitter_id: str
    numbers: int


class Heard(NamedTuple):
    """When an emitter was last heard of."""

    emitter_id: str
    received_at: int
    emitter_seq: int | None


class Day(NamedTuple):
    """A day: from its first microsecond to that of the next."""

    start: int
    end: int


class SharingReader(Protocol):
    """Questions to the view; ``agency_id`` None: of all agencies."""

    def agencies(self, day: Day, limit: int, after: str = "") -> Sequence[str]:
        """Return the agencies of which anything came or became due in a day, ascending."""
        ...

    def received(self, day: Day, agencies: Collection[str]) -> Sequence[Received]:
        """Count what came in a day of these agencies, by agency and emitter."""
        ...

    def channels(self, day: Day, agencies: Collection[str]) -> Sequence[ChannelCount]:
        """Count the steps of a day by agency, channel and state."""
        ...

    def pushes(
        self,
        states: Collection[str],
        day: Day,
        agency_id: str | None,
        limit: int,
        after: Cursor | None = None,
    ) -> Listing[PushRow]:
        """Return the steps of a span of time in these states, the newest first."""
        ...

    def sequence_gaps(self, day: Day, agencies: Collection[str], limit: int) -> list[SequenceGap]:
        """Return what emitters passed over, by emitter and number; at most ``limit``."""
        ...

    def missing(self, day: Day, agencies: Collection[str]) -> Sequence[Missing]:
        """Count what emitters passed over, by agency and emitter; all of it."""
        ...

    def heard(self, emitter_ids: Collection[str]) -> Sequence[Heard]:
        """Return when each of these emitters was last heard of; who never was is left out."""
        ...
