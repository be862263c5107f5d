"""Trees and proofs of any size against the definition of RFC 6962."""

import hashlib

from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.chain.proofs import (
    consistency_path,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from ledger.chain.tree import Frontier, frontier_coordinates, tree_root
from ledger.errors import VerificationError

SIZES = st.integers(1, 600)


def leaves(size):
    """Return leaf hashes, all different."""
    return [hashlib.sha256(b"%d" % index).digest() for index in range(size)]


def defined_root(hashes):
    """Return the root as RFC 6962 section 2.1 defines it, by recursion."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = defined_root(hashes[:split]), defined_root(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def reader(hashes):
    """Return a reader over all nodes of a tree."""
    nodes = {(0, index): leaf for index, leaf in enumerate(hashes)}
    nodes |= {(level, at): node for level, at, node in Frontier().extend(hashes)}
    return lambda coordinates: {each: nodes[each] for each in coordinates}


@given(SIZES)
def test_roots_are_as_defined(size):
    """And the frontier's hashes are the roots of the subtrees it names."""
    hashes = leaves(size)
    assert defined_root(hashes) == tree_root(hashes)
    frontier = Frontier()
    frontier.extend(hashes)
    expected = [
        defined_root(hashes[index << level : index + 1 << level])
        for level, index in frontier_coordinates(size)
    ]
    assert expected == list(frontier.hashes)


@given(st.lists(st.integers(0, 90), max_size=8))
def test_batches_do_not_show(sizes):
    """Nodes and root are the same however the leaves come, and each node comes once."""
    hashes = leaves(sum(sizes))
    frontier, nodes, start = Frontier(), [], 0
    for size in sizes:
        nodes += frontier.extend(hashes[start : start + size])
        start += size
    assert sorted(Frontier().extend(hashes)) == sorted(nodes)
    assert len({node[:2] for node in nodes}) == len(nodes)
    assert (start, tree_root(hashes)) == (frontier.size, frontier.root())


@given(SIZES, st.data())
def test_proofs_hold_and_only_for_what_they_prove(size, data):
    """Any leaf and any older size; a flipped bit, another index or another size is refused."""
    hashes = leaves(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    read, root, old_root = reader(hashes), tree_root(hashes), tree_root(hashes[:old])
    path = inclusion_path(index, size, read)
    verify_inclusion(hashes[index], index, size, path, root)
    between = consistency_path(old, size, read)
    verify_consistency(old, old_root, size, root, between)

    other = data.draw(st.integers(0, size - 1))
    assume(other != index)
    assert_refused(verify_inclusion, hashes[index], other, size, path, root)
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[at], "big") ^ 1 << bit).to_bytes(32, "big")
    changed = [*path[:at], flipped, *path[at + 1 :]]
    assert_refused(verify_inclusion, hashes[index], index, size, changed, root)
    forged = tree_root([*hashes[: old - 1], bytes(32)])
    assert_refused(verify_consistency, old, forged, size, root, between)


def assert_refused(judge, *arguments):
    """Check that a proof is refused."""
    try:
        judge(*arguments)
    except VerificationError:
        return
    raise AssertionError("taken")
