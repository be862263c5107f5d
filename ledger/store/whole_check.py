"""The whole database of a log against its promise and its second copy, entry by entry.

Read before: ``ledger/store/promised_tree.py``, ``ledger/store/transaction.py``. Read next:
``portal/programs/ledger_check.py``.

1. Every hash tile is proven from the promise (``ProvenTree``).
2. Every entry of the tile store is held against its leaf.
3. Every row of the event table is held against its leaf, and each of its columns against the entry.
4. Every stored interior node is held against the one that the leaves give.
5. No row stands outside of the head, and the head is not behind the promise.

What is committed and not yet promised has no second copy and is not judged. Trusts the log's
public keys only; finds, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from ledger.chain.act import HEADER_SIZE_BYTES
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.proven_tree import ProvenTree, ReadObject
from ledger.chain.stream_scan import read_bundle
from ledger.chain.tree import Frontier, leaf_hash
from ledger.domain.projection import EVENT_ID_SIZE_BYTES, act_type
from ledger.domain.rows import EntryRow
from ledger.errors import IncompleteError, VerificationError
from ledger.limits import TILE_WIDTH
from ledger.store.promised_tree import PromisedTree
from ledger.store.recorder import LedgerRecorder

DATABASE: Final = "database"
TILE_STORE: Final = "tile store"

Progress = Callable[[int, int], None]  # Entries checked so far, entries in all.


class Difference(NamedTuple):
    """One thing that is not what was promised."""

    place: str  # ``database`` or ``tile store``.
    leaf_index: int | None
    stream: str | None
    text: str
    is_gone: bool = False  # Missing, else other than promised.

    def __str__(self) -> str:
        where = "" if self.leaf_index is None else f" entry {self.leaf_index}"
        where += "" if self.stream is None else f" ({self.stream})"
        return f"{self.place}:{where} {self.text}"


def compare_log(
    recorder: LedgerRecorder, promised: PromisedTree, progress: Progress
) -> Iterator[Difference]:
    """Compare one log; yield all that differs below the promised size, in leaf order.

    Raises:
        BehindPromiseError: There is no promise.
        IncompleteError: The tile store lacks a hash tile: nothing can be proven without it.
        SignatureInvalidError: The promise is not the log's.
        UnavailableError: Database or tile store is away.
        VerificationError: A hash tile is not what was promised.
    """
    tree, read = promised.held()
    frontier, profile = Frontier(), recorder.profile
    yield from _compare_edges(recorder, tree)
    for start in range(0, tree.size, TILE_WIDTH):
        leaves = tree.leaves(start // TILE_WIDTH)
        copies, faults = _copies(tree, read, start, leaves)
        yield from faults
        rows = {row.leaf_index: row for row in recorder.rows(start, start + len(leaves))}
        for index, (leaf, copy) in enumerate(zip(leaves, copies, strict=True), start):
            yield from _compare_row(index, leaf, copy, rows.get(index), profile)
        yield from _compare_nodes(recorder, frontier, leaves)
        progress(start + len(leaves), tree.size)


def _compare_edges(recorder: LedgerRecorder, tree: ProvenTree) -> Iterator[Difference]:
    head = recorder.head()
    if head.tree_size < tree.size:
        text = f"the head stands at {head.tree_size}, {tree.size} entries are promised"
        yield Difference(DATABASE, None, None, text, is_gone=True)
    if head.tree_size == tree.size and head.root != tree.checkpoint.root:
        text = f"the head's root {_other(tree.checkpoint.root, head.root)}"
        yield Difference(DATABASE, None, None, text)
    for row in recorder.rows_outside():
        text = "is stored outside of the log's entries"
        yield Difference(DATABASE, row.leaf_index, row.stream_id, text)


def _copies(
    tree: ProvenTree, read: ReadObject, start: int, leaves: Sequence[bytes]
) -> tuple[list[bytes | None], list[Difference]]:
    """Return the second copy's entries, None for each that is not the promised one, and faults."""
    try:
        entries = read_bundle(tree, read, start // TILE_WIDTH)
    except VerificationError as error:
        is_gone = isinstance(error, IncompleteError)
        fault = Difference(TILE_STORE, start, None, f"and following: {error}", is_gone=is_gone)
        return [None] * len(leaves), [fault]
    copies: list[bytes | None] = []
    faults = []
    for index, (data, leaf) in enumerate(zip(entries, leaves, strict=True), start):
        copies.append(data if leaf_hash(data) == leaf else None)
        if copies[-1] is None:
            faults.append(Difference(TILE_STORE, index, None, _other(leaf, leaf_hash(data))))
    return copies, faults


def _compare_row(
    index: int, leaf: bytes, copy: bytes | None, row: EntryRow | None, profile: str
) -> Iterator[Difference]:
    if row is None:
        stream = None if copy is None else decode_entry(copy).stream_id
        yield Difference(DATABASE, index, stream, "is gone", is_gone=True)
        return
    if (found := leaf_hash(row.state)) != leaf:
        stream = row.stream_id if copy is None else decode_entry(copy).stream_id
        yield Difference(DATABASE, index, stream, _other(leaf, found))
        return
    expected = expected_row(row.state, profile)
    for name, own, stored in zip(EntryRow._fields, expected, row, strict=True):
        if own != stored:
            text = f"has another {name} in its row than in itself"
            yield Difference(DATABASE, index, expected.stream_id, text)


def expected_row(state: bytes, profile: str) -> EntryRow:
    """Return the row that an entry must have."""
    entry = decode_entry(state)
    event_type, version = act_type(entry.act)
    return EntryRow(
        entry.stream_id,
        entry.stream_version,
        f"{event_type}.v{version}",
        state,
        entry.leaf_index,
        stream_link(state, profile),
        leaf_hash(state),
        entry.act[HEADER_SIZE_BYTES : HEADER_SIZE_BYTES + EVENT_ID_SIZE_BYTES],
        entry.received_at,
    )


def _compare_nodes(
    recorder: LedgerRecorder, frontier: Frontier, leaves: Sequence[bytes]
) -> Iterator[Difference]:
    """Compare the interior nodes that these leaves complete, ``frontier`` moves on past them."""
    nodes = frontier.extend(leaves)
    stored = recorder.stored_nodes([(level, index) for level, index, _ in nodes])
    for level, place, expected in nodes:
        if (found := stored.get((level, place))) == expected:
            continue
        first, last = place << level, (place + 1 << level) - 1
        what = f"the node of level {level} over entries {first} to {last}"
        text = f"{what} is gone" if found is None else f"{what} {_other(expected, found)}"
        yield Difference(DATABASE, None, None, text, is_gone=found is None)


def _other(expected: bytes, found: bytes) -> str:
    return f"is not what was promised: expected {expected.hex()}, found {found.hex()}"
