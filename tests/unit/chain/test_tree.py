"""Tree hashes, roots and the frontier."""

import pytest

from ledger.chain.tree import (
    EMPTY_ROOT,
    Frontier,
    frontier_coordinates,
    leaf_hash,
    node_hash,
    tree_root,
)
from tests.support.vectors import load

ENTRIES = load("entries")
LOGS = [ENTRIES["control"], ENTRIES["case"]]


def leaves_of(log):
    """Return the leaf hashes of a vector's log."""
    return [bytes.fromhex(leaf) for leaf in log["leaves"]]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log["folder"])
def test_leaves_and_roots_are_those_of_the_vectors(log):
    """Leaf hashes of the given entries, and the root at each given size."""
    for case in log["entries"]:
        assert case["leaf"] == leaf_hash(bytes.fromhex(case["extra"] + case["act"])).hex()
    for case in log["roots"]:
        assert case["root"] == tree_root(leaves_of(log)[: case["size"]]).hex()


def test_the_empty_tree_has_the_hash_of_nothing():
    """RFC 9162 section 2.1.1."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert EMPTY_ROOT == Frontier().root() == tree_root([])


def test_completed_nodes_are_those_of_the_tree():
    """Four leaves complete two nodes and the one above them; a fifth completes nothing."""
    a, b, c, d, e = leaves = leaves_of(LOGS[0])[:5]
    left, right = node_hash(a, b), node_hash(c, d)
    nodes = [(1, 0, left), (1, 1, right), (2, 0, node_hash(left, right))]
    assert nodes == Frontier().extend(leaves)
    assert node_hash(node_hash(left, right), e) == tree_root(leaves)


def test_single_leaves_complete_the_same_nodes_as_a_batch():
    """Whatever the batches, and going on from a stored frontier."""
    leaves = leaves_of(LOGS[1])
    single = Frontier()
    expected = sorted(node for leaf in leaves for node in single.append(leaf))
    for step in (1, 2, 7, 100):
        frontier, nodes = Frontier(), []
        for start in range(0, len(leaves), step):
            frontier = Frontier(frontier.size, frontier.hashes)
            nodes += frontier.extend(leaves[start : start + step])
        assert expected == sorted(nodes)
        assert (single.root(), single.hashes) == (frontier.root(), frontier.hashes)


def test_a_copy_grows_on_its_own():
    """Neither sees what is appended to the other."""
    frontier = Frontier()
    frontier.extend(leaves_of(LOGS[0])[:3])
    twin = frontier.copy()
    before = frontier.root()
    twin.append(bytes(32))
    assert (3, before) == (frontier.size, frontier.root())
    assert before != twin.root()


@pytest.mark.parametrize(
    ("size", "coordinates"),
    [(0, []), (1, [(0, 0)]), (6, [(2, 0), (1, 2)]), (7, [(2, 0), (1, 2), (0, 6)]), (8, [(3, 0)])],
)
def test_frontier_coordinates_cover_the_tree_from_the_left(size, coordinates):
    """One complete subtree for each 1 bit of the size."""
    assert coordinates == frontier_coordinates(size)
