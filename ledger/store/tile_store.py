"""The tile store: the second copy of every log, and the promise that says how far it goes.

Read before: ``ledger/store/recorder.py``. Read next: ``ledger/store/promise.py``.

Layout: ``<log>/tile/...`` and ``<log>/checkpoint`` as C2SP tlog-tiles serves them, and
``promise/<log>``, the newest promise of each log. A folder here; ``ledger/store/s3_store.py`` is
the same on an object store. Only what a promise covers is immutable; files beyond it may be
overwritten. Who can write here can take the copy away, not falsify it: the promise is signed, and
every file hashes to its root. An older folder that is put back is made whole again from the
database.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from ledger.chain.checkpoint import Checkpoint, parse_checkpoint
from ledger.chain.notes import split_note
from ledger.chain.tiles import decode_bundle, encode_bundle
from ledger.chain.tree import HASH_SIZE_BYTES
from ledger.errors import PromiseConflictError
from ledger.limits import TILE_WIDTH
from ledger.store.durable import make_folder, sync_folder, translated, write_all

T = TypeVar("T")

CHECKPOINT: Final = "checkpoint"
SYNCS_MAX: Final = 4  # At once; a promise of a few entries has two files in two folders.
_AWAY: Final = "the tile store"
_PATH: Final = re.compile(
    r"checkpoint|tile/(?:entries|\d|[1-5]\d|6[0-3])/(?:x\d{3}/)*\d{3}(?:\.p/[1-9]\d{0,2})?"
)
_PARTIAL: Final = re.compile(r"(tile/(entries|\d+)/(?:x\d{3}/)*\d{3})\.p/([1-9]\d{0,2})")


class TileStore(Protocol):
    """What the promise needs of a store. Every method may raise UnavailableError."""

    def write_objects(self, log: str, objects: Sequence[tuple[str, bytes]]) -> None:
        """Write files (path below the log, bytes); durable when it returns."""
        ...

    def read(self, log: str, path: str) -> bytes | None:
        """Return a file, a partial one also as the start of the full one; None for none."""
        ...

    def remove_objects(self, log: str, paths: Iterable[str]) -> None:
        """Remove files; those that are not there are no error."""
        ...

    def partials(self, log: str, full_path: str) -> list[str]:
        """Return the paths of the partial files of one tile or bundle."""
        ...

    def promise(self, log: str) -> bytes | None:
        """Return the newest promise, a signed checkpoint; None where there is none."""
        ...

    def create_promise(self, log: str, note: bytes) -> None:
        """Write the first promise. Raises PromiseConflictError where there is another."""
        ...

    def swap_promise(self, log: str, old: bytes, new: bytes) -> None:
        """Replace ``old`` by ``new``; repeatable. Raises PromiseConflictError."""
        ...

    def publish(self, log: str, note: bytes) -> None:
        """Replace the published checkpoint."""
        ...

    def forget_unfinished(self, log: str) -> None:
        """Remove what writers of this log that died have left behind without a place."""
        ...


def is_log_path(path: str) -> bool:
    """Return whether a log can have a file of this path: nothing else is ever read."""
    return _PATH.fullmatch(path) is not None


def checkpoint_of(note: bytes) -> Checkpoint:
    """Return the checkpoint in a signed note without checking who signed it."""
    return parse_checkpoint(split_note(note)[0])


def read_with_fallback(store: TileStore, log: str, path: str) -> bytes | None:
    """Return the first part of a full file where a partial one was asked for and has gone."""
    found = _PARTIAL.fullmatch(path)
    full = store.read(log, found[1]) if found else None
    if found is None or full is None or (width := int(found[3])) >= TILE_WIDTH:
        return None
    if found[2] == "entries":
        return encode_bundle(decode_bundle(full)[:width])
    return full[: width * HASH_SIZE_BYTES]


def check_successor(old: bytes | None, new: bytes, current: bytes | None) -> None:
    """Raise PromiseConflictError unless ``new`` may replace what is there now.

    A promise goes from exactly what its writer saw, and never to a smaller size.
    """
    if current != old:
        raise PromiseConflictError("another writer was first")
    if current is not None and checkpoint_of(new).size < checkpoint_of(current).size:
        raise PromiseConflictError("a promise never shrinks")


class FolderTileStore:
    """A tile store in a folder.

    obstore's local store neither syncs nor replaces conditionally, so this one does both itself:
    write, fsync, rename, fsync of the folder; promises under an exclusive lock.

    Args:
        root: The folder; made if it is not there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = itertools.count()
        self._syncs = ThreadPoolExecutor(SYNCS_MAX, "tile-sync")  # Starts threads when used.
        with translated(_AWAY):
            (root / "promise").mkdir(parents=True, exist_ok=True)
            (root / "new").mkdir(exist_ok=True)

    def write_objects(self, log: str, objects: Sequence[tuple[str, bytes]]) -> None:
        """Write files; when this returns they and their names are on the disk.

        All are written before the first is synced, so the disk gets one large write instead of
        many small ones; a name appears only when its bytes are durable.
        """
        with translated(_AWAY), ExitStack() as opened:
            written = [
                (self._path(log, path), self._write_new(log, data, opened))
                for path, data in objects
            ]
            self._together(os.fsync, [descriptor for _, (_, descriptor) in written])
            folders: set[Path] = set()
            for folder in {target.parent for target, _ in written}:
                folders |= make_folder(folder)
            for target, (fresh, _) in written:
                fresh.replace(target)
            self._together(sync_folder, folders)

    def read(self, log: str, path: str) -> bytes | None:
        """Return a file, or None; a path that no log has is none."""
        if not is_log_path(path):
            return None
        with translated(_AWAY):
            try:
                return self._path(log, path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return read_with_fallback(self, log, path)

    def remove_objects(self, log: str, paths: Iterable[str]) -> None:
        """Remove files, and the folders of partial files that are empty then."""
        with translated(_AWAY):
            for path in paths:
                target = self._path(log, path)
                target.unlink(missing_ok=True)
                folder = target.parent
                if folder.suffix == ".p" and folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def partials(self, log: str, full_path: str) -> list[str]:
        """Return the paths of the partial files of one tile or bundle."""
        folder = self._path(log, full_path + ".p")
        with translated(_AWAY):
            names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
        return [f"{full_path}.p/{name}" for name in names]

    def promise(self, log: str) -> bytes | None:
        """Return the newest promise, or None."""
        with translated(_AWAY):
            return self._read_promise(log)

    def create_promise(self, log: str, note: bytes) -> None:
        """Write the first promise; the same one again is no error."""
        with self._promise_lock(log):
            if (current := self._read_promise(log)) != note:
                check_successor(None, note, current)
                self._replace(log, self._root / "promise" / log, note)

    def swap_promise(self, log: str, old: bytes, new: bytes) -> None:
        """Replace the promise; found done already (the answer was lost) it is done."""
        with self._promise_lock(log):
            if (current := self._read_promise(log)) != new:
                check_successor(old, new, current)
                # What this covers is durable, twice; from here on it may leave the ledger.
                self._replace(log, self._root / "promise" / log, new)

    def forget_unfinished(self, log: str) -> None:
        """Remove files without a place; another owner that is just writing one tries again."""
        with translated(_AWAY):
            for item in (self._root / "new").glob(f"{log}/*"):
                item.unlink(missing_ok=True)

    def publish(self, log: str, note: bytes) -> None:
        """Replace the published checkpoint."""
        with translated(_AWAY):
            self._replace(log, self._path(log, CHECKPOINT), note)

    def _path(self, log: str, path: str) -> Path:
        assert re.fullmatch(r"control|\d{1,2}", log)
        return self._root / log / path

    def _read_promise(self, log: str) -> bytes | None:
        try:
            return (self._root / "promise" / log).read_bytes()
        except FileNotFoundError:
            return None

    @contextmanager
    def _promise_lock(self, log: str) -> Iterator[None]:
        """Hold the lock of one promise: protects read, compare and replace against other writers.

        The kernel lets go of it when the holder dies.
        """
        with translated(_AWAY):
            descriptor = os.open(self._root / "promise" / f"{log}.lock", os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def _together(self, sync: Callable[[T], None], things: Iterable[T]) -> None:
        """Sync several things at once: the file system makes one journal entry of them.

        One after the other each waits for the disk anew; together they take the time of one.
        """
        syncs = [self._syncs.submit(sync, thing) for thing in things]
        wait(syncs)  # All of them, even if one fails: what they sync is closed afterwards.
        for done in syncs:
            done.result()

    def _write_new(self, log: str, data: bytes, opened: ExitStack) -> tuple[Path, int]:
        """Write a file that has no place yet; return its path and its descriptor, in ``opened``."""
        name = f"{os.getpid()}-{id(self)}-{next(self._numbers)}"
        fresh = self._root / "new" / log / name
        fresh.parent.mkdir(exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        opened.callback(os.close, descriptor)
        write_all(descriptor, data)
        # Linux starts to write back at once on this hint, so that the fsync finds little left:
        # 6 ms instead of 12 for the files of 2,000 entries.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        return fresh, descriptor

    def _replace(self, log: str, target: Path, data: bytes) -> None:
        with ExitStack() as opened:
            fresh, descriptor = self._write_new(log, data, opened)
            os.fsync(descriptor)
            folders = make_folder(target.parent)
            fresh.replace(target)
            for folder in folders:
                sync_folder(folder)
