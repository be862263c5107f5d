"""The promise: after the commit, the second copy and then the signed checkpoint, in this order.

Read before: ``ledger/chain/checkpoint.py``, ``ledger/store/start_check.py``. Read next:
``projections/disclosure/projection.py``.

What a promise covers is durable twice, and only from then on may it leave the ledger: receipts,
relayed entries, tiles, projections. One promise may cover several commits. A crash before the swap
leaves files that nobody was told of; the next start writes them again and goes on.
Trusts the log's own keys; the root that is signed is computed here anew from what was written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.note_keys import Signer
from ledger.chain.tiles import TILE_HEIGHT
from ledger.chain.tree import leaf_hash
from ledger.clock import MICROS_PER_SECOND
from ledger.domain.rows import Head
from ledger.errors import AlteredEntryError, PromiseConflictError, RootMismatchError
from ledger.limits import PROMISE_ENTRIES_MAX, TILE_WIDTH
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from ledger.store.start_check import StartState, check_start
from ledger.store.tile_edge import EMPTY_EDGE, TileEdge
from ledger.store.tile_store import CHECKPOINT, TileStore, checkpoint_of

SWAPS_MAX: Final = 3  # Lost swaps in a row: more than two owners of one log are a misconfiguration.
PAGE_ENTRIES: Final = 16_384  # Read from the database at once when catching up: some 20 MB.
assert PAGE_ENTRIES <= PROMISE_ENTRIES_MAX


class Commit(NamedTuple):
    """What one commit added to its log."""

    entries: Sequence[bytes]
    leaves: Sequence[bytes]  # Their leaf hashes, 32 bytes each.
    size: int  # Of the log after it.
    root: bytes  # At that size.
    control_size: int  # Of its newest entry.


class Promiser:
    """Promises one log. Not for two threads at once; any one thread may use it.

    Args:
        recorder: The log; its connections may be shared with an append that is under way.
        store: Where second copy and promise go.
        signers: The log's keys.
    """

    def __init__(
        self, recorder: LedgerRecorder, store: TileStore, signers: Sequence[Signer]
    ) -> None:
        assert signers
        self._recorder = recorder
        self._store = store
        self._signers = signers
        self._log = recorder.log
        self._origin = signers[0].name
        self._edge: TileEdge = EMPTY_EDGE
        self._note = b""
        self._control_size = 0  # Of the newest promised entry.
        self._recorded_size = -1  # What the database's row says, as far as we know.
        self._published = b""
        self._published_at = 0
        # Partial files that exist, by the full file that will replace them.
        self._partials: defaultdict[str, set[str]] = defaultdict(set)
        self._published_partials: set[str] = set()
        self._obsolete: set[str] = set()  # Partial files that nobody needs any more.

    @property
    def size(self) -> int:
        """The promised size."""
        return self._edge.size

    @property
    def checkpoint(self) -> bytes:
        """The newest promise, a signed checkpoint."""
        return self._note

    def start(self) -> StartState:
        """Check the log against its promise, then promise what is committed beyond it.

        Returns:
            The state before; its frontier is the appender's to go on from.

        Raises:
            BehindPromiseError, RootMismatchError, SignatureInvalidError: See ``check_start``.
            PromiseConflictError: Other owners keep promising meanwhile.
            UnavailableError: Database or tile store is away.
        """
        self._store.forget_unfinished(self._log)
        for attempt in range(SWAPS_MAX):
            state = self._load()
            try:
                self._catch_up(state.head)
            except PromiseConflictError:
                if attempt == SWAPS_MAX - 1:
                    raise
            else:
                return state
        raise AssertionError("unreachable")

    def promise(self, commits: Sequence[Commit]) -> bytes:
        """Promise commits; return the signed checkpoint that covers them.

        Repeatable: after UnavailableError call again with the same commits, or with more. Where
        another owner of this log promised first, everything is read anew and the newest promise,
        which covers these commits too, is returned.

        Args:
            commits: In order, each the next of the one before; those promised already are skipped.

        Raises:
            RootMismatchError: The files do not hash to the committed root: nothing was promised.
            BehindPromiseError: Another owner promised what this database does not hold.
            UnavailableError: Database or tile store is away.
        """
        assert commits
        last = commits[-1]
        if last.size > self._edge.size:
            try:
                self._extend(commits)
            except PromiseConflictError:
                self.start()
        self._record()
        assert self._edge.size >= last.size
        return self._note

    def publish(self, now: int) -> bool:
        """Publish the newest promise as ``<log>/checkpoint``; return whether it was a new one.

        Before that, files that passed promises have left are removed: here and not in ``promise``,
        because nobody waits for it.

        At most one new a second; a case log's only when the published control log covers what its
        newest entry was judged against, so that whoever reads it can replay the verdicts.

        Args:
            now: Microseconds UTC.

        Raises:
            UnavailableError: The tile store is away.
        """
        self._remove_obsolete()
        if not self._edge.size or self._note == self._published:
            return False
        if now < self._published_at + MICROS_PER_SECOND or not self._control_is_published():
            return False
        self._store.publish(self._log, self._note)
        self._published, self._published_at = self._note, now
        self._published_partials |= {path for _, path in self._edge.partial_paths()}
        return True

    def _extend(self, commits: Sequence[Commit]) -> None:
        """Write the files of the new entries, swap the promise, move on."""
        entries = [entry for commit in commits for entry in commit.entries]
        leaves = [leaf for commit in commits for leaf in commit.leaves]
        known = self._edge.size - (commits[-1].size - len(entries))
        assert known >= 0
        edge, files = self._edge.extended(entries[known:], leaves[known:])
        last = commits[-1]
        if (root := edge.root()) != last.root:
            raise RootMismatchError(edge.size, expected=last.root, found=root)
        note = sign_checkpoint(Checkpoint(self._origin, edge.size, root), self._signers)
        self._store.write_objects(self._log, files)
        # The promise: the last write of an append. Before it nobody has heard of these entries;
        # after it no restart may lose one. A crash in between is mended by ``start``.
        self._store.swap_promise(self._log, self._note, note)
        before, self._edge, self._note = self._edge, edge, note
        self._control_size = last.control_size
        self._drop_partials(before, {file.path for file in files})

    def _drop_partials(self, before: TileEdge, written: set[str]) -> None:
        """Note partial files that a full one replaced, or that only a passed promise needed."""
        needed = {path for _, path in self._edge.partial_paths()} | self._published_partials
        obsolete = {path for _, path in before.partial_paths()} - needed
        for full in written & set(self._partials):
            obsolete |= self._partials.pop(full)
        for full, path in self._edge.partial_paths():
            self._partials[full].add(path)
        for paths in self._partials.values():
            paths.difference_update(obsolete)
        self._published_partials -= obsolete
        self._obsolete |= obsolete

    def _remove_obsolete(self) -> None:
        if self._obsolete:
            self._store.remove_objects(self._log, self._obsolete)
            self._obsolete.clear()

    def _load(self) -> StartState:
        """Read promise and head, and from the database what the next files start with."""
        state = check_start(self._recorder, self._store, [signer.key for signer in self._signers])
        self._note = state.promise
        self._recorded_size = state.promised_size
        self._edge = _read_edge(self._recorder, state.promised_size)
        if (root := self._edge.root()) != (promised := checkpoint_of(state.promise).root):
            raise RootMismatchError(state.promised_size, expected=promised, found=root)
        if state.promised_size:
            newest = self._recorder.entry(state.promised_size - 1)
            self._control_size = decode_entry(newest).control_size
        self._obsolete.clear()  # Another owner may have published one of them.
        self._published = self._store.read(self._log, CHECKPOINT) or b""
        for full, path in self._edge.partial_paths():
            self._partials[full] = {*self._store.partials(self._log, full), path}
            # Which of them a published checkpoint needs is no longer known: all stay.
            self._published_partials |= self._partials[full]
        return state

    def _catch_up(self, head: Head) -> None:
        """Promise what the database has beyond the promise; the normal path, from stored bytes."""
        while self._edge.size < head.tree_size:
            limit = min(PAGE_ENTRIES, head.tree_size - self._edge.size)
            entries = [entry for _, entry in self._recorder.read_entries(self._edge.size, limit)]
            # Leaves are hashed anew: an entry changed in the table must not get a new promise.
            leaves = [leaf_hash(entry) for entry in entries]
            size = self._edge.size + len(entries)
            at_head = size == head.tree_size
            root = head.root if at_head else _read_edge(self._recorder, size).root()
            control_size = decode_entry(entries[-1]).control_size
            self._extend([Commit(entries, leaves, size, root, control_size)])
            self._record()

    def _record(self) -> None:
        """Tell the database, and whoever waits there, how far the promise goes now."""
        if self._recorded_size < self._edge.size:
            self._recorder.set_promised(self._edge.size)
            self._recorded_size = self._edge.size

    def _control_is_published(self) -> bool:
        if self._log == CONTROL:
            return True
        note = self._store.read(CONTROL, CHECKPOINT)
        return note is not None and checkpoint_of(note).size >= self._control_size


def _read_edge(recorder: LedgerRecorder, size: int) -> TileEdge:
    """Return the edge of the tiles at a size, from stored entries and nodes.

    Raises:
        AlteredEntryError: An entry of the partial bundle is not its leaf's: written on, it would
            take the place of the right one in the second copy.
    """
    start = size - size % TILE_WIDTH
    entries = recorder.read_entries(start, size - start) if size > start else []
    wanted: list[list[tuple[int, int]]] = []
    width, level = size, 0
    while width:
        first = width - width % TILE_WIDTH
        wanted.append([(level * TILE_HEIGHT, index) for index in range(first, width)])
        width, level = width // TILE_WIDTH, level + 1
    coordinates = [coordinate for row in wanted for coordinate in row]
    nodes = recorder.node_reader()(coordinates) if coordinates else {}
    levels = tuple(tuple(nodes[coordinate] for coordinate in row) for row in wanted)
    for index, entry in entries:
        if (found := leaf_hash(entry)) != (expected := nodes[0, index]):
            stream = recorder.stored_stream(index)
            raise AlteredEntryError(recorder.origin, index, stream, expected=expected, found=found)
    return TileEdge(size, tuple(entry for _, entry in entries), levels)
