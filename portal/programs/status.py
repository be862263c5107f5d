"""How large a ledger is, from what is published and from the event store.

Read before: ``portal/cli/ledger.py``.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ledger.chain.entry import decode_entry
from ledger.store.log_tables import LogTables
from ledger.store.sql import load
from ledger.store.start_check import read_promise
from ledger.store.tile_store import TileStore, checkpoint_of
from portal.cli.times import iso_time
from portal.programs.files import tile_store
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.streams import OpenLedger, open_ledger
from schemas.catalogue import load_catalogue


def read_status(data: Path) -> dict[str, Any]:
    """Return size, root and checkpoint time of every log, and the number of emitters' acts.

    Raises:
        UnavailableError: The ledger does not run.
        BehindPromiseError: The tile store has no promise.
    """
    store = tile_store(data)
    with open_ledger(data) as ledger:
        logs = [_log_status(ledger, store, log) for log in ledger.recorders]
    return {"logs": logs, "acts": sum(count_emitted(data, log["short"]) for log in logs)}


def count_emitted(data: Path, log: str) -> int:
    """Return how many entries of a log came from emitters."""
    made = [f"{row.type}.v1" for row in load_catalogue().rows.values() if row.made_by_ledger]
    query = LogTables.of(log).compose(load("portal.programs", "status.sql")["count_emitted"])
    with connect(owner_url(data, "audit")) as connection:
        found = connection.execute(query, {"made": made}).fetchone()
    assert found is not None
    return int(found[0])


def _log_status(ledger: OpenLedger, store: TileStore, log: str) -> dict[str, Any]:
    recorder = ledger.recorders[log]
    checkpoint = checkpoint_of(read_promise(store, log))
    time = None
    if checkpoint.size:
        received_at = decode_entry(recorder.entry(checkpoint.size - 1)).received_at
        time = iso_time(received_at)
    return {
        "short": log,
        "origin": checkpoint.origin,
        "tree_size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode(),
        "checkpoint_time": time,
    }
