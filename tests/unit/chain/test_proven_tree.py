"""Leaves proven tile by tile, and a stream taken whole out of a copy: every lie is refused."""

from __future__ import annotations

import random

import pytest

from ledger.chain.checkpoint import Checkpoint, open_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.proven_tree import ProvenTree
from ledger.chain.stream_scan import check_chain, scan_stream
from ledger.chain.tiles import bundle_path, encode_bundle, tile_path, tile_shapes
from ledger.chain.tree import leaf_hash, tree_root
from ledger.errors import (
    AlteredEntryError,
    ChainBrokenError,
    IncompleteError,
    RootMismatchError,
    VerificationError,
)
from tests.support.logs import LogBuilder, case_acts

SIZES = (1, 2, 255, 256, 257, 511, 512, 700)


def grown(size: int, streams: int = 5) -> LogBuilder:
    builder = LogBuilder()
    for act in case_acts(size - 1, streams, 20):
        builder.submit([act])
    return builder


LOG = grown(700)


def tree_of(
    objects: dict[str, bytes], size: int = len(LOG.entries), builder: LogBuilder = LOG
) -> ProvenTree:
    checkpoint = open_checkpoint(builder.checkpoint(size), [builder.signer.key])
    return ProvenTree(checkpoint, objects.get)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_size_is_proven(size):
    tree = tree_of(LOG.objects(size), size)

    tree.check(list(enumerate(LOG.entries[:size])))
    leaves = [leaf for n in range(-(-size // 256)) for leaf in tree.leaves(n)]
    assert leaves == [leaf_hash(entry) for entry in LOG.entries[:size]]


def test_a_large_tree_has_levels_that_prove_each_other():
    """Levels 0 to 2; leaves alone, since entries play no part in it."""
    leaves = [index.to_bytes(32, "big") for index in range(256 * 256 + 3)]
    builder = LogBuilder()
    objects: dict[str, bytes] = {}
    hashes = leaves
    for level, shape in enumerate(tile_shapes(len(leaves))):
        for n in range(shape.full + (shape.partial_width > 0)):
            part = hashes[n * 256 : n * 256 + 256]
            objects[tile_path(level, n, len(part))] = b"".join(part)
        hashes = [tree_root(hashes[n * 256 : n * 256 + 256]) for n in range(shape.full)]
    checkpoint = Checkpoint(builder.origin, len(leaves), tree_root(leaves))
    tree = ProvenTree(checkpoint, objects.get)

    assert list(tree.leaves(131)) == leaves[131 * 256 : 132 * 256]
    assert list(tree.leaves(256)) == leaves[-3:]
    objects[tile_path(1, 0)] = bytes(8192)
    with pytest.raises(VerificationError, match="tile/1/000, over the entries 0 to 65535"):
        ProvenTree(checkpoint, objects.get).leaves(131)


def test_a_changed_entry_is_named_with_its_stream():
    tree = tree_of(LOG.objects())
    for index in (0, 255, 256, 699):
        data = LOG.entries[index]
        with pytest.raises(AlteredEntryError) as caught:
            tree.check([(index, data[:-1] + bytes([data[-1] ^ 1]))], "case:x")
        assert f"log/0: entry {index} (case:x) is not what was promised" in str(caught.value)


def test_no_changed_tile_is_believed():
    """One bit anywhere in any tile: refused where a leaf under it is asked for."""
    draw = random.Random(5)
    for path in [p for p in LOG.objects() if not p.startswith("tile/entries/")]:
        objects = LOG.objects()
        changed = bytearray(objects[path])
        changed[draw.randrange(len(changed))] ^= 1
        objects[path] = bytes(changed)
        with pytest.raises(VerificationError):
            tree_of(objects).check(list(enumerate(LOG.entries)))


def test_tiles_that_fit_an_altered_entry_are_not_the_promised_ones():
    """Who changes entry and tiles together still has another root than the signed one."""
    forged = grown(700)
    forged.entries[300] = forged.entries[300][:-1] + b"\xff"
    with pytest.raises(VerificationError):
        tree_of(forged.objects()).leaves(1)
    forged.entries[699] = forged.entries[699][:-1] + b"\xff"
    with pytest.raises(RootMismatchError):
        tree_of(forged.objects())


def test_a_tile_changed_with_its_entry_is_held_against_the_tile_above():
    """All of the upper tiles are as promised, so the tree opens; every entry fits its leaf."""
    for index in (0, 255, 300, 511):
        forged, objects = list(LOG.entries), LOG.objects()
        forged[index] = forged[index][:-1] + bytes([forged[index][-1] ^ 1])
        n = index // 256
        leaves = [leaf_hash(entry) for entry in forged[n * 256 : n * 256 + 256]]
        objects[tile_path(0, n)] = b"".join(leaves)
        tree = tree_of(objects)
        first, last = n * 256, n * 256 + 255
        words = f"tile/0/00{n}, over the entries {first} to {last}, is not what was promised"
        with pytest.raises(VerificationError, match=words):
            tree.check([(index, forged[index])])
        other = 1 - n
        tree.check(list(enumerate(LOG.entries))[other * 256 : other * 256 + 256])


@pytest.mark.parametrize("path", [tile_path(0, 2, 188), tile_path(1, 0, 2)])
def test_a_missing_edge_is_incomplete(path):
    objects = LOG.objects()
    del objects[path]
    with pytest.raises(IncompleteError, match=path):
        tree_of(objects)


def test_a_missing_full_tile_is_incomplete():
    objects = LOG.objects()
    del objects[tile_path(0, 0)]
    tree = tree_of(objects)
    tree.leaves(1)
    with pytest.raises(IncompleteError, match=tile_path(0, 0)):
        tree.leaves(0)


STREAM = max(LOG.streams, key=lambda stream: LOG.streams[stream][0])


def scanned(objects: dict[str, bytes]):
    return scan_stream(tree_of(objects), objects.get, STREAM)


def test_a_scan_finds_every_entry_of_the_stream_and_no_other():
    found = scanned(LOG.objects())

    expected = [data for data in LOG.entries if decode_entry(data).stream_id == STREAM]
    assert [item.data for item in found] == expected
    assert len(found) == LOG.streams[STREAM][0]
    check_chain(found, LOG.origin, LOG.profile)


def test_an_id_that_only_begins_the_same_is_another_stream():
    builder = grown(30, streams=1)
    stream = next(name for name in builder.streams if name.startswith("case:"))
    objects = builder.objects()
    tree = tree_of(objects, len(builder.entries), builder)

    assert scan_stream(tree, objects.get, stream[:-1]) == []


def test_a_bundle_that_hides_or_changes_an_entry_is_refused():
    for change in (
        lambda entries: entries[:100] + entries[101:],
        lambda entries: [*entries[:100], entries[99], *entries[101:]],
        lambda entries: [*entries[:100], entries[100] + b"\0", *entries[101:]],
    ):
        objects = LOG.objects()
        objects[bundle_path(0)] = encode_bundle(change(LOG.entries[:256]))
        with pytest.raises(VerificationError) as caught:
            scanned(objects)
        assert "entry 100 " in str(caught.value) or "before entry 255" in str(caught.value)


def test_a_missing_bundle_is_incomplete():
    objects = LOG.objects()
    del objects[bundle_path(1)]
    with pytest.raises(IncompleteError, match=bundle_path(1)):
        scanned(objects)


def test_a_chain_that_the_log_itself_broke_is_named():
    """Signed entries of a dishonest log: a version left out, and a link to nothing."""
    found = scanned(LOG.objects())
    missing = found[3].entry
    with pytest.raises(IncompleteError, match="where version 4 follows"):
        check_chain(found[:3] + found[4:], LOG.origin, LOG.profile)
    broken = found[3]._replace(entry=missing._replace(stream_link=bytes(32)))
    with pytest.raises(ChainBrokenError, match=f"entry {missing.leaf_index} .{STREAM}"):
        check_chain([*found[:3], broken], LOG.origin, LOG.profile)
