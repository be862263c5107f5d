"""Inclusion and consistency proofs: making them from stored nodes, and checking them.

This module is meant for outsiders too. It follows RFC 9162 sections 2.1.3 and 2.1.4, and needs
nothing but the standard library and this package. A proof is a list of 32-byte hashes; whoever
checks one has the leaf hash or the older root himself, and takes the (newer) root from a
checkpoint whose signature he has verified (``ledger/chain/checkpoint.py``).

    leaf = leaf_hash(entry)
    verify_inclusion(leaf, index, size, proof, root)
    verify_consistency(old_size, old_root, new_size, new_root, proof)

Both return nothing when the proof holds and raise ``VerificationError`` when it does not.

Read before: ``ledger/chain/tree.py``. Read next: ``ledger/chain/tiles.py``.
Trusts nothing: not the proof, nor its length, nor that the hashes given are hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ledger.chain.tree import (
    EMPTY_ROOT,
    HASH_SIZE_BYTES,
    frontier_coordinates,
    leaf_hash,
    node_hash,
    root_of_subtrees,
)
from ledger.errors import RootMismatchError, VerificationError
from ledger.limits import PROOF_PATH_HASHES_MAX

__all__ = [
    "NodeReader",
    "consistency_path",
    "fold_inclusion",
    "inclusion_path",
    "leaf_hash",
    "verify_consistency",
    "verify_inclusion",
]

Coordinate = tuple[int, int]

# Given coordinates (level, index) of complete subtrees, level 0 being leaf hashes: their hashes.
NodeReader = Callable[[Sequence[Coordinate]], Mapping[Coordinate, bytes]]

_SIZE_END = 1 << 63  # Tree sizes are positive signed 64-bit numbers.


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is in a tree (RFC 9162 section 2.1.3.2).

    Args:
        leaf: The leaf's hash, 32 bytes: ``leaf_hash(entry)``.
        index: Its place, from 0.
        size: The number of leaves of the tree.
        proof: The sibling hashes from the leaf upwards, 32 bytes each, at most 63.
        root: The tree's root hash, 32 bytes, from a verified checkpoint.

    Raises:
        RootMismatchError: the proof leads to another root.
        VerificationError: it cannot be a proof for this index and size.
    """
    found = fold_inclusion(leaf, index, size, proof)
    _check_hash(root)
    if found != root:
        raise RootMismatchError(size, expected=root, found=found)


def fold_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to; arguments as ``verify_inclusion``.

    Raises:
        VerificationError: it cannot be a proof for this index and size.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise VerificationError("leaf index outside of the tree")
    _check_hash(leaf)
    _check_proof(proof)
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationError("proof too long")
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            # A right edge that is a left child has no sibling on these levels.
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise VerificationError("proof too short")
    return current


def verify_consistency(
    size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree is the start of a later tree (RFC 9162 section 2.1.4.2).

    Everything starts with nothing, so size 0 is consistent with every tree, by an empty proof.

    Args:
        size1: The number of leaves of the older tree.
        root1: Its root hash, 32 bytes.
        size2: The number of leaves of the newer tree, at least ``size1``.
        root2: Its root hash, 32 bytes.
        proof: Hashes of 32 bytes each, at most 63; none if the sizes are equal or the older is 0.

    Raises:
        RootMismatchError: the proof leads to another root.
        VerificationError: it cannot be a proof for these sizes.
    """
    if size1:
        _check_size(size1)
    if size2:
        _check_size(size2)
    if size1 > size2:
        raise VerificationError("the older tree is larger")
    for item in (root1, root2):
        _check_hash(item)
    for size, item in ((size1, root1), (size2, root2)):
        if not size and item != EMPTY_ROOT:
            raise RootMismatchError(0, expected=EMPTY_ROOT, found=item)
    _check_proof(proof)
    if size1 in (0, size2):
        if proof:
            raise VerificationError("proof too long")
        if size1 == size2 and root1 != root2:
            raise RootMismatchError(size1, expected=root1, found=root2)
        return
    # Step 2: where the older tree is one complete subtree, its root starts the path.
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    _fold_consistency(size1, root1, size2, root2, path)


def _fold_consistency(
    size1: int, root1: bytes, size2: int, root2: bytes, path: Sequence[bytes]
) -> None:
    """Do steps 3 to 7 of RFC 9162 section 2.1.4.2."""
    if not path:
        raise VerificationError("proof too short")
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationError("proof too long")
        if node & 1 or node == last:
            older = node_hash(sibling, older)
            newer = node_hash(sibling, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise VerificationError("proof too short")
    if older != root1:
        raise RootMismatchError(size1, expected=root1, found=older)
    if newer != root2:
        raise RootMismatchError(size2, expected=root2, found=newer)


def inclusion_path(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Return the inclusion proof of a leaf (RFC 9162 section 2.1.3.1), sibling first.

    Args:
        index: The leaf's place, from 0.
        size: The number of leaves of the tree, above ``index``.
        read: Called once, with all coordinates needed.

    Raises:
        VerificationError: a node is not there, or the index is outside of the tree.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise VerificationError("leaf index outside of the tree")
    ranges = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    return _read_ranges(ranges[::-1], read)


def consistency_path(size1: int, size2: int, read: NodeReader) -> list[bytes]:
    """Return the consistency proof between two sizes (RFC 9162 section 2.1.4.1).

    Args:
        size1: The older size; 0 gives an empty proof.
        size2: The newer size, at least ``size1``.
        read: Called once, with all coordinates needed, or not at all.

    Raises:
        VerificationError: a node is not there, or the sizes are in the wrong order.
    """
    if not 0 <= size1 <= size2 < _SIZE_END:
        raise VerificationError("sizes out of bounds")
    if size1 in (0, size2):
        return []
    ranges = []
    start, end = 0, size2
    while size1 != end:
        split = start + _split(end - start)
        if size1 <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    if start:
        ranges.append((start, end))
    return _read_ranges(ranges[::-1], read)


def _split(width: int) -> int:
    """Return the largest power of two below ``width``, which is at least 2."""
    return 1 << (width - 1).bit_length() - 1


def _read_ranges(ranges: Sequence[tuple[int, int]], read: NodeReader) -> list[bytes]:
    """Return the hash over each range of leaves, all from one call of ``read``."""
    wanted = [_subtrees(start, end) for start, end in ranges]
    coordinates = [coordinate for subtrees in wanted for coordinate in subtrees]
    if not coordinates:
        return []
    nodes = read(coordinates)
    missing = [coordinate for coordinate in coordinates if coordinate not in nodes]
    if missing:
        raise VerificationError(f"node {missing[0]} of the tree is not stored")
    return [root_of_subtrees([nodes[each] for each in subtrees]) for subtrees in wanted]


def _subtrees(start: int, end: int) -> list[Coordinate]:
    """Return the complete subtrees of a range that starts on a multiple of its largest one."""
    return [(level, index + (start >> level)) for level, index in frontier_coordinates(end - start)]


def _check_size(size: int) -> None:
    if not 0 < size < _SIZE_END:
        raise VerificationError("tree size out of bounds")


def _check_hash(value: bytes) -> None:
    if len(value) != HASH_SIZE_BYTES:
        raise VerificationError("a hash has 32 bytes")


def _check_proof(proof: Sequence[bytes]) -> None:
    if len(proof) > PROOF_PATH_HASHES_MAX:
        raise VerificationError("proof too long")
    for item in proof:
        _check_hash(item)
