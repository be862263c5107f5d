"""What an append reads under the head lock is true until its commit, and what it writes is whole."""

from __future__ import annotations

import threading

import psycopg
import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.proofs import (
    consistency_path,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from ledger.chain.tree import leaf_hash, tree_root
from ledger.domain.rows import StreamHead
from ledger.errors import IncompleteError, RootMismatchError, UnavailableError, VerificationError
from ledger.store.environment import open_recorder


def test_an_append_can_be_read_back_in_every_way(stored):
    """By index, event id, stream, page, and inside the next transaction."""
    stored.grow(40)
    stored.commit(15)
    stored.commit(tracking={"kafka:a:t:0": 7}, refusals={b"r" * 16: 12})
    entries, recorder = stored.builder.entries, stored.recorder
    decoded = [decode_entry(entry) for entry in entries]
    stream = decoded[5].stream_id
    of_stream = [
        entry for entry, it in zip(entries, decoded, strict=True) if it.stream_id == stream
    ]
    ids = [decode_act(it.act).event_id for it in decoded]

    assert recorder.read_entries(10, 20) == list(enumerate(entries))[10:30]
    assert recorder.read_entries(41, 20) == []
    assert recorder.entry(40) == entries[40]
    assert recorder.find_event(ids[22]) == 22
    assert recorder.find_event(b"x" * 16) is None
    assert recorder.stream_entries(stream) == of_stream
    with recorder.transaction() as tx:
        assert tx.head.tree_size == 41
        assert tx.head.root == tree_root(leaf_hash(entry) for entry in entries)
        assert (tx.head.received_at, tx.head.control_size) == (decoded[-1].received_at, 1)
        assert (tx.origin, tx.profile) == (stored.builder.origin, "international")
        assert tx.tracking("kafka:a:t:0") == 7
        assert tx.tracking("kafka:b:t:0") is None
        assert tx.known_events([ids[3], b"x" * 16]) == {ids[3]: (3, entries[3])}
        assert tx.known_events([]) == {}
        assert tx.refusals([b"r" * 16, ids[3]]) == {b"r" * 16: 12}
        assert tx.stream_heads([stream, "case:none", stream]) == {
            stream: StreamHead(len(of_stream), stream_link(of_stream[-1], "international"))
        }
        assert tx.stream_entries(stream) == of_stream
        assert tx.promised_size("0") == 0
        assert tx.entry(40) == entries[40]
        with pytest.raises(IncompleteError, match="log 0: the database has no entry 41"):
            tx.entry(41)
    with pytest.raises(VerificationError):
        recorder.entry(41)


def test_proofs_from_stored_nodes_verify(stored):
    """Every inclusion and consistency proof of every size, whatever the commits were."""
    stored.grow(36)
    for size in (1, 2, 7, 8, 21, 37):
        stored.commit(size)
    leaves = [leaf_hash(entry) for entry in stored.builder.entries]
    roots = [tree_root(leaves[:size]) for size in range(38)]
    read = stored.recorder.node_reader()
    for size in range(1, 38):
        for index in range(0, size, 3):
            proof = inclusion_path(index, size, read)
            verify_inclusion(leaves[index], index, size, proof, roots[size])
        for older in range(1, size + 1, 5):
            proof = consistency_path(older, size, read)
            verify_consistency(older, roots[older], size, roots[size], proof)
        assert stored.recorder.frontier_at(size, roots[size]).root() == roots[size]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger.log_0_nodes SET hash = sha256('x') WHERE level = 4",
        "UPDATE ledger.log_0_events SET leaf = sha256('x') WHERE notification_id = 21",
        "UPDATE ledger.heads SET root = sha256('x')",
        "DELETE FROM ledger.log_0_nodes WHERE level = 4",
    ],
)
def test_a_stored_tree_that_is_not_the_heads_is_noticed(stored, change):
    """The owner changes a node, a leaf, the head; the frontier no longer fits."""
    stored.grow(20)
    stored.commit()
    with psycopg.connect(stored.url) as owner:
        owner.execute(change)
    with pytest.raises(VerificationError):
        stored.recorder.frontier()
    with stored.recorder.transaction() as tx, pytest.raises(VerificationError):
        tx.frontier()


