"""A log's static copy in memory, easy to tamper with."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.chain.sources import MissingObjectError
from tests.support.logs import LogBuilder


class MemorySource:
    """What a folder or a server would hold: ``objects`` by path, the checkpoint among them."""

    def __init__(self, objects: dict[str, bytes], *, lists: bool = True) -> None:
        self.objects = objects
        self.lists = lists

    @classmethod
    def of(cls, log: LogBuilder, size: int | None = None) -> MemorySource:
        """Return the copy of a log's first ``size`` entries."""
        return cls({**log.objects(size), "checkpoint": log.checkpoint(size)})

    def checkpoint(self) -> bytes:
        """Return the signed checkpoint."""
        return self.tile("checkpoint")

    def tile(self, path: str) -> bytes:
        """Return an object."""
        try:
            return self.objects[path]
        except KeyError as error:
            raise MissingObjectError("no such object") from error

    def paths(self) -> Iterable[str] | None:
        """Return all paths, or None as a server does."""
        return [path for path in self.objects if path != "checkpoint"] if self.lists else None

    def flip(self, path: str, position: int) -> MemorySource:
        """Return a copy with one bit of one object changed."""
        data = bytearray(self.objects[path])
        data[position] ^= 1
        return MemorySource({**self.objects, path: bytes(data)}, lists=self.lists)

    def without(self, *paths: str) -> MemorySource:
        """Return a copy that lacks objects."""
        kept = {path: data for path, data in self.objects.items() if path not in paths}
        return MemorySource(kept, lists=self.lists)

    def with_object(self, path: str, data: bytes) -> MemorySource:
        """Return a copy with an object added or replaced."""
        return MemorySource({**self.objects, path: data}, lists=self.lists)
