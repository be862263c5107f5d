"""A small ledger at rest: a database, and a data folder with keys, tiles and promises."""

from __future__ import annotations

import json

import psycopg
import pytest

from ledger.store.promise import Promiser
from ledger.store.tile_store import FolderTileStore
from tests.support.logs import LEDGER, OPERATOR, LogBuilder
from tests.support.stored_log import StoredLog

ENTRIES = 300


@pytest.fixture(scope="module")
def built():
    builder = LogBuilder()
    log = StoredLog.__new__(StoredLog)
    log.builder, log.number = builder, 1
    log.grow(ENTRIES, streams=4)
    return builder


@pytest.fixture
def data(database_url, built, tmp_path, monkeypatch):
    """A data folder beside a database: control log with its birth, log 0 with some cases."""
    monkeypatch.setenv("LEDGER_DATABASE_URL", database_url)
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    options = {
        "name": LEDGER,
        "operator": OPERATOR,
        "logs": 1,
        "profile": "international",
        "synthetic": True,
        "sim_start": None,
    }
    (folder / "ledger.json").write_text(json.dumps(options))
    tiles = FolderTileStore(folder / "tiles")
    for log, builder in (("control", LogBuilder("control")), ("0", built)):
        (folder / "keys" / f"log-{log}.vkey").write_text(builder.signer.vkey + "\n")
        stored = StoredLog(database_url, log, builder)
        try:
            stored.first_promise(tiles)
            promiser = Promiser(stored.recorder, tiles, [builder.signer])
            promiser.start()
            promiser.promise([stored.commit()])
            tiles.publish(log, tiles.promise(log))
        finally:
            stored.close()
    return folder


@pytest.fixture
def run(database_url):
    """Runs statements that the tables' triggers refuse, as a superuser can."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield lambda statement, *values: connection.execute(statement, values)
