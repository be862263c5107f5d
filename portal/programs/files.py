"""What programs read of a ledger: options and keys in its data folder, and its tile store."""

from __future__ import annotations

import os
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
