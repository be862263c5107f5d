"""``ledger check``: whatever is changed in the database or the tile store is named."""

from __future__ import annotations

import sqlite3

import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.tree import leaf_hash
from ledger.store.key_store import KeyStore, Subject
from portal.programs.ledger_check import check_ledger

INDEX = 270
PERSONS = ("p-1", "p-2", "p-3")


@pytest.fixture
def named(data, built):
    """Returns exit code and sentences of a check, and the stream of the entry under test."""
    stream = decode_entry(built.entries[INDEX]).stream_id

    def named() -> tuple[int, list[str], str]:
        document = check_ledger(data, None)
        sentences = [row["sentence"] for log in document["logs"] for row in log["differences"]]
        return document["exit_code"], sentences, stream

    return named


def test_a_sound_ledger_has_no_difference(named):
    assert named()[:2] == (0, [])


@pytest.mark.parametrize("leaf", [False, True])
def test_an_altered_row_is_named(named, run, built, leaf):
    state = built.entries[INDEX][:-1] + b"\xff"
    run("UPDATE ledger.log_0_events SET state = %s WHERE notification_id = %s", state, INDEX + 1)
    if leaf:
        run(
            "UPDATE ledger.log_0_events SET leaf = %s WHERE notification_id = %s",
            leaf_hash(state),
            INDEX + 1,
        )
    code, sentences, stream = named()
    assert code == 10
    assert len(sentences) == 1
    assert sentences[0].startswith(f"database: entry {INDEX} ({stream}) is not what was promised")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("originator_id", "'case:other'"),
        ("originator_version", "4711"),
        ("topic", "'CaseFiled.v1'"),
        ("link", "leaf"),
        ("leaf", "link"),
        ("event_id", "gen_random_uuid()"),
        ("received_at", "received_at + 1"),
    ],
)
def test_every_column_is_compared(named, run, column, value):
    run(f"UPDATE ledger.log_0_events SET {column} = {value} WHERE notification_id = {INDEX + 1}")
    code, sentences, stream = named()
    names = {"originator_id": "stream_id", "originator_version": "stream_version"}
    text = f"has another {names.get(column, column)} in its row than in itself"
    assert f"database: entry {INDEX} ({stream}) {text}" in sentences
    assert code == 10


def test_a_row_that_is_gone_is_incomplete(named, run):
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", INDEX + 1)
    code, sentences, stream = named()
    assert (code, sentences) == (11, [f"database: entry {INDEX} ({stream}) is gone"])


def test_a_row_put_in_beyond_the_head_is_named(named, run, built):
    run(
        "INSERT INTO ledger.log_0_events SELECT notification_id + 1000, 90, received_at, "
        "gen_random_uuid(), link, leaf, originator_id, topic, state "
        f"FROM ledger.log_0_events WHERE notification_id = {INDEX + 1}"
    )
    code, sentences, stream = named()
    text = "is stored outside of the log's entries"
    assert (code, sentences) == (10, [f"database: entry {INDEX + 1000} ({stream}) {text}"])


@pytest.mark.parametrize("level", [1, 5, 8])
def test_an_altered_or_deleted_node_is_named(named, run, level):
    run(f"UPDATE ledger.log_0_nodes SET hash = sha256(hash) WHERE level = {level} AND idx = 0")
    code, sentences, _ = named()
    last = 2**level - 1
    what = f"database: the node of level {level} over entries 0 to {last}"
    assert code == 10
    assert len(sentences) == 1
    assert sentences[0].startswith(f"{what} is not what was promised")
    run(f"DELETE FROM ledger.log_0_nodes WHERE level = {level} AND idx = 0")
    assert named()[:2] == (11, [f"{what} is gone"])


def test_a_head_that_was_moved_is_named(named, run):
    run("UPDATE ledger.heads SET root = sha256(root) WHERE log = '0'")
    code, sentences, _ = named()
    assert code == 10
    assert sentences[0].startswith("database: the head's root is not what was promised")
    run("UPDATE ledger.heads SET tree_size = 200 WHERE log = '0'")
    assert "database: the head stands at 200, 301 entries are promised" in named()[1]


def test_an_altered_second_copy_is_named_where_it_is(named, data):
    bundle = data / "tiles" / "0" / "tile" / "entries" / "000"
    content = bytearray(bundle.read_bytes())
    content[-1] ^= 1
    bundle.write_bytes(content)
    code, sentences, _ = named()
    assert code == 10
    assert sentences[0].startswith("tile store: entry 255 is not what was promised")
    bundle.unlink()
    code, sentences, _ = named()
    assert code == 11
    assert "there is no tile/entries/000" in sentences[0]


def test_an_altered_tile_or_promise_proves_nothing(named, data):
    tile = data / "tiles" / "0" / "tile" / "0" / "000"
    content = bytearray(tile.read_bytes())
    content[7] ^= 1
    tile.write_bytes(content)
    code, sentences, _ = named()
    assert code == 10
    assert "tile/0/000, over the entries 0 to 255, is not what was promised" in sentences[-1]
    promise = data / "tiles" / "promise" / "0"
    promise.write_bytes(promise.read_bytes().replace(b"301", b"300"))
    assert named()[0] == 12
    promise.unlink()
    assert named()[0] == 10


@pytest.fixture
def opened(data, run, built):
    """Openings of three persons of one matter, whose data keys are in the key store."""
    stream = decode_entry(built.entries[INDEX]).stream_id
    keys = KeyStore(data / "keys" / "vault.sqlite")
    keys.data_keys([Subject("0", stream, person) for person in PERSONS])
    keys.close()
    for person in PERSONS:
        run(
            "INSERT INTO vault.openings VALUES ('0', gen_random_uuid(), '/name', %s, %s, '')",
            stream,
            person,
        )
    return stream


def test_openings_with_their_data_keys_are_in_order(named, opened):
    assert named()[:2] == (0, [])


def test_a_data_key_that_an_older_key_store_lacks_is_named_by_its_matter(named, opened, data):
    with sqlite3.connect(data / "keys" / "vault.sqlite") as keys:
        keys.execute("DELETE FROM data_keys WHERE subject_id <> 'p-2'")
    code, sentences, _ = named()
    text = "no data key for 2 of those whom it is about; their values cannot be read"
    assert (code, sentences) == (11, [f"key store: ({opened}) {text}"])


def test_a_key_store_that_is_gone_is_not_made_anew_by_the_check(named, opened, data):
    file = data / "keys" / "vault.sqlite"
    file.unlink()
    code, sentences, _ = named()
    assert code == 11
    assert sentences[0].startswith(f"key store: ({opened}) no data key for 3 ")
    assert not file.exists()


def test_a_control_log_that_is_not_proven_says_that_nothing_was_looked_for(named, opened, run):
    run("UPDATE ledger.control_events SET state = state || '\\x00'")
    code, sentences, _ = named()
    assert code == 10
    assert any("no record and no key was looked for" in text for text in sentences)
