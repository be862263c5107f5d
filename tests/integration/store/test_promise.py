"""Second copy and promise: what they hold, in which order they are written, and every fault on the way."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.note_keys import Signer
from ledger.chain.tiles import bundle_path, tile_path
from ledger.errors import (
    BehindPromiseError,
    RootMismatchError,
    SignatureInvalidError,
    UnavailableError,
)
from ledger.store.promise import Promiser
from ledger.store.s3_store import S3TileStore
from ledger.store.start_check import check_start
from ledger.store.tile_store import checkpoint_of
from tests.support.faults import FaultyStore
from tests.support.logs import LogBuilder
from tests.support.s3_server import S3Server
from tests.support.stored_log import StoredLog

SECOND = 1_000_000


@pytest.fixture
def promiser(stored, tiles):
    """The promiser of a new log, started."""
    stored.first_promise(tiles)
    promiser = Promiser(stored.recorder, tiles, [stored.builder.signer])
    promiser.start()
    return promiser


@pytest.fixture
def control_published(tiles):
    """A published control log of one entry, which the case log's entries were judged against."""
    tiles.publish("control", LogBuilder("control").checkpoint())


def served(tiles, stored, size):
    """Return whether the store serves exactly the files of this size, and the promise covers it."""
    wanted = stored.builder.objects(size)
    found = {path: tiles.read("0", path) for path in wanted}
    key = stored.builder.signer.key
    checkpoint = open_checkpoint(tiles.promise("0"), [key], stored.builder.origin)
    return found == wanted and checkpoint.size == size


def test_the_second_copy_is_the_log(stored, tiles, promiser):
    """Bundles and tiles of every level, over commits of many sizes; one promise covers several."""
    stored.grow(1_100)
    steps = [(1,), (2, 9), (255,), (256,), (257, 300, 512), (513,), (1_101,)]
    for commits in steps:
        note = promiser.promise([stored.commit(size) for size in commits])
        assert note == tiles.promise("0") == promiser.checkpoint
        assert served(tiles, stored, commits[-1])
        assert stored.recorder.promised_sizes() == {"0": commits[-1]}
    assert tiles.calls.count("swap_promise") == len(steps)


def test_the_files_are_there_before_the_promise(stored, tiles, promiser):
    """And the promise before the size in the database."""
    stored.grow(3)
    commit = stored.commit()
    tiles.calls.clear()
    tiles.fail("swap_promise", "before")
    with pytest.raises(UnavailableError):
        promiser.promise([commit])
    assert tiles.calls == ["write_objects", "swap_promise"]
    assert tiles.read("0", bundle_path(0, 4)) is not None
    assert checkpoint_of(tiles.promise("0")).size == 0
    assert stored.recorder.promised_sizes() == {"0": 0}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["write_objects", "swap_promise"])
def test_a_promise_that_failed_is_made_again(stored, tiles, promiser, call, moment):
    """Whether it had taken effect or not, and whether more commits have come meanwhile."""
    stored.grow(300)
    first = stored.commit(200)
    tiles.fail(call, moment)
    with pytest.raises(UnavailableError):
        promiser.promise([first])
    assert promiser.promise([first]) == tiles.promise("0")
    assert served(tiles, stored, 200)
    second = stored.commit(250)
    tiles.fail(call, moment)
    with pytest.raises(UnavailableError):
        promiser.promise([second])
    third = stored.commit()
    promiser.promise([second, third])
    assert served(tiles, stored, 301)
    assert stored.recorder.promised_sizes() == {"0": 301}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["write_objects", "swap_promise"])
def test_a_restart_mends_a_promise_that_was_cut_off(stored, tiles, promiser, call, moment):
    """What is committed and not promised is promised first; nothing else changes."""
    stored.grow(300)
    promiser.promise([stored.commit(100)])
    commit = stored.commit()
    tiles.fail(call, moment)
    with pytest.raises(UnavailableError):
        promiser.promise([commit])
    restarted = Promiser(stored.recorder, tiles, [stored.builder.signer])
    state = restarted.start()
    assert state.head.tree_size == 301
    assert state.frontier.root() == commit.root
    assert served(tiles, stored, 301)
    assert stored.recorder.promised_sizes() == {"0": 301}


def test_the_size_in_the_database_is_told_again_after_it_failed(
    stored, tiles, promiser, postgres_server, database
):
    """The promise stands; only the row is missing."""
    stored.grow(5)
    commit = stored.commit()
    record, stored.recorder.set_promised = stored.recorder.set_promised, None

    def away(size):
        raise UnavailableError("fault")

    stored.recorder.set_promised = away
    with pytest.raises(UnavailableError):
        promiser.promise([commit])
    assert checkpoint_of(tiles.promise("0")).size == 6
    assert stored.recorder.promised_sizes() == {"0": 0}
    stored.recorder.set_promised = record
    promiser.promise([commit])
    assert stored.recorder.promised_sizes() == {"0": 6}


