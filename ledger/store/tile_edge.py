"""The right edge of a log's tiles: which files more entries make, and the root they stand for.

Read before: ``ledger/chain/tiles.py``. Read next: ``ledger/store/promise.py``.

Pure: entries and leaves in, files out. The root is computed here from the hashes that go into the
tiles, apart from the appender's own tree, so a promise is signed only where the two agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.chain.tiles import TILE_HEIGHT, bundle_path, encode_bundle, tile_path
from ledger.chain.tree import EMPTY_ROOT, node_hash, root_of_subtrees
from ledger.limits import TILE_WIDTH


class TileFile(NamedTuple):
    """One file of a log: its path below the log's prefix, and what is in it."""

    path: str
    data: bytes


class TileEdge(NamedTuple):
    """What of a log is not yet in full tiles: the start of the next files."""

    size: int
    entries: tuple[bytes, ...]  # Of the partial bundle: size % 256 of them.
    levels: tuple[tuple[bytes, ...], ...]  # Hashes of each tile level's partial tile.

    def root(self) -> bytes:
        """Return the root of the tree over ``size`` leaves, 32 bytes."""
        if not self.size:
            return EMPTY_ROOT
        return root_of_subtrees([peak for level in reversed(self.levels) for peak in _peaks(level)])

    def partial_paths(self) -> list[tuple[str, str]]:
        """Return the full path and the partial path of each partial file of this size."""
        width = self.size % TILE_WIDTH
        place = self.size // TILE_WIDTH
        paths = [(bundle_path(place), bundle_path(place, width))] if width else []
        for level, hashes in enumerate(self.levels):
            if hashes:
                n = self.size >> TILE_HEIGHT * (level + 1)
                paths.append((tile_path(level, n), tile_path(level, n, len(hashes))))
        return paths

    def extended(
        self, entries: Sequence[bytes], leaves: Sequence[bytes]
    ) -> tuple[TileEdge, list[TileFile]]:
        """Return the edge after more entries, and every file that the new size needs written."""
        assert len(entries) == len(leaves)
        files: list[TileFile] = []
        rest = self._bundles([*self.entries, *entries], files)
        levels: list[tuple[bytes, ...]] = []
        row, level = list(leaves), 0
        while row:
            before = self.levels[level] if level < len(self.levels) else ()
            hashes, row = self._tiles(level, [*before, *row], files)
            levels.append(hashes)
            level += 1
        # Higher up nothing is new: the files of these levels are there, covered by the promise.
        levels += self.levels[level:]
        edge = TileEdge(self.size + len(entries), tuple(rest), tuple(levels))
        return edge, files

    def _bundles(self, entries: list[bytes], files: list[TileFile]) -> list[bytes]:
        place = self.size // TILE_WIDTH
        for start in range(0, len(entries), TILE_WIDTH):
            bundle = entries[start : start + TILE_WIDTH]
            path = bundle_path(place + start // TILE_WIDTH, len(bundle))
            files.append(TileFile(path, encode_bundle(bundle)))
        return entries[len(entries) // TILE_WIDTH * TILE_WIDTH :]

    def _tiles(
        self, level: int, hashes: list[bytes], files: list[TileFile]
    ) -> tuple[tuple[bytes, ...], list[bytes]]:
        """Add one level's tiles; return the hashes of the partial one, the roots of the full."""
        place = self.size >> TILE_HEIGHT * (level + 1)
        roots = []
        for start in range(0, len(hashes), TILE_WIDTH):
            tile = hashes[start : start + TILE_WIDTH]
            path = tile_path(level, place + start // TILE_WIDTH, len(tile))
            files.append(TileFile(path, b"".join(tile)))
            if len(tile) == TILE_WIDTH:
                roots.append(_perfect_root(tile))
        return tuple(hashes[len(roots) * TILE_WIDTH :]), roots


EMPTY_EDGE = TileEdge(0, (), ())


def _peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the largest complete subtrees over a row of hashes, left to right."""
    peaks = []
    start = 0
    for height in range(TILE_HEIGHT, -1, -1):
        width = 1 << height
        if len(hashes) & width:
            peaks.append(_perfect_root(hashes[start : start + width]))
            start += width
    return peaks


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes of one level."""
    while len(hashes) > 1:
        hashes = list(map(node_hash, hashes[::2], hashes[1::2]))
    return hashes[0]
