"""The vault of a command is there again after PostgreSQL was restarted."""

import pytest

from ledger.errors import UnavailableError
from ledger.store.key_store import KeyStore
from portal.programs.performer import LastingVault


def test_a_lost_connection_is_opened_anew(postgres_server, database, database_url, tmp_path):
    key_store = KeyStore(tmp_path / "vault.sqlite")
    vault = LastingVault(database_url, key_store)
    try:
        for _ in range(2):
            assert vault.reveal("0", "case:1", bytes(16)) == {}
            postgres_server.disconnect(database)
            with pytest.raises(UnavailableError, match="PostgreSQL is away"):
                vault.reveal("0", "case:1", bytes(16))
        assert vault.reveal("0", "case:1", bytes(16)) == {}
    finally:
        vault.close()
        key_store.close()
