"""Which of the two is not what was promised, where a recovery does not add up.

Read before: ``ledger/store/recover.py``. Read next: ``ledger/chain/proven_tree.py``.

The hash tiles, proven from the signed promise, are the judge: an entry in the second copy is held
against them, then a leaf of the database. Without them nobody can be named. Trusts the log's public
keys, by which the promise was opened.
"""

from __future__ import annotations

from functools import partial
from typing import NoReturn

from ledger.chain.careful_bundle import stream_named
from ledger.chain.checkpoint import Checkpoint
from ledger.chain.findings import Findings
from ledger.chain.proven_tree import ProvenTree
from ledger.chain.sources import MissingObjectError
from ledger.chain.tile_reader import TileReader
from ledger.chain.tree import leaf_hash
from ledger.errors import (
    AlteredEntryError,
    BehindPromiseError,
    IncompleteError,
    MalformedRecordError,
    VerificationError,
)
from ledger.limits import TILE_WIDTH
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import TileStore


def raise_fault(
    recorder: LedgerRecorder, store: TileStore, promised: Checkpoint, start: int
) -> NoReturn:
    """Raise the error that names what is not as it was promised.

    Args:
        recorder: The database.
        store: The second copy.
        promised: What the log signed.
        start: The database's size.

    Raises:
        AlteredEntryError: An entry of the second copy or of the database; the message says which.
        BehindPromiseError: The database, but none of its leaves by itself.
        IncompleteError: The second copy lacks a bundle or tile.
        VerificationError: A tile or bundle of the second copy.
    """
    tree = ProvenTree(promised, partial(store.read, recorder.log))
    for n in range(start // TILE_WIDTH, -(-promised.size // TILE_WIDTH)):
        _check_bundle(recorder, store, tree, n)
    _check_database(recorder, tree, start)
    raise BehindPromiseError(
        f"log {recorder.log}: the database is not a beginning of what was promised"
    )


def _check_bundle(recorder: LedgerRecorder, store: TileStore, tree: ProvenTree, n: int) -> None:
    copy, leaves, findings = f"second copy of {recorder.origin}", tree.leaves(n), Findings()
    source = _SecondCopy(store, recorder.log)
    entries, _ = TileReader(source, tree.size, findings).entries(n, len(leaves))
    for index, (entry, expected) in enumerate(zip(entries, leaves, strict=False), n * TILE_WIDTH):
        if (found := leaf_hash(entry)) != expected:
            stream = stream_named(entry)
            raise AlteredEntryError(copy, index, stream, expected=expected, found=found)
    for finding in findings.kept:
        error = IncompleteError if finding.kind == "missing" else VerificationError
        raise error(f"{copy}: {finding}")


class _SecondCopy:
    """The bundles of a log in the tile store, as they are."""

    def __init__(self, store: TileStore, log: str) -> None:
        self._store = store
        self._log = log

    def tile(self, path: str) -> bytes:
        """Return a bundle. Raises MissingObjectError."""
        try:
            data = self._store.read(self._log, path)
        except MalformedRecordError:
            data = None  # Asked for as the start of a full one, which has to be judged itself.
        if data is None:
            raise MissingObjectError("no such object")
        return data


def _check_database(recorder: LedgerRecorder, tree: ProvenTree, start: int) -> None:
    read = recorder.node_reader()
    for first in range(0, start, TILE_WIDTH):
        indexes = range(first, min(start, first + TILE_WIDTH))
        nodes = read([(0, index) for index in indexes])
        leaves = tree.leaves(first // TILE_WIDTH)
        for index, expected in zip(indexes, leaves, strict=False):
            found = nodes.get((0, index), b"")
            if found != expected:
                stream = recorder.stored_stream(index)
                place = f"database of {recorder.origin}"
                raise AlteredEntryError(place, index, stream, expected=expected, found=found)
