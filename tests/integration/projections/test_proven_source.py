"""What a view is fed with is what was promised; anything else in the database is refused."""

from __future__ import annotations

import psycopg
import pytest

from consumers.entry_source import DatabaseEntrySource, Share
from ledger.chain.entry import decode_entry
from ledger.chain.tree import leaf_hash
from ledger.errors import (
    AlteredEntryError,
    IncompleteError,
    SignatureInvalidError,
    UnavailableError,
    VerificationError,
)
from ledger.store.promised_tree import PromisedTree
from ledger.store.tile_store import FolderTileStore
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import LEDGER, LedgerCopy
from tests.support.promised import log_signer, promise, promise_all

INDEX = 3


@pytest.fixture
def ledger():
    ledger = LedgerCopy(1, schemas=TYPES)
    register_agencies(ledger)
    for number in range(1, 4):
        case = Case(ledger, number, "0")
        case.filed()
        case.decided()
    return ledger


@pytest.fixture
def connection(database_url, ledger):
    ledger.store(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # As a superuser can.
        yield connection


@pytest.fixture
def source(connection, ledger, tmp_path):
    source = DatabaseEntrySource(connection, promise_all(ledger, tmp_path))
    source.sizes()
    return source


def forged(ledger: LedgerCopy) -> bytes:
    data = ledger.logs["0"][INDEX]
    return data[:-1] + bytes([data[-1] ^ 1])


def alter(connection, state: bytes, *, leaf: bool = True) -> None:
    connection.execute(
        "UPDATE ledger.log_0_events SET state = %s WHERE notification_id = %s", (state, INDEX + 1)
    )
    if leaf:
        connection.execute(
            "UPDATE ledger.log_0_events SET leaf = %s WHERE notification_id = %s",
            (leaf_hash(state), INDEX + 1),
        )


def test_what_was_promised_is_handed_out(source, ledger):
    found = source.read("0", 0, 100, None)
    assert [entry.data for entry in found.entries] == ledger.logs["0"]
    assert source.read("control", 0, 10_000, {"SchemaPublished"}).entries


@pytest.mark.parametrize("leaf", [False, True], ids=["state", "state-and-leaf"])
@pytest.mark.parametrize("types", [None, {"CaseFiled", "PenaltyDecisionMade"}])
def test_an_altered_entry_is_refused_with_index_and_stream(connection, source, ledger, leaf, types):
    alter(connection, forged(ledger), leaf=leaf)
    stream = decode_entry(ledger.logs["0"][INDEX]).stream_id
    with pytest.raises(AlteredEntryError) as caught:
        source.read("0", 0, 100, types)
    assert f"{LEDGER}/log/0: entry {INDEX} ({stream}) is not" in str(caught.value)
    assert caught.value.exit_code == 10


def test_a_forged_tree_in_the_tile_store_does_not_help(connection, ledger, tmp_path):
    """Entry, leaf and every hash tile forged together: the signed root is another."""
    promise_all(ledger, tmp_path)
    store = FolderTileStore(tmp_path)
    note = store.promise("0")
    ledger.logs["0"][INDEX] = forged(ledger)
    alter(connection, ledger.logs["0"][INDEX])
    promise(store, "0", ledger.logs["0"])
    (tmp_path / "promise" / "0").write_bytes(note)
    tree = PromisedTree(store, "0", f"{LEDGER}/log/0", [log_signer("0").key])
    source = DatabaseEntrySource(connection, {"0": tree})
    source.sizes()
    with pytest.raises(VerificationError, match="root at size"):
        source.read("0", 0, 100, None)


def test_a_promise_under_another_key_is_refused(connection, ledger, tmp_path):
    promise_all(ledger, tmp_path)
    other = log_signer("1").key
    tree = PromisedTree(FolderTileStore(tmp_path), "0", f"{LEDGER}/log/0", [other])
    with pytest.raises(SignatureInvalidError):
        tree.check([(0, ledger.logs["0"][0])])


@pytest.mark.parametrize("types", [None, {"CaseFiled"}])
def test_a_deleted_row_is_missed_by_views_of_all_types_and_of_few(connection, source, types):
    connection.execute("DELETE FROM ledger.log_0_events WHERE notification_id = %s", (INDEX + 1,))
    with pytest.raises(IncompleteError, match=f"log 0: the database has no entry {INDEX}"):
        source.read("0", 0, 100, types)


def test_every_share_misses_a_deleted_row(connection, source, ledger, tmp_path):
    connection.execute("DELETE FROM ledger.log_0_events WHERE notification_id = %s", (INDEX + 1,))
    for number in range(2):
        share = DatabaseEntrySource(connection, source._proofs, Share(number, 2))
        share.sizes()
        with pytest.raises(IncompleteError, match=f"no entry {INDEX}"):
            share.read("0", 0, 100, None)


def test_a_promise_that_grew_is_read_again(connection, ledger, tmp_path):
    """A source that was opened early proves what was promised later."""
    store = FolderTileStore(tmp_path)
    entries = ledger.logs["0"]
    promise(store, "0", entries[:2])
    tree = PromisedTree(store, "0", f"{LEDGER}/log/0", [log_signer("0").key])
    tree.check(list(enumerate(entries[:2])))
    with pytest.raises(UnavailableError, match="covers 2 entries, not"):
        tree.check(list(enumerate(entries)))
    promise(store, "0", entries)
    tree.check(list(enumerate(entries)))