def test_two_owners_of_one_log_promise_one_history(stored, tiles, promiser):
    """Who lost the swap reads everything anew and finds its entries covered."""
    stored.grow(600)
    other = Promiser(stored.recorder, tiles, [stored.builder.signer])
    other.start()
    first, second = stored.commit(300), stored.commit(601)
    other.promise([first, second])
    assert promiser.promise([first]) == other.checkpoint
    assert promiser.size == 601
    stored.grow(10)
    promiser.promise([stored.commit()])
    assert served(tiles, stored, 611)


def test_an_object_store_keeps_copy_and_promise_as_well(stored):
    """The same log on a server that speaks S3, over a lost swap and a restart."""
    server = S3Server()
    try:
        tiles = FaultyStore(S3TileStore(server.bucket()))
        stored.first_promise(tiles)
        promiser = Promiser(stored.recorder, tiles, [stored.builder.signer])
        promiser.start()
        stored.grow(299)
        tiles.fail("swap_promise", "after")
        commit = stored.commit(200)
        with pytest.raises(UnavailableError):
            promiser.promise([commit])
        promiser.promise([commit, stored.commit()])
        assert served(tiles, stored, 300)
        stored.grow(1)
        stored.commit()
        Promiser(stored.recorder, tiles, [stored.builder.signer]).start()
        assert served(tiles, stored, 301)
    finally:
        server.stop()


def test_a_root_that_the_files_do_not_have_is_never_signed(stored, tiles, promiser):
    """The tree of the files is computed apart from the appender's."""
    stored.grow(3)
    commit = stored.commit()
    tiles.calls.clear()
    with pytest.raises(RootMismatchError):
        promiser.promise([commit._replace(root=bytes(32))])
    with pytest.raises(RootMismatchError):
        promiser.promise([commit._replace(leaves=[bytes(32), *commit.leaves[1:]])])
    assert tiles.calls == []


def test_an_entry_changed_before_it_was_promised_is_noticed_at_the_start(stored, tiles, promiser):
    """Leaves are hashed anew from the stored bytes."""
    stored.grow(3)
    stored.commit()
    with psycopg.connect(stored.url) as owner:
        owner.execute(
            "UPDATE ledger.log_0_events SET state = set_byte(state, 40, 1) WHERE notification_id = 3"
        )
    with pytest.raises(RootMismatchError):
        Promiser(stored.recorder, tiles, [stored.builder.signer]).start()
    assert checkpoint_of(tiles.promise("0")).size == 0


def test_partial_files_of_passed_promises_go(stored, tiles, promiser, control_published):
    """One a level stays, and those of published sizes until the full file is there."""
    stored.grow(300)
    for size in (10, 20, 30):
        promiser.promise([stored.commit(size)])
    assert promiser.publish(SECOND)
    assert tiles.partials("0", tile_path(0, 0)) == [tile_path(0, 0, 30)]
    for size in (40, 50):
        promiser.promise([stored.commit(size)])
    assert not promiser.publish(SECOND)
    kept = {tile_path(0, 0, 30), tile_path(0, 0, 50)}
    assert set(tiles.partials("0", tile_path(0, 0))) == kept
    assert set(tiles.partials("0", bundle_path(0))) == {bundle_path(0, 30), bundle_path(0, 50)}
    promiser.promise([stored.commit(301)])
    assert not promiser.publish(SECOND)
    assert tiles.partials("0", tile_path(0, 0)) == []
    assert tiles.partials("0", bundle_path(0)) == []
    assert tiles.read("0", tile_path(0, 0, 30)) == tiles.read("0", tile_path(0, 0))[: 30 * 32]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_promise_does_not_wait_for_files_that_go(
    stored, tiles, promiser, control_published, moment
):
    """They go before the next publication, and where that failed, before the one after it."""
    stored.grow(300)
    tiles.calls.clear()
    for size in (10, 20):
        promiser.promise([stored.commit(size)])
    assert "remove_objects" not in tiles.calls
    tiles.fail("remove_objects", moment)
    with pytest.raises(UnavailableError):
        promiser.publish(SECOND)
    assert promiser.publish(SECOND)
    assert tiles.partials("0", tile_path(0, 0)) == [tile_path(0, 0, 20)]
    assert served(tiles, stored, 20)


