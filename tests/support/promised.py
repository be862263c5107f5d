"""The second copy of a ``LedgerCopy``: tiles, bundles and promises in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.note_keys import Signer
from ledger.chain.tree import leaf_hash
from ledger.store.log_tables import origin_of
from ledger.store.promised_tree import PromisedTree
from ledger.store.tile_edge import EMPTY_EDGE
from ledger.store.tile_store import FolderTileStore
from tests.support.ledger_copy import LEDGER, LedgerCopy


def log_signer(log: str) -> Signer:
    """Return the key that signs a log of a ``LedgerCopy``."""
    return Signer(origin_of(LEDGER, log), bytes(32))


def promise(store: FolderTileStore, log: str, entries: Sequence[bytes]) -> None:
    """Write the second copy of a log and promise it; again with more entries."""
    edge, files = EMPTY_EDGE.extended(entries, [leaf_hash(entry) for entry in entries])
    store.write_objects(log, files)
    checkpoint = Checkpoint(origin_of(LEDGER, log), edge.size, edge.root())
    note = sign_checkpoint(checkpoint, [log_signer(log)])
    current = store.promise(log)
    if current is None:
        store.create_promise(log, note)
    else:
        store.swap_promise(log, current, note)


def promise_all(ledger: LedgerCopy, folder: Path) -> dict[str, PromisedTree]:
    """Promise all entries of a ledger; return the promised trees."""
    store = FolderTileStore(folder)
    for log, entries in ledger.logs.items():
        promise(store, log, entries)
    return open_trees(folder, list(ledger.logs))


def open_trees(folder: Path, logs: Sequence[str]) -> dict[str, PromisedTree]:
    """Return the promised trees of a second copy."""
    store = FolderTileStore(folder)
    return {
        log: PromisedTree(store, log, origin_of(LEDGER, log), [log_signer(log).key]) for log in logs
    }
