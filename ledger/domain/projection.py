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
from typing import Final, NamedTuple, Protocol

from ledger.chain.act import HEADER_SIZE_BYTES, Act, decode_act
from ledger.chain.avro import AvroValue, Codec
from ledger.chain.entry import Entry
from ledger.chain.varint import read_int, read_length
from ledger.domain.control import ControlState

CONTROL_LOG: Final = "control"
_LONG_OR_NEGATIVE: Final = 0x81  # Bits of a varint's first byte: more follow; below zero (zigzag).
EVENT_ID_SIZE_BYTES: Final = 16

Payload = dict[str, AvroValue]


class Codecs(Protocol):
    """Something that knows the published schemas."""

    def codec(self, event_type: str, schema_version: int) -> Codec:
        """Return the codec of a payload; one (type, version) has one schema for ever."""
        ...


class EntryView:
    """One entry as a projection sees it; act and payload are decoded when somebody asks.

    Args:
        log: ``control``, ``0``, ``1``, ...
        entry: The entry.
        codecs: For the act's payload.
    """

    __slots__ = ("_act", "_codecs", "_payload", "entry", "event_type", "log", "schema_version")

    def __init__(self, log: str, entry: Entry, codecs: Codecs) -> None:
        self.log = log
        self.entry = entry
        self.event_type, self.schema_version = act_type(entry.act)
        self._codecs = codecs
        self._act: Act | None = None
        self._payload: Payload | None = None

    def reading(self, act: Act, payload: Payload) -> EntryView:
        """Return the entry with its act as a correction has it; all but the payload is the same."""
        view = EntryView(self.log, self.entry, self._codecs)
        view.schema_version, view._act, view._payload = act.schema_version, act, payload
        return view

    @property
    def event_id(self) -> bytes:
        """The act's event id, 16 bytes."""
        return self.entry.act[HEADER_SIZE_BYTES : HEADER_SIZE_BYTES + EVENT_ID_SIZE_BYTES]

    @property
    def act(self) -> Act:
        """The act."""
        if self._act is None:
            self._act = decode_act(self.entry.act)
        return self._act

    @property
    def payload(self) -> Payload:
        """The act's payload, decoded by its schema."""
        if self._payload is None:
            codec = self._codecs.codec(self.event_type, self.schema_version)
            self._payload = codec.decode(self.act.payload)
        return self._payload


def act_type(value: bytes) -> tuple[str, int]:
    """Return event type and schema version of an act that the ledger has taken.

    Raises:
        MalformedAvroError: The bytes are no act.
    """
    start = HEADER_SIZE_BYTES + EVENT_ID_SIZE_BYTES
    # Asked of every entry of a ledger: length and version take one byte each, all but always.
    if len(value) > start and not value[start] & _LONG_OR_NEGATIVE:
        end = start + 1 + (value[start] >> 1)
        if len(value) > end and not value[end] & _LONG_OR_NEGATIVE:
            return value[start + 1 : end].decode(), value[end] >> 1
    size, start = read_length(value, start)
    end = start + size
    return value[start:end].decode(), read_int(value, end)[0]


class StoredEntry(NamedTuple):
    """One entry as a source hands it out."""

    leaf_index: int
    data: bytes  # Entry bytes, as the chain hashes them.


class EntryRange(NamedTuple):
    """What a source found between two positions of a log."""

    entries: Sequence[StoredEntry]  # Ascending leaf index; the wanted types only.
    end: int  # First leaf index that was not looked at.


class EntryProof(Protocol):
    """The promised tree of one log."""

    def check(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Check that entries (leaf index and bytes, ascending) are what was promised.

        Raises:
            AlteredEntryError: One is another.
            IncompleteError: What would prove it is not there.
            UnavailableError: What would prove it cannot be reached.
            VerificationError: What would prove it is not what was promised either.
        """
        ...


class EntrySource(Protocol):
    """A copy of the ledger that promised entries are read from.

    The event store's source proves what it hands out, so who controls the database can withhold,
    but not change. The topics' source proves nothing: who controls the broker controls those views,
    and ``view compare`` against the event store would disagree.
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


class ControlReader(Codecs, Protocol):
    """Facts of the control log that rows of a view are made of, each as of a size of that log."""

    def chinese_term(self, event_type: str, schema_version: int) -> str:
        """Return what the schema calls the event in Chinese."""
        ...

    def agency_name(self, agency_id: str, control_size: int) -> str | None:
        """Return the registered name of an agency among the first ``control_size`` entries."""
        ...

    def is_published(self, event_type: str, schema_version: int, control_size: int) -> bool:
        """Tell whether a schema is among the first ``control_size`` entries."""
        ...

    def is_credential_loss(self, event_id: bytes, control_size: int) -> bool:
        """Tell whether an event of the control log suspended or revoked a credential."""
        ...

    def list_in_force(
        self, event_type: str, agency_id: str, key: str, day: int, control_size: int
    ) -> Payload | None:
        """Return the newest published list that counts on a day, None if there is none."""
        ...

    def judged_by(self, control_size: int) -> ControlState:
        """Return what the first ``control_size`` entries say of what deadlines are counted by.

        Rule sets, calendars, emitters, schemas and workflows of legal review; nothing else is in
        it.
        """
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


class Part(NamedTuple):
    """What one of several replays beside each other gave: the rows of its share of the streams."""

    digest: str
    sizes: Mapping[str, int]  # The same for all parts.


class PartView(ViewBatch, Protocol):
    """Prepared tables that several replays fill, each in a transaction of its own."""

    def finish(self) -> Part:
        """Write what is still in memory, and say what was written."""
        ...


class FreshView(ViewBatch, Protocol):
    """Tables of a view beside the live ones, in one transaction with whatever follows."""

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

    def fresh(
        self, *, snapshot: bool, parts: Sequence[Part] = ()
    ) -> AbstractContextManager[FreshView]:
        """Open one transaction on tables beside the live ones; without ``swap`` nothing stays.

        Args:
            snapshot: The live view stays as it is now until the end, for a comparison; such a
                transaction cannot ``swap``.
            parts: What replays have put into prepared tables; without any the tables are new.
        """
        ...

    def prepared(self) -> AbstractContextManager[None]:
        """Have empty tables that others can see and fill with ``part``; one rebuild at a time."""
        ...

    def part(self) -> AbstractContextManager[PartView]:
        """Open one transaction on the prepared tables; leaving it commits."""
        ...
