"""What must hold before a log is appended to: tree, head and promise agree.

Read before: ``ledger/store/tile_store.py``. Read next: ``ledger/store/promise.py``.

The promise is read first and the head after it, so a head that another owner moves meanwhile can
only be ahead. A database behind or against its promise (a restored backup, for one) must not
append: the same index would stand for two entries. Trusts the verifier keys that it is given,
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.note_keys import VerifierKey
from ledger.chain.tree import Frontier
from ledger.domain.rows import Head
from ledger.errors import BehindPromiseError, RootMismatchError
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import TileStore


class StartState(NamedTuple):
    """Where a log stands at the start of its appender."""

    head: Head
    frontier: Frontier  # At the head.
    promise: bytes  # The newest promise, a signed checkpoint.
    promised_size: int  # What it covers; at most the head's tree size.


def read_promise(store: TileStore, log: str) -> bytes:
    """Return the newest promise of a log that has been born.

    Raises:
        BehindPromiseError: There is none: it is another store, or it was emptied.
        UnavailableError: The store is away.
    """
    promise = store.promise(log)
    if promise is None:
        raise BehindPromiseError(f"log {log}: the tile store has no promise")
    return promise


def check_start(
    recorder: LedgerRecorder, store: TileStore, keys: Iterable[VerifierKey]
) -> StartState:
    """Check a log against its promise, and set the promised size to what the promise says.

    Args:
        recorder: The log.
        store: Its second copy.
        keys: The log's public keys.

    Raises:
        BehindPromiseError: The store has no promise, or one that this database does not keep.
        RootMismatchError: The stored tree is not the head's.
        SignatureInvalidError: The promise is not the log's.
        UnavailableError: Database or tile store is away.
    """
    promise = read_promise(store, recorder.log)
    checkpoint = open_checkpoint(promise, keys, recorder.origin)
    head = recorder.head()
    frontier = recorder.frontier_at(head.tree_size, head.root)
    if checkpoint.size > head.tree_size:
        raise BehindPromiseError(
            f"log {recorder.log}: {head.tree_size} entries, {checkpoint.size} promised"
        )
    try:
        recorder.frontier_at(checkpoint.size, checkpoint.root)
    except RootMismatchError as error:
        raise BehindPromiseError(
            f"log {recorder.log}: the first {checkpoint.size} entries are not those promised"
        ) from error
    # Behind after a crash between promise and row; ahead where an older tile store was put back.
    recorder.repair_promised(checkpoint.size)
    return StartState(head, frontier, promise, checkpoint.size)
