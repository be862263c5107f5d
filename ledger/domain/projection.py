"""What a projection is, and where it reads from: three protocols and the entry they share.

Read before: ``ledger/domain/control_facts.py``. Read next: ``consumers/project.py``, the loop
that drives a projection, and ``projections/disclosure/projection.py``, what one does.

The loop knows no view and the views know no loop: they meet here. A source hands out promised
entries only, in leaf order. A projection sees an entry of a case log only after it has followed
the control log to that entry's ``controlSize``, and asks for control facts as of that size, so the
same ledger gives the same rows in whatever batches and from whichever copy it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ledger.chain.act import Act
from ledger.chain.avro import AvroValue, Codec
from ledger.chain.entry import Entry

CONTROL_LOG = "control"

Payload = dict[str, AvroValue]


class EntryView(NamedTuple):
    """One entry as a projection sees it."""

    log: str  # ``control``, ``0``, ``1``, ...
    entry: Entry
    act: Act
    codec: Codec  # Of the act's payload.

    @property
    def payload(self) -> Payload:
        """The payload, decoded afresh at each call: take it once."""
        payload: Payload = self.codec.decode(self.act.payload)
        return payload


class StoredEntry(NamedTuple):
    """One entry as a source hands it out."""

    leaf_index: int
    data: bytes  # Entry bytes, as the chain hashes them.


class EntryRange(NamedTuple):
    """What a source found between two positions of a log."""

    entries: Sequence[StoredEntry]  # Ascending leaf index; the wanted types only.
    end: int  # First leaf index that was not looked at.


class EntrySource(Protocol):
    """A copy of the ledger that promised entries are read from.

    Whoever controls the copy controls what the views show; ``view compare`` against another copy,
    and every proof on a page, would disagree.
    """

    def sizes(self) -> Mapping[str, int]:
        """Return how many entries of each log are promised.

        Raises:
            UnavailableError: The copy cannot be reached.
        """
        ...

    def read(
        self, log: str, start: int, limit: int, event_types: Collection[str] | None
    ) -> EntryRange:
        """Return the entries from ``start`` on, of the given event types or of all.

        Looks at no more than ``limit`` positions and at none beyond the promised size.

        Raises:
            UnavailableError: The copy cannot be reached.
            IncompleteError: The copy has a gap.
        """
        ...


class ControlReader(Protocol):
    """Facts of the control log that rows of a view are made of, each as of a size of that log."""

    def codec(self, event_type: str, schema_version: int) -> Codec:
        """Return the codec of a payload; one (type, version) has one schema for ever."""
        ...

    def chinese_term(self, event_type: str, schema_version: int) -> str:
        """Return what the schema calls the event in Chinese."""
        ...

    def agency_name(self, agency_id: str, control_size: int) -> str | None:
        """Return the registered name of an agency among the first ``control_size`` entries."""
        ...


class ViewBatch(Protocol):
    """One transaction on a view: its rows, how far it has read, its digest."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many entries of each log the view has taken in."""
        ...

    def apply(self, entries: Sequence[EntryView], facts: ControlReader) -> None:
        """Take in entries, of subscribed types, ascending within each log."""
        ...

    def reached(self, log: str, size: int) -> None:
        """Note that all entries of ``log`` below ``size`` were taken in or passed over."""
        ...


class Comparison(NamedTuple):
    """What came out of comparing a view with a replay of the ledger."""

    sizes: Mapping[str, int]  # As of which both were compared.
    stored: str  # The digest the view carries.
    recomputed: str  # The digest of the rows that are in its tables.
    replayed: str  # The digest of the rows that the ledger gives.
    differences: Sequence[str]  # ``table key``, of at most as many rows as were asked for.

    @property
    def is_equal(self) -> bool:
        """Tell whether the view is what the ledger gives."""
        return self.stored == self.recomputed == self.replayed


class FreshView(ViewBatch, Protocol):
    """Empty tables of a view beside the live ones, in one transaction with whatever follows."""

    def live_sizes(self, *, lock: bool) -> Mapping[str, int]:
        """Return how far the live view has read; with ``lock`` it stays so until the end."""
        ...

    def swap(self) -> None:
        """Put the fresh tables in the place of the live ones; readers see one or the other."""
        ...

    def compare(self, limit: int) -> Comparison:
        """Compare the fresh rows with the live ones; naming at most ``limit`` that differ."""
        ...


class Projection(Protocol):
    """A view that can be fed."""

    @property
    def name(self) -> str:
        """Name of the view and of its tracking rows; a rename is a rebuild."""
        ...

    @property
    def event_types(self) -> Collection[str] | None:
        """Event types it takes in; None for all."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether its tables exist and were made by this version of its code."""
        ...

    def batch(self) -> AbstractContextManager[ViewBatch]:
        """Open one transaction on the live tables; leaving it commits."""
        ...

    def fresh(self) -> AbstractContextManager[FreshView]:
        """Open one transaction with empty tables; without ``swap`` nothing of it stays."""
        ...