def test_an_exception_leaves_nothing_behind(stored):
    """Rows, nodes, tracking and head are one: all or none."""
    stored.grow(5)
    with pytest.raises(RuntimeError), stored.recorder.transaction() as tx:
        rows = [stored.row(index) for index in range(6)]
        frontier = tx.frontier()
        nodes = frontier.extend([row.leaf for row in rows])
        tx.write(
            rows,
            nodes,
            root=frontier.root(),
            received_at=rows[-1].received_at,
            control_size=1,
            tracking={"kafka:a:t:0": 5},
            refusals={},
            openings=(),
            quarantine=(),
        )
        raise RuntimeError("the caller changed its mind")
    assert stored.recorder.head().tree_size == 0
    assert stored.recorder.max_tracking_id("kafka:a:t:0") is None
    assert stored.commit().size == 6


def test_records_are_not_consumed_twice(stored):
    """Who did not drop what the tracking row covers is refused, and nothing is written."""
    stored.grow(2)
    stored.commit(1, tracking={"kafka:a:t:0": 9})
    for offset in (8, 9):
        with pytest.raises(VerificationError, match="second time"):
            stored.commit(2, tracking={"kafka:a:t:0": offset})
    assert stored.recorder.head().tree_size == 1
    assert stored.commit(2, tracking={"kafka:a:t:0": 10}).size == 2


def test_a_second_event_id_or_version_is_refused_whole(stored):
    """What the lock cannot prevent (our own fault) the database does."""
    stored.grow(3)
    stored.commit(2)
    real = stored.row

    def again(index):
        return real(index)._replace(event_id=real(1).event_id)

    stored.row = again
    with pytest.raises(VerificationError, match="collide"):
        stored.commit()
    assert stored.recorder.head().tree_size == 2


def test_two_owners_take_turns(stored):
    """The second waits for the head and then sees what the first wrote."""
    stored.grow(1)
    other = open_recorder(stored.url, "0")
    seen, started = [], threading.Event()

    def second() -> None:
        started.set()
        with other.transaction() as tx:
            seen.append((tx.head.tree_size, tx.tracking("kafka:a:t:0")))

    thread = threading.Thread(target=second)
    with stored.recorder.transaction() as tx:
        thread.start()
        started.wait()
        rows = [stored.row(0)]
        tx.write(
            rows,
            [],
            root=rows[0].leaf,
            received_at=rows[0].received_at,
            control_size=1,
            tracking={"kafka:a:t:0": 0},
            refusals={},
            openings=(),
            quarantine=(),
        )
        assert not seen
    thread.join()
    other.datastore.close()
    assert seen == [(1, 0)]


def test_an_earlier_root_that_is_not_ours_is_refused(stored):
    """The start check rests on this."""
    stored.grow(8)
    stored.commit()
    with pytest.raises(RootMismatchError):
        stored.recorder.frontier_at(5, bytes(32))


def test_a_database_that_is_away_is_unavailable(stored, postgres_server, database):
    """A session that was ended is noticed; the next use has a new one."""
    stored.grow(1)
    with pytest.raises(UnavailableError), stored.recorder.transaction() as tx:
        postgres_server.disconnect(database)
        tx.stream_entries("ledger")
    assert stored.commit().size == 2


def test_promised_size_is_told_and_never_lowered_by_a_slow_thread(stored):
    """Whoever listens learns of it; a repair may lower it, a promise may not."""
    stored.grow(8)
    stored.commit()
    with psycopg.connect(stored.url, autocommit=True) as listener:
        listener.execute("LISTEN ledger_promised")
        stored.recorder.set_promised(7)
        stored.recorder.set_promised(5)
        assert stored.recorder.promised_sizes() == {"0": 7}
        told = [it.payload for it in listener.notifies(timeout=10, stop_after=2)]
    assert told == ["0:7", "0:5"]
    stored.recorder.repair_promised(5)
    assert stored.recorder.head().promised_size == 5
