"""What the role programs read from a ledger's data folder: options and keys."""

from __future__ import annotations

from pathlib import Path

from ledger.chain.note_keys import Signer
from ledger.store.key_files import PLATFORM, read_signer, read_transport_keys
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
