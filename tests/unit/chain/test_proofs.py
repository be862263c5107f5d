"""Inclusion and consistency proofs: made, checked, and refused."""

import pytest

from ledger.chain.proofs import (
    consistency_path,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from ledger.chain.tree import EMPTY_ROOT, Frontier, tree_root
from ledger.errors import RootMismatchError, VerificationError
from tests.support.vectors import load

ENTRIES = load("entries")
INCLUSION = [(log, case) for log in ("control", "case") for case in ENTRIES[log]["inclusion"]]
CONSISTENCY = [(log, case) for log in ("control", "case") for case in ENTRIES[log]["consistency"]]
LEAVES = [bytes.fromhex(leaf) for leaf in ENTRIES["case"]["leaves"]]


def unhex(hashes):
    """Return the bytes of hashes in hex."""
    return [bytes.fromhex(item) for item in hashes]


class Stored:
    """The nodes of a tree, counting how often it is asked."""

    def __init__(self, leaves):
        self.nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}
        self.nodes |= {(level, at): node for level, at, node in Frontier().extend(leaves)}
        self.calls = 0

    def __call__(self, coordinates):
        self.calls += 1
        return {each: self.nodes[each] for each in coordinates if each in self.nodes}


@pytest.mark.parametrize(("log", "case"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_vectors(log, case):
    """Made from stored nodes with one question, and accepted."""
    read = Stored(unhex(ENTRIES[log]["leaves"]))
    path = inclusion_path(case["index"], case["size"], read)
    assert case["path"] == [item.hex() for item in path]
    assert read.calls == (1 if path else 0)
    leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    verify_inclusion(leaf, case["index"], case["size"], path, root)


@pytest.mark.parametrize(("log", "case"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_vectors(log, case):
    """Made from stored nodes with one question, and accepted."""
    read = Stored(unhex(ENTRIES[log]["leaves"]))
    path = consistency_path(case["old"], case["new"], read)
    assert case["path"] == [item.hex() for item in path]
    assert read.calls == (1 if path else 0)
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    verify_consistency(case["old"], roots[0], case["new"], roots[1], path)


def test_all_small_trees_prove_all_their_leaves_and_starts():
    """Every index and every older size of every tree up to 40 leaves."""
    read = Stored(LEAVES)
    roots = [tree_root(LEAVES[:size]) for size in range(41)]
    for size in range(1, 41):
        for index in range(size):
            path = inclusion_path(index, size, read)
            verify_inclusion(LEAVES[index], index, size, path, roots[size])
        for old in range(size + 1):
            path = consistency_path(old, size, read)
            verify_consistency(old, roots[old], size, roots[size], path)


def refused(judge, *arguments):
    """Check that a proof is not accepted, and not by accident either."""
    with pytest.raises(VerificationError):
        judge(*arguments)


@pytest.mark.parametrize(("log", "case"), INCLUSION)
def test_a_changed_inclusion_proof_is_refused(log, case):
    """Another leaf, index, size, root; a hash more, less, changed, empty or cut."""
    leaf, root, path = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"]), unhex(case["path"])
    index, size = case["index"], case["size"]
    other = bytes(32)
    refused(verify_inclusion, other, index, size, path, root)
    refused(verify_inclusion, leaf, index, size, path, other)
    refused(verify_inclusion, leaf, size, size, path, root)
    refused(verify_inclusion, leaf, -1, size, path, root)
    refused(verify_inclusion, leaf, index, 0, path, root)
    refused(verify_inclusion, leaf, index, 1 << 63, path, root)
    refused(verify_inclusion, b"", index, size, path, root)
    refused(verify_inclusion, leaf, index, size, path, b"")
    refused(verify_inclusion, leaf, index, size, [*path, other], root)
    refused(verify_inclusion, leaf, index, size, [other, *path], root)
    if size > 1:
        refused(verify_inclusion, leaf, (index + 1) % size, size, path, root)
    for at in range(len(path)):
        refused(verify_inclusion, leaf, index, size, path[:at] + path[at + 1 :], root)
        for wrong in (b"", path[at][:31], path[at] + b"\x00", other):
            changed = [*path[:at], wrong, *path[at + 1 :]]
            refused(verify_inclusion, leaf, index, size, changed, root)


@pytest.mark.parametrize(("log", "case"), CONSISTENCY)
def test_a_changed_consistency_proof_is_refused(log, case):
    """Another size or root; a hash more, less, changed, empty or cut."""
    old, new, path = case["old"], case["new"], unhex(case["path"])
    root1, root2 = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    other = bytes(32)
    refused(verify_consistency, old, other, new, root2, path)
    refused(verify_consistency, old, root1, new, other, path)
    refused(verify_consistency, old, b"", new, root2, path)
    refused(verify_consistency, old, root1, new, b"", path)
    refused(verify_consistency, new + 1, root1, new, root2, path)
    refused(verify_consistency, -1, root1, new, root2, path)
    refused(verify_consistency, old, root1, 1 << 63, root2, path)
    refused(verify_consistency, old, root1, new, root2, [*path, other])
    for at in range(len(path)):
        refused(verify_consistency, old, root1, new, root2, path[:at] + path[at + 1 :])
        for wrong in (b"", path[at][:31], path[at] + b"\x00", other):
            changed = [*path[:at], wrong, *path[at + 1 :]]
            refused(verify_consistency, old, root1, new, root2, changed)


def test_nothing_is_the_start_of_everything():
    """From size 0 by an empty proof, but only with the root of nothing."""
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    verify_consistency(0, EMPTY_ROOT, 3, tree_root(LEAVES[:3]), [])
    refused(verify_consistency, 0, bytes(32), 3, tree_root(LEAVES[:3]), [])
    refused(verify_consistency, 0, EMPTY_ROOT, 3, tree_root(LEAVES[:3]), [bytes(32)])
    refused(verify_consistency, 0, bytes(32), 0, bytes(32), [])


def test_a_rewritten_tree_is_not_consistent_whatever_the_proof():
    """The error says which root does not come out, and carries both."""
    forged = [*LEAVES[:5], bytes(32), *LEAVES[6:12]]
    path = consistency_path(8, 12, Stored(forged))
    with pytest.raises(RootMismatchError) as caught:
        verify_consistency(8, tree_root(LEAVES[:8]), 12, tree_root(forged), path)
    assert caught.value.tree_size in (8, 12)


def test_the_widest_trees_have_proofs_within_the_bound():
    """Size 2**63 - 1, from coordinates alone: 63 hashes at most, none of them outside."""
    asked = []

    def read(coordinates):
        asked.extend(coordinates)
        return dict.fromkeys(coordinates, bytes(32))

    size = (1 << 63) - 1
    assert len(inclusion_path(0, size, read)) == 63
    assert len(consistency_path(3, size >> 1, read)) == 63
    assert all(index + 1 << level <= size for level, index in asked)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 1 << 63)])
def test_no_inclusion_proof_outside_of_the_tree(index, size):
    """Asking for one is an error, not an empty proof."""
    refused(inclusion_path, index, size, Stored(LEAVES))


def test_no_consistency_proof_backwards_or_with_a_node_missing():
    """Sizes in the wrong order; a store that has lost a node."""
    refused(consistency_path, 4, 3, Stored(LEAVES))
    refused(consistency_path, 3, 7, lambda _: {})
    refused(inclusion_path, 3, 7, lambda _: {})
