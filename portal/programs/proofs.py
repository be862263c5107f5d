"""What a program needs to prove what it reads: the logs' public keys and promised trees.

Read before: ``ledger/store/promised_tree.py``. Read next: ``portal/programs/streams.py``.

Private keys stay with the appenders: here the ``.vkey`` files are read, or those of an auditor.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import read_vkeys
from ledger.errors import UnavailableError
from ledger.store.log_tables import origin_of
from ledger.store.promised_tree import PromisedTree
from ledger.store.tile_place import open_tile_store
from portal.cli.context import logs_of, read_options
from portal.programs.files import tile_store_place


def log_keys(data: Path, log: str) -> list[VerifierKey]:
    """Return the public keys of a log from the data folder. Raises UnavailableError."""
    file = data / "keys" / f"log-{log}.vkey"
    try:
        return read_vkeys(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read: {error.strerror}") from error


def promised_trees(
    data: Path, place: str | None = None, keys: Sequence[VerifierKey] | None = None
) -> dict[str, PromisedTree]:
    """Return the promised tree of every log.

    Args:
        data: The ledger's data folder.
        place: Its tile store, as ``LEDGER_TILE_STORE``, which is read if this is None.
        keys: The logs' public keys; None: the data folder's.

    Raises:
        MalformedError: The place is none.
        UnavailableError: Options, keys or tile store cannot be read.
    """
    options = read_options(data)
    store = open_tile_store(tile_store_place() if place is None else place, data)
    return {
        log: PromisedTree(store, log, origin_of(options["name"], log), keys or log_keys(data, log))
        for log in logs_of(options)
    }
