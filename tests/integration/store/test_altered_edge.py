"""An appender that starts on an altered row must not write it into the second copy."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.tiles import bundle_path
from ledger.errors import AlteredEntryError
from ledger.store.promise import Promiser


@pytest.mark.parametrize("index", [256, 259])
def test_an_altered_entry_of_the_last_bundle_stops_the_start(stored, tiles, index):
    """Its leaf column is left as it was, so the tree alone does not show it."""
    stored.first_promise(tiles)
    promiser = Promiser(stored.recorder, tiles, [stored.builder.signer])
    promiser.start()
    stored.grow(259)
    promiser.promise([stored.commit()])
    kept = tiles.read("0", bundle_path(1, 4))
    data = stored.builder.entries[index]
    with psycopg.connect(stored.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE ledger.log_0_events SET state = %s WHERE notification_id = %s",
            (data[:-1] + bytes([data[-1] ^ 1]), index + 1),
        )

    with pytest.raises(AlteredEntryError) as caught:
        Promiser(stored.recorder, tiles, [stored.builder.signer]).start()

    assert f"entry {index} ({decode_entry(data).stream_id})" in str(caught.value)
    assert tiles.read("0", bundle_path(1, 4)) == kept
