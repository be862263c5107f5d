"""What programs read of a ledger: options and keys in its data folder, and its tile store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ledger.chain.note_keys import Signer
from ledger.store.key_files import PLATFORM, read_signer, read_transport_keys
from ledger.store.tile_place import open_tile_store
from ledger.store.tile_store import TileStore
from portal.cli.context import logs_of, read_options


def all_logs(data: Path) -> list[str]:
    """Return the short names of all logs, the control log first."""
    return logs_of(read_options(data))


def case_log_count(data: Path) -> int:
    """Return N, the number of case logs and of partitions of the acts topic."""
    return len(all_logs(data)) - 1


def log_signers(data: Path, log: str) -> list[Signer]:
    """Return the keys that sign a log's checkpoints. Raises UnavailableError."""
    return [read_signer(data / "keys", f"log-{log}")]


def platform_signer(data: Path) -> Signer:
    """Return the platform's own key. Raises UnavailableError."""
    return read_signer(data / "keys", PLATFORM)


def transport_keys(data: Path) -> dict[int, bytes]:
    """Return the vault's private transport keys by id. Raises UnavailableError."""
    return read_transport_keys(data / "keys")


class TransportKeys(Mapping[int, bytes]):
    """The same for a program that runs on: a key that was made meanwhile is there too."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "keys"
        self._keys = read_transport_keys(self._folder)

    def __getitem__(self, key_id: int) -> bytes:
        # Anybody can name an id, so an unknown one costs a look at one name and no more.
        if key_id not in self._keys and (self._folder / f"transport-{key_id}.key").exists():
            self._keys = read_transport_keys(self._folder)
        return self._keys[key_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def tile_store_place() -> str:
    """Return what ``LEDGER_TILE_STORE`` says, for commands that a person runs."""
    place = os.environ.get("LEDGER_TILE_STORE", "")
    # Roles are started in another folder than the command that starts them.
    return place if "://" in place or not place else str(Path(place).resolve())


def tile_store(data: Path) -> TileStore:
    """Open the tile store that ``LEDGER_TILE_STORE`` names, or the data folder's, for reading.

    Raises:
        MalformedError: It names none.
        UnavailableError: The store is away.
    """
    return open_tile_store(tile_store_place(), data)
