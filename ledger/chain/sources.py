"""Where a verifier reads a log from: a checkpoint and static files, in tlog-tiles layout.

Read before: ``tiles``. Read next: ``verify``.

A source is trusted with nothing: whoever controls it can withhold and alter, which the
verification then names. The HTTP source is in ``portal/cli/log_source.py``: this package does
no networking.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ledger.errors import IncompleteError, UnavailableError
from ledger.limits import CHECKPOINT_SIZE_BYTES_MAX, ENTRY_SIZE_BYTES_MAX, TILE_WIDTH

# One byte more than any object may have: enough to see that it is too long.
READ_SIZE_BYTES_MAX: Final = TILE_WIDTH * (2 + ENTRY_SIZE_BYTES_MAX) + 1


class MissingObjectError(IncompleteError):
    """A source has no object at this path."""


class LogSource(Protocol):
    """A static copy of one log; must be picklable, since worker processes get it."""

    def checkpoint(self) -> bytes:
        """Return the signed checkpoint.

        Raises:
            MissingObjectError: There is none.
            UnavailableError: The source cannot be read.
        """
        ...

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle, at most ``READ_SIZE_BYTES_MAX`` bytes of it.

        Args:
            path: ``tile/...``, as ``tile_path`` and ``bundle_path`` write it.

        Raises:
            MissingObjectError: There is none.
            UnavailableError: The source cannot be read.
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
        return self._read("checkpoint", CHECKPOINT_SIZE_BYTES_MAX + 1)

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle."""
        return self._read(path, READ_SIZE_BYTES_MAX)

    def paths(self) -> Iterable[str]:
        """Yield the path of every file, whatever it is, but ``checkpoint``."""
        for parent, _, names in os.walk(self.folder):
            for name in names:
                path = (Path(parent) / name).relative_to(self.folder).as_posix()
                if path != "checkpoint":
                    yield path

    def _read(self, path: str, size_max: int) -> bytes:
        # One open, one read: this is done for every 256 entries of a log, twice.
        try:
            file = os.open(os.path.join(self.folder, path), os.O_RDONLY)  # noqa: PTH118
            try:
                wanted, parts = min(os.fstat(file).st_size, size_max), []
                while wanted > 0 and (part := os.read(file, wanted)):
                    parts.append(part)
                    wanted -= len(part)
                return parts[0] if len(parts) == 1 else b"".join(parts)
            finally:
                os.close(file)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            if not self.folder.is_dir():
                raise UnavailableError("no such folder") from error
            raise MissingObjectError(f"no object {path}") from error
        except OSError as error:
            raise UnavailableError(f"cannot read {path}") from error
