"""Tile paths, tile shapes and entry bundles."""

import hashlib

import pytest

from ledger.chain.tiles import bundle_path, decode_bundle, encode_bundle, tile_path, tile_shapes
from ledger.chain.tree import Frontier, leaf_hash
from ledger.errors import MalformedRecordError
from tests.support.vectors import VECTORS, load

TILES = load("derived")["tiles"]
ENTRIES = load("entries")


@pytest.mark.parametrize("case", TILES["paths"], ids=lambda c: c["path"])
def test_paths_group_their_digits(case):
    """Three digits a group, an x before all but the last."""
    assert f"tile/2/{case['path']}" == tile_path(2, case["n"])
    assert f"tile/entries/{case['path']}.p/8" == bundle_path(case["n"], 8)


def test_paths_of_partial_tiles_end_in_their_width():
    """And those of full ones do not."""
    assert tile_path(0, 1234067, 255) == "tile/0/x001/x234/067.p/255"
    assert bundle_path(0, 256) == "tile/entries/000"


@pytest.mark.parametrize("case", TILES["shapes"], ids=lambda c: str(c["size"]))
def test_shapes_are_those_of_the_vectors(case):
    """Full tiles and the width of the partial one, at each level."""
    expected = [(level["full"], level["partial_width"]) for level in case["levels"]]
    assert expected == tile_shapes(case["size"])


def test_an_empty_log_has_no_tiles():
    """Not even an empty one: width 0 is never served."""
    assert tile_shapes(0) == []


@pytest.mark.parametrize("part", ["control", "case"])
def test_tiles_and_bundles_of_the_vectors_follow_from_the_entries(part):
    """Every file of both folders, written again from leaves and entries."""
    log = ENTRIES[part]
    leaves = [bytes.fromhex(leaf) for leaf in log["leaves"]]
    roots = [node for level, _, node in Frontier().extend(leaves) if level == 8]
    rows = {"0": leaves, "1": roots}
    for tile in log["tiles"]:
        data = (VECTORS / log["folder"] / tile["path"]).read_bytes()
        assert (tile["length"], tile["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        _, kind, place, *width = tile["path"].split("/")
        start = 256 * int(place.removesuffix(".p"))
        end = start + int(width[0] if width else 256)
        if kind == "entries":
            entries = decode_bundle(data)
            assert data == encode_bundle(entries)
            assert leaves[start:end] == [leaf_hash(entry) for entry in entries]
        else:
            assert data == b"".join(rows[kind][start:end])


def test_bundles_of_one_and_of_256_entries_are_read_again():
    """An entry may fill its uint16 length."""
    for entries in ([b"\xff" * 65_535], [bytes((n,)) * n for n in range(256)]):
        assert entries == decode_bundle(encode_bundle(entries))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\x00\x01a" * 257],
    ids=["empty", "half a length", "cut off", "half a second length", "257 entries"],
)
def test_a_bundle_that_is_cut_or_overfull_is_refused(data):
    """Where a length or an entry ends too early, or there are too many."""
    with pytest.raises(MalformedRecordError):
        decode_bundle(data)
