"""A log in a database of its own, with key store and tile store."""

from __future__ import annotations

import pytest

from ledger.store.key_store import KeyStore
from ledger.store.tile_store import FolderTileStore
from tests.support.faults import FaultyStore
from tests.support.stored_log import StoredLog


@pytest.fixture
def key_store(tmp_path):
    store = KeyStore(tmp_path / "vault.sqlite")
    yield store
    store.close()


@pytest.fixture
def stored(database_url, key_store):
    """An empty log 0 with its first entry in the builder."""
    log = StoredLog(database_url, key_store=key_store)
    yield log
    log.close()


@pytest.fixture
def tiles(tmp_path):
    """A tile store whose calls can be made to fail."""
    return FaultyStore(FolderTileStore(tmp_path / "tiles"))
