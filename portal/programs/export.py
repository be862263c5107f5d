"""A complete static copy of a log, in the layout that any tlog-tiles reader understands.

Read before: ``portal/cli/export.py``. Read next: ``ledger/chain/verify.py``, which checks the copy.

Incremental and resumable: a file that is there with its full width is kept, since everything but
the checkpoint is immutable; the checkpoint is written last, so a copy that was cut off never claims
more than it has. The copy proves itself; all that is judged here is that it continues what was
there before (``portal/programs/continuation.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from ledger.chain.checkpoint import Checkpoint
from ledger.chain.tiles import bundle_path, tile_path, tile_shapes
from ledger.errors import (
    IncompleteError,
    MalformedCheckpointError,
    MalformedError,
    UnavailableError,
    VerificationError,
)
from ledger.store.tile_store import CHECKPOINT, TileStore, checkpoint_of
from portal.cli.context import read_options
from portal.programs.continuation import ReadObject, is_continued
from portal.programs.files import tile_store

Observe = Callable[[int, int | None], None]


def copy_log(data: Path, log: str, target: Path, observe: Observe) -> tuple[int, int]:
    """Copy a log from the tile store; return how many files were new, and the copied size.

    Raises:
        UnavailableError: There is no such log, or nothing of it is published yet.
        IncompleteError: The tile store lacks a file that the checkpoint needs, or the folder has a
            newer copy.
        MalformedError: The folder's checkpoint is none, or another log's.
        VerificationError: The folder has a copy of another history: it is left as it is, and what
            the log now signs is kept beside it.
    """
    read_options(data)
    store = tile_store(data)
    note = store.read(log, CHECKPOINT)
    if note is None:
        raise UnavailableError(f"nothing of log {log} is published in {data}")
    newer, older = checkpoint_of(note), _earlier(target)
    if older is not None:
        _check_continued(partial(store.read, log), target, older, newer, note)
    size = newer.size
    paths = list(paths_of(size))
    proven = set() if older is None else set(paths_of(older.size))
    _check_left_behind(store, log, target, (path for path in paths if path not in proven))
    copied = 0
    for done, path in enumerate(paths, start=1):
        copied += _copy(store, log, path, target)
        observe(done, len(paths))
    _remove_replaced(target, set(paths))
    _write(target / CHECKPOINT, note)
    return copied, size


def paths_of(size: int) -> Iterator[str]:
    """Yield the paths of all bundles and tiles of a log of ``size`` entries."""
    for level, shape in enumerate(tile_shapes(size)):
        for n in range(shape.full):
            yield tile_path(level, n)
            if level == 0:
                yield bundle_path(n)
        if shape.partial_width:
            yield tile_path(level, shape.full, shape.partial_width)
            if level == 0:
                yield bundle_path(shape.full, shape.partial_width)


def _earlier(target: Path) -> Checkpoint | None:
    """Return the checkpoint of the copy that is there; None for none."""
    try:
        return checkpoint_of((target / CHECKPOINT).read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError(f"{target / CHECKPOINT} cannot be read: {error.strerror}") from error
    except MalformedCheckpointError as error:
        raise MalformedError(f"{target / CHECKPOINT} is no checkpoint and is kept") from error


def _check_continued(
    read: ReadObject, target: Path, older: Checkpoint, newer: Checkpoint, note: bytes
) -> None:
    """Raise unless what is published now continues the copy that is there."""
    if older.origin != newer.origin:
        raise MalformedError(f"{target} is a copy of {older.origin}; choose another folder")
    if older.size > newer.size:
        if is_continued(newer, older, partial(_read, target)):
            raise IncompleteError(
                f"{newer.origin} is published up to {newer.size} entries only; the copy in "
                f"{target} has {older.size} and is kept"
            )
    elif is_continued(older, newer, read):
        return
    folder = target.resolve()
    beside = folder.with_name(f"{folder.name}.checkpoint-{newer.size}-{newer.root[:8].hex()}")
    _write(beside, note)
    raise VerificationError(
        f"{newer.origin}: what is published now (size {newer.size}, root {newer.root.hex()}) is "
        f"not of one history with the copy in {target} (size {older.size}, root "
        f"{older.root.hex()}); the copy is kept, the other checkpoint is in {beside}"
    )


def _check_left_behind(store: TileStore, log: str, target: Path, paths: Iterable[str]) -> None:
    """Check files that no checkpoint of the copy covers: a copy that was cut off left them.

    They may be of another history, so nothing is written before they are known to be the log's.
    """
    for path in paths:
        here = _read(target, path)
        if here is not None and here != store.read(log, path):
            raise VerificationError(
                f"{target / path} is not what log {log} has there; it is kept, so copy into an "
                "empty folder"
            )


def _copy(store: TileStore, log: str, path: str, target: Path) -> int:
    file = target / path
    if file.exists():
        return 0
    data = store.read(log, path)
    if data is None:
        raise IncompleteError(f"log {log}: {path} is not in the tile store")
    _write(file, data)
    return 1


def _read(target: Path, path: str) -> bytes | None:
    try:
        return (target / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(file)


def _remove_replaced(target: Path, needed: set[str]) -> None:
    """Remove partial files of an earlier copy that full ones have replaced."""
    for file in (target / "tile").rglob("*.p/*"):
        if str(file.relative_to(target)) not in needed:
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
