"""An older database was put back: the exact missing entries come back from the tile store."""

from __future__ import annotations

import psycopg
import pytest

from consumers.incarnation import tracking_name
from ledger.chain.act import encode_act
from ledger.chain.entry import decode_entry
from ledger.chain.tiles import bundle_path, tile_path
from ledger.chain.tree import root_of_subtrees
from ledger.errors import AlteredEntryError, IncompleteError, VerificationError
from ledger.store.promise import Promiser
from ledger.store.recover import recover
from tests.support.logs import INCARNATION, make_act
from tests.support.stored_log import StoredLog

ACTS = "enforcement.acts.v1"
NAME = f"kafka:{INCARNATION}:{ACTS}:0"
OTHER = "11111111-2222-3333-4444-555555555555"
TABLES = ("events", "nodes", "refusals", "tracking")


class Restored:
    """A log and an older copy of its database."""

    def __init__(self, log, older, tiles):
        self.log = log
        self.older = older
        self.tiles = tiles
        self.keys = [log.builder.signer.key]


def contents(log):
    """Return every row of a log's tables, and its head."""
    with psycopg.connect(log.url) as connection:
        rows = {
            table: sorted(connection.execute(f"SELECT * FROM ledger.log_0_{table}").fetchall())
            for table in TABLES
        }
        head = connection.execute("SELECT * FROM ledger.heads").fetchall()
        promised = connection.execute("SELECT * FROM ledger.promises").fetchall()
        return {**rows, "head": head, "promised": promised}


def rejected(log, offsets, incarnation=INCARNATION):
    """Let the log say that it refused records."""
    items = [
        {
            "rawHash": "sha256:" + "0" * 64,
            "reasonCode": "R1_MALFORMED",
            "pointer": None,
            "source": {
                "incarnation": incarnation,
                "topic": ACTS,
                "partition": 0,
                "offset": offset,
                "timestamp": 0,
            },
        }
        for offset in offsets
    ]
    log.builder.ledger_made("EventsRejected", "log:0", {"items": items})


def gate_refused(log, event_id):
    """Let a gate refuse an event; return the leaf index of the refusal."""
    act = make_act("GateRefused", "case:refused", b"", 9_000, causation_id=event_id)
    return log.builder.append("case:refused", encode_act(act))


@pytest.fixture
def restored(stored, tiles, postgres_server, database):
    """400 entries promised; the older database has 100."""
    stored.first_promise(tiles)
    promiser = Promiser(stored.recorder, tiles, [stored.builder.signer])
    promiser.start()
    stored.grow(99)
    promiser.promise([stored.commit(tracking={NAME: 99})])
    older = stored.copy_database(postgres_server, database)
    stored.grow(297)
    refused = b"refused event id"
    index = gate_refused(stored, refused)
    rejected(stored, [397, 398, 401])
    rejected(stored, [7], OTHER)
    assert len(stored.builder.entries) == 400
    newest = {NAME: 401, f"kafka:{OTHER}:{ACTS}:0": 7}
    promiser.promise([stored.commit(tracking=newest, refusals={refused: index})])
    copy = StoredLog(postgres_server.url(older), builder=stored.builder)
    yield Restored(stored, copy, tiles)
    copy.close()


def test_a_restored_database_becomes_the_one_that_was_lost(restored):
    """Every row of every table is the same: entries, nodes, refusals, tracking, head, promise."""
    assert recover(restored.older.recorder, restored.tiles, restored.keys) == 300
    assert contents(restored.older) == contents(restored.log)
    state = Promiser(restored.older.recorder, restored.tiles, [restored.log.builder.signer]).start()
    assert state.promised_size == 400


def test_recovery_goes_on_where_it_was_cut_off(restored, monkeypatch):
    """A page is one transaction; some are done, the rest follows."""
    monkeypatch.setattr("ledger.store.recover.PAGE_BUNDLES", 1)
    done = []
    write = restored.older.recorder.transaction

    def failing():
        if len(done) == 1:
            raise ConnectionResetError
        done.append(1)
        return write()

    monkeypatch.setattr(restored.older.recorder, "transaction", failing)
    with pytest.raises(ConnectionResetError):
        recover(restored.older.recorder, restored.tiles, restored.keys)
    monkeypatch.undo()
    assert 100 < restored.older.recorder.head().tree_size < 400
    assert recover(restored.older.recorder, restored.tiles, restored.keys) > 0
    assert contents(restored.older) == contents(restored.log)


