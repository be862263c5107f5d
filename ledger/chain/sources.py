"""Where a verifier reads a log from: a checkpoint and static files, in tlog-tiles layout.

Read before: ``tiles``. Read next: ``verify``.

A source is trusted with nothing: whoever controls it can withhold and alter, which the
verification then names. The HTTP source is in ``portal/cli/log_source.py``: this package does
no networking.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ledger.errors import IncompleteError, UnavailableError
from ledger.limits import CHECKPOINT_SIZE_BYTES_MAX, ENTRY_SIZE_BYTES_MAX, TILE_WIDTH

# One byte more than any object may have: enough to see that it is too long.
READ_SIZE_BYTES_MAX: Final = TILE_WIDTH * (2 + ENTRY_SIZE_BYTES_MAX) + 1


# Objects of one kind in a row that a source may fail to give before it is given up.
UNREADABLE_RUN_MAX: Final = 3


class MissingObjectError(IncompleteError):
    """A source has no object at this path, or does not give it; the message says which."""


class TileSource(Protocol):
    """The tiles and bundles of one log."""

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle, at most ``READ_SIZE_BYTES_MAX`` bytes of it.

        Args:
            path: ``tile/...``, as ``tile_path`` and ``bundle_path`` write it.

        Raises:
            MissingObjectError: There is none, or this one object cannot be read.
            UnavailableError: The source cannot be read.
        """
        ...


class LogSource(TileSource, Protocol):
    """A static copy of one log; must be picklable, since worker processes get it."""

    def checkpoint(self) -> bytes:
        """Return the signed checkpoint.

        Raises:
            MissingObjectError: There is none.
            UnavailableError: It cannot be read.
        """
        ...

    def paths(self) -> Iterable[str] | None:
        """Return the paths of all objects but the checkpoint; None where nothing lists them."""
        ...


@dataclass(frozen=True)
class DirectorySource:
    """A log copied into a folder."""

    folder: Path

    def checkpoint(self) -> bytes:
        """Return the file ``checkpoint``."""
        try:
            return self._read("checkpoint", CHECKPOINT_SIZE_BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._check_folder(error)
            raise MissingObjectError("no checkpoint") from error
        except OSError as error:
            raise UnavailableError(f"cannot read checkpoint: {error.strerror}") from error

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle; a file that cannot be read is as good as none."""
        try:
            return self._read(path, READ_SIZE_BYTES_MAX)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._check_folder(error)
            raise MissingObjectError("no such object") from error
        except OSError as error:
            self._check_folder(error)
            raise MissingObjectError(f"cannot be read: {error.strerror}") from error

    def paths(self) -> Iterable[str]:
        """Yield the path of every file, whatever it is, but ``checkpoint``."""
        for parent, _, names in os.walk(self.folder):
            for name in names:
                path = (Path(parent) / name).relative_to(self.folder).as_posix()
                if path != "checkpoint":
                    yield path

    def _read(self, path: str, size_max: int) -> bytes:
        # One open, one read: this is done for every 256 entries of a log, twice. What is no file,
        # a pipe for one, must not make it wait.
        name = os.path.join(self.folder, path)  # noqa: PTH118
        file = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "no regular file")
            wanted, parts = min(status.st_size, size_max), []
            while wanted > 0 and (part := os.read(file, wanted)):
                parts.append(part)
                wanted -= len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            os.close(file)

    def _check_folder(self, error: OSError) -> None:
        if not self.folder.is_dir():
            raise UnavailableError("no such folder") from error


class PatientSource:
    """A source of which single objects may fail; they count as missing.

    Only where several of one kind (bundles, or tiles of a level) fail in a row the source itself
    has failed: nobody shall wait for a dead server a million times.
    """

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._failed: dict[str, int] = {}  # By kind: failures in a row.

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle.

        Raises:
            MissingObjectError: There is none, or it cannot be read.
            UnavailableError: Nor could the ones of its kind before it.
        """
        kind = path.split("/", 2)[1]
        try:
            data = self._source.tile(path)
        except UnavailableError as error:
            self._failed[kind] = run = self._failed.get(kind, 0) + 1
            if run >= UNREADABLE_RUN_MAX:
                raise
            text = str(error).removeprefix(f"{path}: ")
            raise MissingObjectError(f"cannot be read: {text}") from error
        if self._failed:
            self._failed.pop(kind, None)
        return data