def test_a_restart_keeps_the_partial_files_that_it_cannot_judge(
    stored, tiles, promiser, control_published
):
    """Which of them a published checkpoint needs is unknown then; the full file ends them all."""
    stored.grow(300)
    promiser.promise([stored.commit(10)])
    promiser.publish(SECOND)
    promiser.promise([stored.commit(20)])
    again = Promiser(stored.recorder, tiles, [stored.builder.signer])
    again.start()
    again.promise([stored.commit(30)])
    again.publish(SECOND)
    assert tile_path(0, 0, 10) in tiles.partials("0", tile_path(0, 0))
    again.promise([stored.commit()])
    again.publish(SECOND)
    assert tiles.partials("0", tile_path(0, 0)) == []


def test_at_most_one_new_checkpoint_a_second_is_published(
    stored, tiles, promiser, control_published
):
    """The newest one, and none twice."""
    stored.grow(3)
    assert not promiser.publish(SECOND)
    promiser.promise([stored.commit(2)])
    assert promiser.publish(SECOND)
    assert not promiser.publish(9 * SECOND)
    promiser.promise([stored.commit(4)])
    assert not promiser.publish(2 * SECOND - 1)
    assert checkpoint_of(tiles.read("0", "checkpoint")).size == 2
    assert promiser.publish(2 * SECOND)
    assert tiles.read("0", "checkpoint") == promiser.checkpoint


def test_a_case_log_is_published_only_with_the_control_log_it_was_judged_by(
    stored, tiles, promiser
):
    """Its newest entry says how much of the control log that is."""
    control = StoredLog(stored.url, "control")
    control.first_promise(tiles)
    control_promiser = Promiser(control.recorder, tiles, [control.builder.signer])
    control_promiser.start()
    control.grow(2)
    stored.builder.control_size = 3
    stored.grow(1)
    promiser.promise([stored.commit()])
    assert not promiser.publish(SECOND)
    control_promiser.promise([control.commit(2)])
    assert control_promiser.publish(SECOND)
    assert not promiser.publish(SECOND)
    control_promiser.promise([control.commit(3)])
    assert control_promiser.publish(2 * SECOND)
    assert promiser.publish(2 * SECOND)
    control.close()


def test_a_store_without_a_promise_is_refused(stored, tiles):
    """From the birth on there is one; a store that lost it proves nothing."""
    stored.grow(1)
    stored.commit()
    with pytest.raises(BehindPromiseError):
        Promiser(stored.recorder, tiles, [stored.builder.signer]).start()


def test_a_promise_of_another_key_is_refused(stored, tiles, promiser):
    """Whoever can write to the store cannot sign."""
    forger = Signer(stored.builder.origin, bytes(32))
    with pytest.raises(SignatureInvalidError):
        check_start(stored.recorder, tiles, [forger.key])


def test_a_database_behind_its_promise_is_refused(
    stored, tiles, promiser, postgres_server, database
):
    """An older copy of it was put back: neither start nor a late promise goes on."""
    stored.grow(20)
    promiser.promise([stored.commit(8)])
    older = stored.copy_database(postgres_server, database)
    promiser.promise([stored.commit(15)])
    restored = StoredLog(postgres_server.url(older), builder=stored.builder)
    try:
        with pytest.raises(BehindPromiseError, match="8 entries, 15 promised"):
            Promiser(restored.recorder, tiles, [stored.builder.signer]).start()
        assert checkpoint_of(tiles.promise("0")).size == 15
    finally:
        restored.close()


def test_a_database_against_its_promise_is_refused(
    stored, tiles, promiser, postgres_server, database
):
    """It went on from an older copy with other entries: as many, or more."""
    stored.grow(20)
    promiser.promise([stored.commit(8)])
    older = stored.copy_database(postgres_server, database)
    promiser.promise([stored.commit(15)])
    restored = StoredLog(postgres_server.url(older), builder=stored.builder)
    try:
        del stored.builder.entries[8:]
        stored.builder.streams = stream_heads(stored.builder.entries)
        restored.number = 100  # Other acts than those that were promised.
        restored.grow(12)
        restored.commit()
        with pytest.raises(BehindPromiseError, match="not those promised"):
            Promiser(restored.recorder, tiles, [stored.builder.signer]).start()
    finally:
        restored.close()


def stream_heads(entries):
    """Return version and link of every stream, as a builder keeps them."""
    decoded = ((decode_entry(data), stream_link(data, "international")) for data in entries)
    return {entry.stream_id: (entry.stream_version, link) for entry, link in decoded}


def test_a_size_ahead_of_the_promise_is_taken_back(stored, tiles, promiser):
    """An older tile store was put back: what it lacks is promised again before anybody is told."""
    stored.grow(9)
    stored.commit()
    stored.recorder.set_promised(10)
    check_start(stored.recorder, tiles, [stored.builder.signer.key])
    assert stored.recorder.promised_sizes() == {"0": 0}
    Promiser(stored.recorder, tiles, [stored.builder.signer]).start()
    assert served(tiles, stored, 10)
    assert stored.recorder.promised_sizes() == {"0": 10}