def test_where_nothing_is_missing_nothing_is_done(restored):
    """It says so, and may be run again."""
    assert recover(restored.log.recorder, restored.tiles, restored.keys) == 0
    recover(restored.older.recorder, restored.tiles, restored.keys)
    assert recover(restored.older.recorder, restored.tiles, restored.keys) == 0


@pytest.mark.parametrize("path", [bundle_path(0), bundle_path(1, 144)])
@pytest.mark.parametrize("place", [100, 143])
@pytest.mark.parametrize("part", ["length", "act"])
def test_a_changed_copy_is_not_taken_and_the_copy_is_accused(restored, path, place, part):
    """One bit of a bundle: the entry is named, nothing is written."""
    first = 256 if ".p/" in path else 0
    entries = restored.log.builder.entries[first : first + 256]
    at = sum(2 + len(entry) for entry in entries[:place])
    bundle = bytearray(restored.tiles.read("0", path))
    bundle[at + 1 if part == "length" else at + 2 + len(entries[place]) - 1] ^= 1
    restored.tiles.write_objects("0", [(path, bytes(bundle))])
    with pytest.raises(AlteredEntryError, match="second copy") as error:
        recover(restored.older.recorder, restored.tiles, restored.keys)
    assert error.value.leaf_index == first + place
    assert error.value.stream == decode_entry(entries[place]).stream_id
    assert restored.older.recorder.head().tree_size == 100


@pytest.mark.parametrize("cut", [1, 400])
def test_a_copy_that_was_cut_off_or_grew_is_not_taken(restored, cut):
    bundle = restored.tiles.read("0", bundle_path(0))
    for data in (bundle[:-cut], bundle + bytes(cut)):
        restored.tiles.write_objects("0", [(bundle_path(0), data)])
        with pytest.raises(VerificationError, match=r"second copy of .*entry 25[0-5]") as error:
            recover(restored.older.recorder, restored.tiles, restored.keys)
        assert error.value.exit_code == 10
    assert restored.older.recorder.head().tree_size == 100


def test_damaged_hash_tiles_do_not_hinder_a_recovery(restored):
    """Bundles and promise are enough; tiles are asked only for who is at fault."""
    restored.tiles.write_objects("0", [(tile_path(0, 0), bytes(8192))])
    assert recover(restored.older.recorder, restored.tiles, restored.keys) == 300


def test_a_missing_bundle_is_named(restored):
    """Then another copy of the log has to be put there first."""
    restored.tiles.remove_objects("0", [bundle_path(0)])
    with pytest.raises(IncompleteError, match="bundle 0"):
        recover(restored.older.recorder, restored.tiles, restored.keys)
    assert restored.older.recorder.head().tree_size == 100


def test_a_database_with_another_history_is_not_overwritten(restored):
    """It went on by itself: that is against the promise, not behind it."""
    with psycopg.connect(restored.older.url) as owner:
        owner.execute(
            "UPDATE ledger.log_0_events SET leaf = sha256('x') WHERE notification_id = 100"
        )
        owner.execute(
            "UPDATE ledger.log_0_nodes SET hash = sha256('x') WHERE level = 2 AND idx = 24"
        )
    recorder = restored.older.recorder
    with psycopg.connect(restored.older.url) as owner:
        coordinates = [(6, 0), (5, 2), (2, 24)]
        nodes = recorder.node_reader()(coordinates)
        root = root_of_subtrees([nodes[coordinate] for coordinate in coordinates])
        owner.execute("UPDATE ledger.heads SET root = %s", (root,))
    with pytest.raises(AlteredEntryError, match="database of") as error:
        recover(recorder, restored.tiles, restored.keys)
    assert error.value.leaf_index == 99
    assert error.value.stream == decode_entry(restored.log.builder.entries[99]).stream_id
    assert recorder.head().tree_size == 100


def test_tracking_names_are_those_of_the_consumer():
    """The recovered rows are read by it."""
    assert tracking_name(INCARNATION, ACTS, 0) == NAME
