"""Inclusion paths of a whole batch: one question to the store, microseconds an entry.

Read before: ``ledger/chain/proofs.py``. Read next: ``deliveries``.

Asking for each path by itself would be a statement an act. Entries of a batch are neighbours: the
upper part of the path is the same for 256 of them, and most of the lower nodes were made in this
very batch. Shape as RFC 9162 section 2.1.3.1; ``tests/unit/append/test_paths.py`` compares with
``inclusion_path``. Trusts the nodes it is given: whoever gets a receipt checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.chain.proofs import NodeReader
from ledger.chain.tree import Frontier, Node, frontier_coordinates, node_hash
from ledger.errors import VerificationError

_LOW_LEVELS: Final = 8  # Below: one path an entry. Above: one an aligned block of 256.

Coordinate = tuple[int, int]


class PathMaker:
    """Makes inclusion paths in the tree of one size."""

    def __init__(self, size: int, frontier: Frontier, read: NodeReader) -> None:
        """Make paths in the tree over ``size`` leaves.

        Args:
            size: Number of leaves, as the checkpoint says.
            frontier: The frontier of that very tree.
            read: Reads stored nodes; called at most once a call of ``paths``.
        """
        assert frontier.size == size
        self._size = size
        self._read = read
        self._height = (size - 1).bit_length()
        self._nodes: dict[Coordinate, bytes] = dict(
            zip(frontier_coordinates(size), frontier.hashes, strict=True)
        )
        # By level: the root over the leaves right of the last complete subtree of that level.
        self._edges: dict[int, bytes] = _right_edges(size, frontier.hashes)

    def add(self, first_leaf: int, leaves: Sequence[bytes], nodes: Iterable[Node]) -> None:
        """Make nodes known that were made in memory: leaves from ``first_leaf`` on, and inner."""
        known = self._nodes
        for index, leaf in enumerate(leaves, first_leaf):
            known[0, index] = leaf
        for level, index, node in nodes:
            known[level, index] = node

    def paths(self, indexes: Sequence[int]) -> list[tuple[bytes, ...]]:
        """Return the inclusion path of each leaf, sibling first.

        Raises:
            VerificationError: a node is not stored.
        """
        low = min(_LOW_LEVELS, self._height)
        blocks = dict.fromkeys(index >> low for index in indexes)
        uppers = {block: self._siblings(block << low, low, self._height) for block in blocks}
        lowers = [self._siblings(index, 0, low) for index in indexes]
        self._fetch(uppers.values(), lowers)
        tops = {block: self._hashes(siblings) for block, siblings in uppers.items()}
        return [
            tuple(self._hashes(siblings) + tops[index >> low])
            for index, siblings in zip(indexes, lowers, strict=True)
        ]

    def _siblings(self, index: int, start: int, end: int) -> list[Coordinate | bytes]:
        """Return the siblings on a leaf's way up from level ``start`` to ``end``."""
        found: list[Coordinate | bytes] = []
        size = self._size
        for level in range(start, end):
            sibling = index >> level ^ 1
            if sibling + 1 << level <= size:
                found.append((level, sibling))
            elif sibling << level < size:
                found.append(self._edges[level])
        return found

    def _fetch(self, *groups: Iterable[Sequence[Coordinate | bytes]]) -> None:
        known = self._nodes
        missing = {
            it
            for group in groups
            for siblings in group
            for it in siblings
            if isinstance(it, tuple) and it not in known
        }
        if missing:
            wanted: list[Coordinate] = sorted(missing)
            found = self._read(wanted)
            if len(found) < len(wanted):
                raise VerificationError("nodes of the tree are missing")
            known.update(found)

    def _hashes(self, siblings: Sequence[Coordinate | bytes]) -> list[bytes]:
        known = self._nodes
        return [known[it] if isinstance(it, tuple) else it for it in siblings]


def _right_edges(size: int, hashes: Sequence[bytes]) -> dict[int, bytes]:
    """Return, by level, the root over the leaves after the last complete subtree of the level."""
    edges: dict[int, bytes] = {}
    root: bytes | None = None
    rest = list(zip(frontier_coordinates(size), hashes, strict=True))
    for level in range((size - 1).bit_length()):
        # Subtrees smaller than this level's are what is left over at the right.
        while rest and rest[-1][0][0] < level:
            node = rest.pop()[1]
            root = node if root is None else node_hash(node, root)
        if root is not None:
            edges[level] = root
    return edges
