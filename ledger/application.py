"""The batch becomes entries: leaf index, stream version, link, leaf hash, tree nodes.

Read before: ``consumers/append/gates.py``. Read next: ``ledger/chain/entry.py``, then
``ledger/store/recorder.py``, where the batch is committed.

One ``LogApplication`` a log. It works under a ``LogTransaction``, which holds the log's head row:
nobody else can append meanwhile. What it remembers between transactions (frontier, stream heads)
is good only if the head is what this process left; else somebody else has appended and all of it
is dropped and read anew, so that two owners of one log are harmless.
Trusts the store for what lies under the lock; that the stored tree hashes to the head's root is
checked whenever it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, Protocol

from ledger.chain.compiled import IS_COMPILED, acts
from ledger.chain.entry import Source, entry_prefix
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.tree import Frontier, leaf_hash
from ledger.domain.rows import EntryRow, Head, Node, QuarantineItem, StreamHead, VaultOpening
from ledger.errors import MalformedRecordError
from ledger.limits import ENTRY_SIZE_BYTES_MAX

STREAM_HEADS_MAX: Final = 32_768  # About 10 MB; a log's streams that moved last.
_NEW_STREAM: Final = StreamHead(0, ZERO_LINK)
_pack_prefix = acts.pack_prefix if IS_COMPILED else entry_prefix


class LogTransaction(Protocol):
    """What an append asks of the store while it holds the head of its log."""

    @property
    def head(self) -> Head:
        """The head row as it was when it was locked."""
        ...

    def frontier(self) -> Frontier:
        """Return the frontier at the head, from stored nodes. Raises RootMismatchError."""
        ...

    def stream_heads(self, stream_ids: Sequence[str]) -> Mapping[str, StreamHead]:
        """Return the head of each stream that has an entry."""
        ...

    def stream_entries(self, stream_id: str) -> Sequence[bytes]:
        """Return all entries of a stream in order."""
        ...

    def write(
        self,
        rows: Sequence[EntryRow],
        nodes: Sequence[Node],
        *,
        root: bytes,
        received_at: int,
        control_size: int,
        tracking: Mapping[str, int],
        refusals: Mapping[bytes, int],
        openings: Sequence[VaultOpening],
        quarantine: Sequence[QuarantineItem],
    ) -> None:
        """Write it all; durable when the transaction commits."""
        ...


class NewEntry(NamedTuple):
    """What the next entry is made of, beside its place; as ``LogApplication.append`` takes it."""

    stream_id: str
    topic: str
    event_id: bytes
    act: bytes
    received_at: int
    opened: int
    source: Source | None
    submission: bytes


class Written(NamedTuple):
    """What one transaction appended; true once it has committed."""

    rows: Sequence[EntryRow]
    nodes: Sequence[Node]
    head: Head
    frontier: Frontier
    stream_heads: Mapping[str, StreamHead]


class LogApplication:
    """Appends to one log; not thread-safe.

    Usage: ``begin(tx)``, then ``append`` for each entry, ``write`` once, and ``committed`` after
    the transaction's block was left. After an error nothing needs to be undone: ``begin`` compares
    the head with what was committed last.
    """

    def __init__(self, profile: str) -> None:
        """Append with the ledger's hash profile, ``international`` or ``guomi``."""
        self._link_of = partial(stream_link, profile=profile)
        self._left: tuple[int, bytes] | None = None  # Size and root as this process left them.
        self._frontier = Frontier()
        self._heads: dict[str, StreamHead] = {}
        # Of the transaction under way:
        self._rows: list[EntryRow] = []
        self._moved: dict[str, StreamHead] = {}
        self._pending: dict[str, list[bytes]] = {}  # Of the first ``_grouped`` rows.
        self._grouped = 0
        self._start = 0

    def begin(self, tx: LogTransaction) -> bool:
        """Start a transaction; return whether the head is as this process left it.

        Raises:
            RootMismatchError: the stored tree does not hash to the head's root.
        """
        self._rows, self._moved = [], {}
        self._pending, self._grouped = {}, 0
        self._start = tx.head.tree_size
        if self._left == (tx.head.tree_size, tx.head.root):
            return True
        self._heads.clear()
        self._frontier = tx.frontier()
        self._left = (tx.head.tree_size, tx.head.root)
        return False

    def load_heads(self, tx: LogTransaction, stream_ids: Iterable[str]) -> None:
        """Make the heads of these streams known, with at most one question to the store."""
        known = self._heads
        missing = [stream_id for stream_id in stream_ids if stream_id not in known]
        if missing:
            found = tx.stream_heads(missing)
            for stream_id in missing:
                known[stream_id] = found.get(stream_id, _NEW_STREAM)

    @property
    def next_index(self) -> int:
        """The leaf index of the next entry."""
        return self._start + len(self._rows)

    def version(self, stream_id: str) -> int:
        """Return the version of a stream's newest entry, 0 for none; its head must be loaded."""
        return (self._moved.get(stream_id) or self._heads[stream_id]).version

    def entry(self, leaf_index: int) -> bytes:
        """Return an entry that this transaction has appended."""
        return self._rows[leaf_index - self._start].state

    def pending_entries(self, stream_id: str) -> list[bytes]:
        """Return the entries of a stream that this transaction has appended so far."""
        for row in islice(self._rows, self._grouped, None):
            self._pending.setdefault(row.stream_id, []).append(row.state)
        self._grouped = len(self._rows)
        return self._pending.get(stream_id, [])

    def append(
        self,
        stream_id: str,
        topic: str,
        event_id: bytes,
        act: bytes,
        *,
        received_at: int,
        control_size: int,
        opened: int,
        source: Source | None,
        submission: bytes,
    ) -> bytes:
        """Make the next entry; return its prefix, which is a receipt's ``extra``.

        Args:
            stream_id: Stream whose head is loaded.
            topic: Event type and version, ``PenaltyDecisionMade.v1``.
            event_id: 16 bytes, new in this log.
            act: The act's value bytes.
            received_at: Microseconds UTC, never below that of the entry before.
            control_size: Size of the control log it was judged against.
            opened: Number of verified openings.
            source: Where the record lay, None without one.
            submission: The ``lz-proof`` bytes, empty for what the ledger makes itself.

        Raises:
            MalformedRecordError: R1_ACT_TOO_LARGE: the entry would not fit a bundle.
        """
        index = self._start + len(self._rows)
        version, link = self._moved.get(stream_id) or self._heads[stream_id]
        prefix = _pack_prefix(
            index,
            stream_id,
            version + 1,
            link,
            received_at,
            control_size,
            opened,
            source,
            submission,
            len(act),
        )
        entry = prefix + act
        if len(entry) > ENTRY_SIZE_BYTES_MAX:
            raise MalformedRecordError("entry too large", code="R1_ACT_TOO_LARGE")
        own_link = self._link_of(entry)
        self._moved[stream_id] = StreamHead(version + 1, own_link)
        self._rows.append(
            EntryRow(
                stream_id,
                version + 1,
                topic,
                entry,
                index,
                own_link,
                leaf_hash(entry),
                event_id,
                received_at,
            )
        )
        return prefix

    def append_all(self, made: list[NewEntry], control_size: int) -> list[bytes]:
        """Make the next entries, as ``append`` does one; return their prefixes.

        Args:
            made: In order.
            control_size: Size of the control log they were judged against.

        Raises:
            MalformedRecordError: as ``append``; no act and proof of the allowed sizes are so large.
        """
        if not IS_COMPILED:
            return [
                self.append(
                    *one[:4],
                    received_at=one.received_at,
                    control_size=control_size,
                    opened=one.opened,
                    source=one.source,
                    submission=one.submission,
                )
                for one in made
            ]
        return acts.make_entries(
            made,
            self.next_index,
            control_size,
            self._heads,
            self._moved,
            self._rows,
            self._link_of,
            StreamHead,
            EntryRow,
        )

    def write(
        self,
        tx: LogTransaction,
        *,
        control_size: int,
        tracking: Mapping[str, int],
        refusals: Mapping[bytes, int],
        openings: Sequence[VaultOpening],
        quarantine: Sequence[QuarantineItem],
    ) -> Written:
        """Write what was appended; it is committed when the transaction's block is left.

        Args:
            tx: The transaction that ``begin`` was given.
            control_size: Size of the control log that everything was judged against.
            tracking: Newly consumed offsets by tracking name.
            refusals: Event ids refused by a gate, with the leaf index of the refusal.
            openings: For the vault.
            quarantine: Refused records.
        """
        rows = self._rows
        frontier = self._frontier.copy()
        nodes = frontier.extend([row.leaf for row in rows])
        received_at = rows[-1].received_at if rows else tx.head.received_at
        newest_control_size = control_size if rows else tx.head.control_size
        head = tx.head._replace(
            tree_size=frontier.size,
            root=frontier.root() if rows else tx.head.root,
            received_at=received_at,
            control_size=newest_control_size,
        )
        tx.write(
            rows,
            nodes,
            root=head.root,
            received_at=head.received_at,
            control_size=head.control_size,
            tracking=tracking,
            refusals=refusals,
            openings=openings,
            quarantine=quarantine,
        )
        return Written(rows, nodes, head, frontier, self._moved)

    def committed(self, written: Written) -> None:
        """Remember what a transaction left behind; only after its commit is known."""
        self._left = (written.head.tree_size, written.head.root)
        self._frontier = written.frontier
        heads = self._heads
        for stream_id, head in written.stream_heads.items():
            # The streams that moved last go to the end, so the oldest are evicted.
            heads.pop(stream_id, None)
            heads[stream_id] = head
        while len(heads) > STREAM_HEADS_MAX:
            del heads[next(iter(heads))]
