"""A complete static copy of a log, in the layout that any tlog-tiles reader understands.

Read before: ``portal/cli/export.py``. Read next: ``ledger/chain/verify.py``, which checks the copy.

Incremental and resumable: a file that is there with its full width is kept, since everything but
the checkpoint is immutable; the checkpoint is written last, so a copy that was cut off never claims
more than it has. The copy proves itself; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ledger.chain.tiles import bundle_path, tile_path, tile_shapes
from ledger.errors import IncompleteError, UnavailableError
from ledger.store.tile_store import CHECKPOINT, TileStore, checkpoint_of
from portal.cli.context import read_options
from portal.programs.files import tile_store

Observe = Callable[[int, int | None], None]


def copy_log(data: Path, log: str, target: Path, observe: Observe) -> tuple[int, int]:
    """Copy a log from the tile store; return how many files were new, and the copied size.

    Raises:
        UnavailableError: There is no such log, or nothing of it is published yet.
        IncompleteError: The tile store lacks a file that the checkpoint needs.
    """
    read_options(data)
    store = tile_store(data)
    note = store.read(log, CHECKPOINT)
    if note is None:
        raise UnavailableError(f"nothing of log {log} is published in {data}")
    size = checkpoint_of(note).size
    paths = list(paths_of(size))
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


def _copy(store: TileStore, log: str, path: str, target: Path) -> int:
    file = target / path
    if file.exists():
        return 0
    data = store.read(log, path)
    if data is None:
        raise IncompleteError(f"log {log}: {path} is not in the tile store")
    _write(file, data)
    return 1


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
