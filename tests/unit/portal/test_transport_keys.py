"""The vault's private keys as an appender sees them while it runs."""

from ledger.store.key_files import ensure_transport_key
from portal.programs.files import TransportKeys


def test_a_key_that_is_made_later_is_found(tmp_path):
    """No appender is started again for a new transport key."""
    (tmp_path / "keys").mkdir()
    first = ensure_transport_key(tmp_path / "keys", 1, lambda size: b"1" * size)
    keys = TransportKeys(tmp_path)
    assert (keys.get(1), keys.get(2)) == (first, None)
    second = ensure_transport_key(tmp_path / "keys", 2, lambda size: b"2" * size)
    assert keys.get(2) == second
    assert dict(keys) == {1: first, 2: second}


def test_a_key_that_was_destroyed_after_the_start_stays_until_the_next(tmp_path):
    """An id that nobody made is answered from the name alone; what was read is kept."""
    (tmp_path / "keys").mkdir()
    first = ensure_transport_key(tmp_path / "keys", 1, lambda size: b"1" * size)
    keys = TransportKeys(tmp_path)
    (tmp_path / "keys" / "transport-1.key").unlink()
    assert keys.get(4_294_967_295) is None
    assert keys.get(1) == first
