"""One suite for both tile stores: the folder, and the object store behind an S3 server."""

from __future__ import annotations

import threading

import pytest

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.tiles import bundle_path, decode_bundle, encode_bundle, tile_path
from ledger.chain.tree import EMPTY_ROOT, leaf_hash
from ledger.errors import PromiseConflictError, UnavailableError
from ledger.store.s3_store import S3TileStore
from ledger.store.tile_store import FolderTileStore
from tests.support.logs import signer
from tests.support.s3_server import S3Server

ORIGIN = "tests.example/log/0"


def note(size: int, word: str = "") -> bytes:
    """Return a promise of this size."""
    root = leaf_hash(word.encode()) if size else EMPTY_ROOT
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), [signer(ORIGIN)])


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        yield FolderTileStore(tmp_path)
        return
    server = S3Server()
    try:
        yield S3TileStore(server.bucket())
    finally:
        server.stop()


def test_what_is_written_is_read(store):
    """Files come back; a path without a file, or that no log can have, is none."""
    store.write_objects("0", [("tile/0/000", b"x" * 8192), ("tile/entries/x001/000.p/3", b"abc")])
    assert store.read("0", "tile/0/000") == b"x" * 8192
    assert store.read("0", "tile/entries/x001/000.p/3") == b"abc"
    assert store.read("1", "tile/0/000") is None
    assert store.read("0", "tile/0/001") is None
    for path in ("../promise/0", "promise/0", "tile/0/../000", "tile/0/1", "/etc/passwd", ""):
        assert store.read("0", path) is None


def test_beyond_the_promise_a_file_may_be_written_again(store):
    """A crash before the swap leaves files that the next start writes anew."""
    store.write_objects("0", [("tile/0/000.p/2", b"old")])
    store.write_objects("0", [("tile/0/000.p/2", b"new")])
    assert store.read("0", "tile/0/000.p/2") == b"new"


def test_a_partial_file_that_has_gone_is_the_start_of_the_full_one(store):
    """Hash tiles are cut by bytes, bundles by entries."""
    hashes = [leaf_hash(bytes([n])) for n in range(256)]
    entries = [bytes([n]) * (n + 1) for n in range(256)]
    store.write_objects(
        "0", [(tile_path(0, 0), b"".join(hashes)), (bundle_path(0), encode_bundle(entries))]
    )
    assert store.read("0", tile_path(0, 0, 5)) == b"".join(hashes[:5])
    bundle = store.read("0", bundle_path(0, 7))
    assert bundle is not None
    assert decode_bundle(bundle) == entries[:7]
    assert store.read("0", tile_path(0, 1, 5)) is None
    assert store.read("0", "tile/0/000.p/256") is None


def test_partial_files_are_listed_and_removed(store):
    """Removing what has gone is no error."""
    store.write_objects("0", [("tile/0/000.p/2", b"a"), ("tile/0/000.p/10", b"b")])
    assert sorted(store.partials("0", "tile/0/000")) == ["tile/0/000.p/10", "tile/0/000.p/2"]
    store.remove_objects("0", ["tile/0/000.p/2", "tile/0/000.p/2"])
    assert store.partials("0", "tile/0/000") == ["tile/0/000.p/10"]
    store.remove_objects("0", ["tile/0/000.p/10"])
    assert store.partials("0", "tile/0/000") == []


def test_the_first_promise_is_made_once(store):
    """Again the same is done already; another one is refused."""
    assert store.promise("0") is None
    store.create_promise("0", note(0))
    store.create_promise("0", note(0))
    with pytest.raises(PromiseConflictError):
        store.create_promise("0", note(1))
    assert store.promise("0") == note(0)
    assert store.promise("1") is None


def test_a_promise_goes_from_what_its_writer_saw(store):
    """A second writer with old knowledge changes nothing."""
    store.create_promise("0", note(0))
    store.swap_promise("0", note(0), note(3))
    with pytest.raises(PromiseConflictError):
        store.swap_promise("0", note(0), note(5))
    assert store.promise("0") == note(3)
    store.swap_promise("0", note(3), note(5))
    assert store.promise("0") == note(5)


def test_a_swap_whose_answer_was_lost_can_be_sent_again(store):
    """It finds itself done."""
    store.create_promise("0", note(0))
    store.swap_promise("0", note(0), note(3))
    store.swap_promise("0", note(0), note(3))
    assert store.promise("0") == note(3)


def test_a_promise_never_shrinks(store):
    """Not even from the very promise that is there."""
    store.create_promise("0", note(4))
    with pytest.raises(PromiseConflictError):
        store.swap_promise("0", note(4), note(3))
    with pytest.raises(PromiseConflictError):
        store.swap_promise("1", note(4), note(5))
    assert store.promise("0") == note(4)


def test_of_many_writers_at_once_one_wins(store):
    """Each wants to replace the same promise by its own."""
    store.create_promise("0", note(0))
    barrier, won = threading.Barrier(8), []

    def swap(number: int) -> None:
        barrier.wait()
        try:
            store.swap_promise("0", note(0), note(1, f"writer {number}"))
            won.append(number)
        except PromiseConflictError:
            pass

    writers = [threading.Thread(target=swap, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(won) == 1
    assert store.promise("0") == note(1, f"writer {won[0]}")


def test_the_published_checkpoint_is_replaced(store):
    """It is a file of the log like any other, but for that."""
    assert store.read("0", "checkpoint") is None
    store.publish("0", note(1))
    store.publish("0", note(2))
    assert store.read("0", "checkpoint") == note(2)


def test_a_server_that_ignores_conditions_is_refused():
    """It takes If-Match and puts all the same; the trial object is gone afterwards."""
    server = S3Server(conditional=False)
    try:
        with pytest.raises(UnavailableError, match="conditional"):
            S3TileStore(server.bucket())
    finally:
        server.stop()
    assert not server.objects


def test_a_server_that_has_gone_is_unavailable():
    """No error of a library passes."""
    server = S3Server()
    store = S3TileStore(server.bucket())
    server.stop()
    with pytest.raises(UnavailableError):
        store.promise("0")
    with pytest.raises(UnavailableError):
        store.write_objects("0", [("tile/0/000", b"x")])


def test_files_left_by_a_writer_that_died_are_removed(tmp_path):
    """What has no place yet lies apart from what is served."""
    store = FolderTileStore(tmp_path)
    store.write_objects("0", [("tile/0/000", b"x")])
    left = tmp_path / "new" / "0" / "12345-1-1"
    left.write_bytes(b"half")
    store.forget_unfinished("0")
    assert not left.exists()
    assert store.read("0", "tile/0/000") == b"x"
