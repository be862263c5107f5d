"""The right edge of tiles, grown in any steps, makes the files of the golden log."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import integers, lists

from ledger.chain.tiles import bundle_path, decode_bundle, tile_path
from ledger.chain.tree import leaf_hash, tree_root
from ledger.store.tile_edge import EMPTY_EDGE
from tests.support.vectors import VECTORS


@given(lists(integers(1, 200), min_size=1, max_size=8))
def test_whatever_the_steps_root_and_files_are_the_same(steps):
    """Synthetic leaves; no step writes a file again that is there, whatever its level."""
    entries = [number.to_bytes(2, "big") for number in range(sum(steps))]
    leaves = [leaf_hash(entry) for entry in entries]
    edge, files, start = EMPTY_EDGE, {}, 0
    for step in steps:
        edge, fresh = edge.extended(entries[start : start + step], leaves[start : start + step])
        start += step
        for path, data in fresh:
            assert path not in files
            files[path] = data
        assert edge.root() == tree_root(leaves[:start])
        assert {path for _, path in edge.partial_paths()} <= set(files)
    whole, at_once = EMPTY_EDGE.extended(entries, leaves)
    assert whole == edge
    assert dict(at_once).items() <= files.items()


def test_the_files_are_the_golden_ones():
    """Every file of the case log of the vectors, at each of its published sizes."""
    folder = VECTORS / "log"
    golden = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in (folder / "tile").rglob("*")
        if path.is_file()
    }
    entries = all_entries()
    leaves = [leaf_hash(entry) for entry in entries]
    edge, files, start = EMPTY_EDGE, {}, 0
    for size in (257, 300, 306):
        edge, fresh = edge.extended(entries[start:size], leaves[start:size])
        files |= dict(fresh)
        start = size
    assert files == golden


def all_entries():
    """Return the 306 entries of the golden case log, out of its bundles."""
    folder = VECTORS / "log"
    return [
        *decode_bundle((folder / bundle_path(0)).read_bytes()),
        *decode_bundle((folder / bundle_path(1, 50)).read_bytes()),
    ]


def test_an_edge_knows_its_partial_files():
    """One of each level that has one, and none of width 0."""
    entries = [bytes([0])] * 70_000
    leaves = [leaf_hash(bytes([0]))] * 70_000
    edge, files = EMPTY_EDGE.extended(entries, leaves)
    assert edge.partial_paths() == [
        (bundle_path(273), bundle_path(273, 112)),
        (tile_path(0, 273), tile_path(0, 273, 112)),
        (tile_path(1, 1), tile_path(1, 1, 17)),
        (tile_path(2, 0), tile_path(2, 0, 1)),
    ]
    assert len(files) == 274 + 274 + 2 + 1
    edge, _ = EMPTY_EDGE.extended(entries[:65_536], leaves[:65_536])
    assert edge.partial_paths() == [(tile_path(2, 0), tile_path(2, 0, 1))]
