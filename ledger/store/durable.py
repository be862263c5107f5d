"""Files that are on the disk when a call returns: the three steps that nobody may forget.

Read before: ``ledger/errors.py``. Read next: ``ledger/store/tile_store.py``.

A file's bytes are durable after its own fsync, its name after that of its folder; a rename or link
makes a whole file appear at once. Trusts the file system to keep what it has confirmed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import UnavailableError
from ledger.store.outage import file_reason


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``; one call of the system may take less."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> set[Path]:
    """Make a folder; return the folders with a new name in them, and the folder itself."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for item in reversed(missing):
        item.mkdir(exist_ok=True)
    return {folder, *missing}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn errors of the file system into UnavailableError: ``what`` is away."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"{what} is away: {file_reason(error)}") from error
