"""A log as it may be shown: rows changed, hidden, moved or put in are refused."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.entry import decode_entry
from ledger.chain.tree import leaf_hash
from ledger.errors import AlteredEntryError, IncompleteError, VerificationError
from ledger.store.promise import Promiser
from ledger.store.promised_tree import PromisedTree
from ledger.store.proven_log import ProvenLog

ENTRIES = 40


@pytest.fixture
def log(stored, tiles):
    stored.first_promise(tiles)
    promiser = Promiser(stored.recorder, tiles, [stored.builder.signer])
    promiser.start()
    stored.grow(ENTRIES, streams=3)
    promiser.promise([stored.commit(ENTRIES - 5)])
    stored.commit()  # Five that are not promised yet, and entry 0.
    tree = PromisedTree(tiles, "0", stored.builder.origin, [stored.builder.signer.key])
    return ProvenLog(stored.recorder, tree)


@pytest.fixture
def run(stored):
    """Runs a statement that the tables' triggers refuse, as a superuser can."""

    def run(statement, *values):
        with psycopg.connect(stored.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement, values)

    return run


@pytest.fixture
def streams(stored):
    """Two streams, each with the promised entries of it."""
    found = {}
    for data in stored.builder.entries[1 : ENTRIES - 5]:
        found.setdefault(decode_entry(data).stream_id, []).append(data)
    return sorted(found.items())[:2]


def test_only_what_is_promised_is_handed_out(log, stored, streams):
    for stream, entries in streams:
        assert log.stream_entries(stream) == entries
    assert len(log.read_entries(0, 1_000)) == ENTRIES - 5
    assert log.entry(7) == stored.builder.entries[7]
    assert log.stream_entries("case:unknown") == []
    log.check_whole()


def test_an_altered_entry_is_named(log, run, streams):
    stream, entries = streams[0]
    victim = decode_entry(entries[2]).leaf_index
    state = entries[2][:-1] + bytes([entries[2][-1] ^ 1])
    run(
        "UPDATE ledger.log_0_events SET state = %s, leaf = %s WHERE notification_id = %s",
        state,
        leaf_hash(state),
        victim + 1,
    )
    named = rf"entry {victim} \({stream}\) is not what was promised"
    for read in (
        lambda: log.stream_entries(stream),
        lambda: log.entry(victim),
        lambda: log.read_entries(0, 100),
    ):
        with pytest.raises(AlteredEntryError, match=named):
            read()


def test_two_streams_that_were_swapped_are_refused(log, run, streams):
    (first, _), (second, _) = streams
    change = "UPDATE ledger.log_0_events SET originator_id = %s WHERE originator_id = %s"
    for new, old in (("tmp", first), (first, second), (second, "tmp")):
        run(change, new, old)
    for stream in (first, second):
        with pytest.raises(VerificationError, match=f"stands in the database under {stream}"):
            log.stream_entries(stream)


def test_a_version_that_is_gone_is_missed(log, run, streams):
    stream, entries = streams[0]
    victim = decode_entry(entries[1]).leaf_index
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", victim + 1)
    with pytest.raises(IncompleteError, match="where version 2 follows"):
        log.stream_entries(stream)
    with pytest.raises(IncompleteError, match=f"no entry {victim}$"):
        log.check_whole()
    with pytest.raises(IncompleteError):
        log.read_entries(0, 100)


def test_the_last_version_that_is_gone_is_missed_by_a_count(log, run, streams):
    victim = decode_entry(streams[0][1][-1]).leaf_index
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", victim + 1)
    with pytest.raises(IncompleteError, match=f"no entry {victim}$"):
        log.check_whole()


def test_versions_that_were_swapped_are_refused(log, run, streams):
    stream, _ = streams[0]
    change = (
        "UPDATE ledger.log_0_events SET originator_version = %s "
        "WHERE originator_id = %s AND originator_version = %s"
    )
    for new, old in ((100, 1), (1, 2), (2, 100)):
        run(change, new, stream, old)
    with pytest.raises(IncompleteError, match="version 2, stored as 1"):
        log.stream_entries(stream)
