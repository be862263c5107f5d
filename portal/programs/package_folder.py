"""Write a folder whole or not at all: a package that was cut off is never taken for one.

Read before: ``portal/programs/case_package.py``. Read next: ``portal/cli/dossier.py``, which reads
such a folder.

The files are written into a folder of another name beside it, which becomes the folder in one
step. What a kill leaves is called ``.NAME.<random>.partial``; nothing reads it, and it may go.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import MalformedError, UnavailableError

Write = Callable[[Mapping[str, bytes]], None]


@contextmanager
def write_package(target: Path) -> Iterator[Write]:
    """Lend a function that fills a folder; looked at first, so that nothing is made in vain.

    Args:
        target: A folder that is not there yet, or empty.

    Raises:
        MalformedError: It has something in it, or is no folder.
        UnavailableError: It cannot be written.
    """
    folder = target.absolute()
    _require_free(folder)

    def write(files: Mapping[str, bytes]) -> None:
        try:
            _write(folder, files)
        except OSError as error:
            raise UnavailableError(f"{target} cannot be written: {error.strerror}") from error

    yield write


def _require_free(folder: Path) -> None:
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise MalformedError(f"{folder} is no folder; name a new one")
        if folder.is_dir() and any(folder.iterdir()):
            raise MalformedError(f"{folder} is not empty; name a new folder, nothing was written")
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be read: {error.strerror}") from error


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(
        tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent)
    )
    try:
        for path, data in files.items():
            (partial / path).parent.mkdir(parents=True, exist_ok=True)
            _write_file(partial / path, data)
        partial.chmod(0o755)
        # From here on the package is there, whole; an empty folder of that name is replaced.
        partial.replace(folder)
    finally:
        # Only what was cut off is still there under this name.
        shutil.rmtree(partial, ignore_errors=True)


def _write_file(file: Path, data: bytes) -> None:
    with file.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
