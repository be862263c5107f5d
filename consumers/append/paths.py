"""Inclusion paths of a whole batch: one question to the store, about a microsecond an entry.

Read before: ``ledger/chain/proofs.py``. Read next: ``deliveries``.

Asking for each path by itself would be a statement an act. Entries of a batch are neighbours, so
the paths are made on one way down from the root, and nearly all nodes were made in this very
batch; the rest is what lies left of its first entry, unless another owner appended too. Shape
as RFC 9162 section 2.1.3.1; ``tests/unit/append/test_paths.py`` compares with
``inclusion_path``. Trusts the nodes it is given: whoever gets a receipt checks it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from ledger.chain.compiled import IS_COMPILED, append
from ledger.chain.proofs import NodeReader
from ledger.chain.tree import Frontier, Node, frontier_coordinates, node_hash
from ledger.errors import VerificationError

Coordinate = tuple[int, int]
Path = tuple[bytes, ...]
_LEVEL_BITS = 6  # A node's key is index << 6 | level: one number is found faster than a pair.


class PathMaker:
    """Makes inclusion paths in the tree of one size."""

    def __init__(self, frontier: Frontier, read: NodeReader) -> None:
        """Make paths in the tree that ``frontier`` belongs to; ``read`` gives stored nodes."""
        self._size = frontier.size
        self._read = read
        self._height = (frontier.size - 1).bit_length()
        coordinates = frontier_coordinates(frontier.size)
        known = dict(zip(coordinates, frontier.hashes, strict=True))
        self._nodes = {_key(*coordinate): node for coordinate, node in known.items()}
        self._edges = _right_edges(coordinates, known, self._height)
        self._first_leaf = frontier.size  # From here on leaves and inner nodes are known, likely.

    def add(self, first_leaf: int, leaves: Sequence[bytes], nodes: Iterable[Node]) -> None:
        """Make nodes known that were made in memory.

        Args:
            first_leaf: Index of the first of ``leaves``.
            leaves: Leaf hashes.
            nodes: The inner nodes that they completed.
        """
        known = self._nodes
        end = first_leaf + len(leaves)
        keys = range(first_leaf << _LEVEL_BITS, end << _LEVEL_BITS, 1 << _LEVEL_BITS)
        known.update(zip(keys, leaves, strict=True))
        for level, index, node in nodes:
            known[index << _LEVEL_BITS | level] = node
        self._first_leaf = min(self._first_leaf, first_leaf)

    def paths(self, indexes: Sequence[int]) -> list[Path]:
        """Return the inclusion path of each leaf, sibling first, in the order given.

        Raises:
            VerificationError: a node is not stored.
        """
        wanted = sorted(set(indexes))
        if not wanted:
            return []
        # Whatever a new leaf needs and nobody made just now lies left of the first new leaf.
        old = wanted[: bisect_left(wanted, self._first_leaf)]
        if len(old) < len(wanted) and self._first_leaf < self._size:
            old.append(self._first_leaf)
        self._fetch(old)
        try:
            found = self._go_down(wanted)
        except KeyError:
            # Another owner appended in between, so that not all new nodes are from here.
            self._fetch(wanted)
            found = self._go_down(wanted)
        return [found[index] for index in indexes]

    def _go_down(self, wanted: list[int]) -> dict[int, Path]:
        if IS_COMPILED:
            return append.inclusion_paths(
                self._nodes, self._edges, self._size, self._height, wanted
            )
        found: dict[int, Path] = {}
        _descend(self, self._height, 0, (), wanted, found)
        return found

    def node(self, level: int, index: int) -> bytes | None:
        """Return the root over a subtree's leaves; None where it has none."""
        if index + 1 << level <= self._size:
            return self._nodes[_key(level, index)]
        return self._edges.get(level) if index << level < self._size else None

    def _fetch(self, indexes: Iterable[int]) -> None:
        """Read the complete subtrees beside the way up from some leaves, in one go."""
        needed = {
            (level, index >> level ^ 1)
            for index in indexes
            for level in range(self._height)
            if (index >> level ^ 1) + 1 << level <= self._size
        }
        missing = sorted(it for it in needed if _key(*it) not in self._nodes)
        if missing:
            found = self._read(missing)
            if len(found) < len(missing):
                raise VerificationError("nodes of the tree are missing")
            self._nodes.update((_key(*it), node) for it, node in found.items())


def _key(level: int, index: int) -> int:
    return index << _LEVEL_BITS | level


def _descend(
    maker: PathMaker,
    level: int,
    index: int,
    above: Path,
    wanted: Sequence[int],
    found: dict[int, Path],
) -> None:
    """Walk down to the wanted leaves of a subtree; ``above`` is the path from its root on."""
    if not level:
        found[index] = above
        return
    level, left = level - 1, index << 1
    middle = bisect_left(wanted, left + 1 << level)
    if middle:
        sibling = maker.node(level, left + 1)
        path = above if sibling is None else (sibling, *above)
        _descend(maker, level, left, path, wanted[:middle], found)
    if middle < len(wanted):
        sibling = maker.node(level, left)
        assert sibling is not None
        _descend(maker, level, left + 1, (sibling, *above), wanted[middle:], found)


def _right_edges(
    coordinates: Sequence[Coordinate], nodes: Mapping[Coordinate, bytes], height: int
) -> dict[int, bytes]:
    """Return, by level, the root over the leaves right of the last complete subtree."""
    edges: dict[int, bytes] = {}
    root: bytes | None = None
    rest = list(coordinates)
    for level in range(height):
        # Subtrees smaller than this level's are what is left over at the right.
        while rest and rest[-1][0] < level:
            node = nodes[rest.pop()]
            root = node if root is None else node_hash(node, root)
        if root is not None:
            edges[level] = root
    return edges
