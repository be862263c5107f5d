"""The tree that a log's newest promise covers, for whoever shows what the database says.

Read before: ``ledger/chain/proven_tree.py``. Read next: ``ledger/store/proven_log.py``.

The database is one copy of a log, and who can write there can change it. The promise is signed and
lies elsewhere, so an entry is held against the promise before anything is made of it. Trusts the
log's public keys only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.note_keys import VerifierKey
from ledger.chain.proven_tree import ProvenTree, ReadObject
from ledger.chain.tiles import bundle_path
from ledger.errors import IncompleteError, UnavailableError
from ledger.limits import TILE_WIDTH
from ledger.store.start_check import read_promise
from ledger.store.tile_store import TileStore

_READS_MAX: Final = 5  # A promise may be replaced while its tiles are read.


class PromisedTree:
    """The promised tree of one log; grows with the promise. Thread-safe.

    Args:
        store: The tile store.
        log: The log's short name.
        origin: The log's origin.
        keys: The log's public keys.
    """

    def __init__(
        self, store: TileStore, log: str, origin: str, keys: Iterable[VerifierKey]
    ) -> None:
        self.log = log
        self.origin = origin
        self._store = store
        self._keys = list(keys)
        self._tree: ProvenTree | None = None
        self._lock = threading.Lock()

    def newest(self) -> ProvenTree:
        """Return the tree of the promise as it is now.

        Raises:
            BehindPromiseError: There is no promise.
            IncompleteError: The tile store lacks a tile.
            SignatureInvalidError: The promise is not the log's.
            UnavailableError: The tile store is away.
            VerificationError: A tile is not what was promised.
        """
        with self._lock:
            self._tree = self._load()
            return self._tree

    def held(self) -> tuple[ProvenTree, ReadObject]:
        """Return the newest tree, and a reader of its objects that lasts while the log goes on.

        A partial bundle that only a passed promise needs is removed; so this one is read at once.

        Raises:
            UnavailableError: The log goes on too quickly.
            VerificationError: As ``newest``.
        """
        for _ in range(_READS_MAX):
            tree = self.newest()
            place, width = divmod(tree.size, TILE_WIDTH)
            edge = bundle_path(place, width) if width else ""
            data = self._store.read(self.log, edge) if width else None
            if data is None and width and self.newest().size != tree.size:
                continue

            def read(path: str, edge: str = edge, data: bytes | None = data) -> bytes | None:
                return data if path == edge else self._store.read(self.log, path)

            return tree, read
        raise UnavailableError(f"{self.origin}: the promise moves on too quickly")

    def check(self, entries: Sequence[tuple[int, bytes]], stream: str | None = None) -> None:
        """Check that entries, which the database says are promised, are what was promised.

        Args:
            entries: Leaf index and bytes, ascending.
            stream: The stream they are said to be of, for the error.

        Raises:
            AlteredEntryError: An entry is another; the error names index and stream.
            IncompleteError: The tile store lacks a tile.
            UnavailableError: The tile store is away, or its promise does not go so far.
            VerificationError: The promise or a tile is not accepted.
        """
        if not entries:
            return
        with self._lock:
            self._at_least(max(index for index, _ in entries) + 1).check(entries, stream)

    def _at_least(self, size: int) -> ProvenTree:
        if self._tree is None or self._tree.size < size:
            self._tree = self._load()
        if self._tree.size < size:
            # An older tile store was put back; its appender mends that at its start.
            raise UnavailableError(
                f"{self.origin}: the promise covers {self._tree.size} entries, not {size}"
            )
        return self._tree

    def _load(self) -> ProvenTree:
        read = partial(self._store.read, self.log)
        note = read_promise(self._store, self.log)
        for _ in range(_READS_MAX):
            checkpoint = open_checkpoint(note, self._keys, self.origin)
            try:
                return ProvenTree(checkpoint, read)
            except IncompleteError:
                newer = read_promise(self._store, self.log)
                if newer == note:
                    raise
                note = newer
        raise UnavailableError(f"{self.origin}: the promise moves on too quickly")
