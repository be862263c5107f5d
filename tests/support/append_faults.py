"""Faults of an append, each in two forms: before it took effect, and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ledger.errors import UnavailableError
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import FolderTileStore


class FaultyCommits:
    """Makes the next commit of a recorder fail, once."""

    def __init__(self, recorder: LedgerRecorder) -> None:
        self.fault: str | None = None  # "before" or "after" the commit.
        self._transaction = recorder.transaction
        recorder.transaction = self.transaction  # type: ignore[method-assign]

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Open a transaction that fails as ``fault`` says."""
        fault, self.fault = self.fault, None
        with self._transaction() as tx:
            yield tx
            if fault == "before":
                raise UnavailableError("lost before the commit")
        if fault == "after":
            raise UnavailableError("the commit's answer was lost")


class FaultyStore(FolderTileStore):
    """A tile store that is away while ``away`` says where."""

    away: str | None = None  # "files" or "promise"; "answer": the promise's answer is lost.

    def write_objects(self, log: str, objects: Sequence[tuple[str, bytes]]) -> None:
        """Write files, unless they are away."""
        self._fail("files")
        super().write_objects(log, objects)

    def swap_promise(self, log: str, old: bytes | None, new: bytes) -> None:
        """Swap the promise, unless it is away; its answer may be lost once."""
        self._fail("promise")
        super().swap_promise(log, old, new)  # type: ignore[arg-type]
        if self.away == "answer":
            self.away = None
            raise UnavailableError("the answer was lost")

    def remove_objects(self, log: str, paths: Iterable[str]) -> None:
        """Remove files as ever."""
        super().remove_objects(log, paths)

    def _fail(self, where: str) -> None:
        if self.away == where:
            raise UnavailableError("the tile store is away")
