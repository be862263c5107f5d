"""The tree above the leaves, at sizes no test could fill with entries."""

from __future__ import annotations

import pytest

from ledger.chain.findings import Findings
from ledger.chain.tiles import bundle_path, full_tile_root, tile_path, tile_shapes
from ledger.chain.tree import leaf_hash, tree_root
from ledger.chain.verify_tiles import TreeCheck, sort_paths
from tests.support.sources import MemorySource

SIZE = 256**2 * 2 + 256 * 3 + 5  # Level 2 has a partial tile of two hashes.


def hashes(count: int, salt: str) -> list[bytes]:
    return [leaf_hash(f"{salt} {number}".encode()) for number in range(count)]


ROOTS = hashes(SIZE // 256, "root of a full tile")
LAST = hashes(SIZE % 256, "leaf")


def objects() -> dict[str, bytes]:
    """Return the tiles of level 1 and above, each level from the one below."""
    found, row = {}, ROOTS
    for level, shape in enumerate(tile_shapes(SIZE)[1:], 1):
        for n in range(shape.full + 1):
            part = row[n * 256 : n * 256 + 256]
            if part:
                found[tile_path(level, n, len(part))] = b"".join(part)
        row = [full_tile_root(row[n * 256 : n * 256 + 256]) for n in range(shape.full)]
    return found


def checked(source: MemorySource, roots: list[bytes | None] = ROOTS) -> tuple[TreeCheck, Findings]:
    findings = Findings()
    tree = TreeCheck(source, SIZE, roots, [LAST, LAST], findings)
    tree.check_tiles({})
    return tree, findings


def test_all_levels_are_compared_and_the_root_is_that_of_all_leaves() -> None:
    assert sorted(objects()) == sorted(
        [tile_path(1, 0), tile_path(1, 1), tile_path(1, 2, 3), tile_path(2, 0, 2)]
    )
    tree, findings = checked(MemorySource(objects()))
    assert findings.count == 0
    assert tree.roots() == [tree_root([*ROOTS, tree_root(LAST)])] * 2


@pytest.mark.parametrize(
    ("path", "place", "index"),
    [
        (tile_path(1, 0), 77, 77 * 256),
        (tile_path(1, 1), 255, 65_536 + 255 * 256),
        (tile_path(1, 2, 3), 0, 131_072),
        (tile_path(2, 0, 2), 1, 65_536),
    ],
)
def test_each_altered_hash_is_named_by_the_first_entry_under_it(
    path: str, place: int, index: int
) -> None:
    _, findings = checked(MemorySource(objects()).flip(path, 32 * place + 9))
    assert [(row.kind, row.path, row.leaf_index) for row in findings.kept] == [
        ("tile", path, index)
    ]


def test_unknown_roots_are_filled_from_the_tile_above() -> None:
    known: list[bytes | None] = list(ROOTS)
    known[300] = None
    tree, findings = checked(MemorySource(objects()), known)
    assert findings.count == 0
    assert tree.roots()[0] == tree_root([*ROOTS, tree_root(LAST)])
    tree, findings = checked(MemorySource(objects()).without(tile_path(1, 1)), known)
    assert [row.kind for row in findings.kept] == ["missing"]
    assert tree.roots() == []
    assert tree.root_at(256 * 300) == tree_root(ROOTS[:300])
    assert tree.root_at(256 * 301) is None


def test_roots_of_older_sizes() -> None:
    leaves = hashes(256, "leaf of a full tile")
    other = b"".join(hashes(256, "leaf of no tile of this log"))
    source = MemorySource({**objects(), tile_path(0, 7): b"".join(leaves), tile_path(0, 8): other})
    roots: list[bytes | None] = list(ROOTS)
    roots[7] = full_tile_root(leaves)
    tree, findings = checked(source, roots)
    assert tree.root_at(256 * 7) == tree_root(ROOTS[:7])
    assert tree.root_at(256 * 7 + 9) == tree_root([*ROOTS[:7], tree_root(leaves[:9])])
    told = findings.count
    # What is not under the root that the entries gave says nothing, and that is told.
    assert (tree.root_at(256 * 8 + 1), findings.count) == (None, told + 1)
    assert tree.root_at(SIZE - 2) == tree_root([*roots, tree_root(LAST[:-2])])
    assert tree.root_at(SIZE) == tree.roots()[0]


def test_paths_are_sorted_by_what_they_are() -> None:
    """Newest objects, older partial ones, those of a longer log, and those of none."""
    newest = [
        *objects(),
        *(tile_path(0, n) for n in range(len(ROOTS))),
        *(bundle_path(n) for n in range(len(ROOTS))),
        tile_path(0, len(ROOTS), 5),
        bundle_path(len(ROOTS), 5),
    ]
    listing = sort_paths(newest, SIZE)
    assert (listing.partials, listing.unreferenced, listing.ahead) == ({}, [], 0)
    older = [bundle_path(3, 17), tile_path(0, len(ROOTS), 4), tile_path(2, 0, 1)]
    listing = sort_paths([*newest, *older], SIZE)
    assert {path for paths in listing.partials.values() for path in paths} == set(older)
    assert set(listing.partials) == {(-1, 3), (0, len(ROOTS)), (2, 0)}
    more = [bundle_path(len(ROOTS)), bundle_path(len(ROOTS) + 1, 9), tile_path(1, 2, 4)]
    listing = sort_paths([*newest, *more], SIZE)
    assert listing.ahead == (len(ROOTS) + 1) * 256 + 9
    assert listing.unreferenced == []
    listing = sort_paths([*newest, more[1], "tile/3/000.p/1", "readme"], SIZE)
    assert listing.ahead == 0
    assert listing.unreferenced == sorted([more[1], "readme", "tile/3/000.p/1"])
