"""The leaf hashes of a log, each proven against a signed root before it is used.

Read before: ``tiles``, ``tree``. Read next: ``ledger/store/promised_tree.py``.

From the top down: the partial tiles of all levels together must give the signed root, and a full
tile must give the hash that the tile above has for it. So a leaf costs one small file per level,
however large the log is. The source of the tiles is trusted with nothing but to be there; the
checkpoint must have been opened with a trusted key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ledger.chain.checkpoint import Checkpoint
from ledger.chain.tiles import (
    TILE_HEIGHT,
    full_tile_root,
    root_of_edge,
    split_hashes,
    tile_path,
    tile_shapes,
)
from ledger.chain.tree import (
    HASH_SIZE_BYTES,
    leaf_hash,
)
from ledger.errors import (
    AlteredEntryError,
    IncompleteError,
    RootMismatchError,
    VerificationError,
)
from ledger.limits import TILE_WIDTH

ReadObject = Callable[[str], bytes | None]  # Path below the log's prefix; None for none.

EMPTY_TILE: Final[Sequence[bytes]] = ()
_TILES_KEPT: Final = 256  # About 6 MB; whoever reads in order needs one of each level.


class ProvenTree:
    """The hash tiles of one log at one signed size.

    Args:
        checkpoint: What the log signed.
        read: Reads a tile; a partial one may also be the start of the full one.

    Raises:
        IncompleteError: A tile is not there.
        RootMismatchError: The partial tiles are not what was signed.
    """

    def __init__(self, checkpoint: Checkpoint, read: ReadObject) -> None:
        self.checkpoint = checkpoint
        self._read = read
        self._shapes = tile_shapes(checkpoint.size)
        self._known: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._edge = [
            self._tile(level, shape.full, shape.partial_width) if shape.partial_width else []
            for level, shape in enumerate(self._shapes)
        ]
        if (found := root_of_edge(self._edge)) != checkpoint.root:
            raise RootMismatchError(checkpoint.size, expected=checkpoint.root, found=found)

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return self.checkpoint.size

    def leaves(self, n: int) -> Sequence[bytes]:
        """Return the leaf hashes of tile ``n``: those of the entries from ``256 * n`` on.

        Raises:
            IncompleteError: A tile is not there.
            VerificationError: A tile is not what was signed.
        """
        return self._edge[0] if n == self._shapes[0].full else self._full(0, n)

    def check(self, entries: Iterable[tuple[int, bytes]], stream: str | None = None) -> None:
        """Check that entries are those that were signed.

        Args:
            entries: Leaf index, below ``size``, and bytes; ascending is quickest.
            stream: The stream they are said to be of, for the error.

        Raises:
            AlteredEntryError: An entry is another; names the first.
            IncompleteError: A tile is not there.
            VerificationError: A tile is not what was signed.
        """
        place, leaves = -1, EMPTY_TILE
        for index, data in entries:
            if index // TILE_WIDTH != place:
                place = index // TILE_WIDTH
                leaves = self.leaves(place)
            found = leaf_hash(data)
            if found != (expected := leaves[index % TILE_WIDTH]):
                origin = self.checkpoint.origin
                raise AlteredEntryError(origin, index, stream, expected=expected, found=found)

    def _full(self, level: int, n: int) -> list[bytes]:
        """Return full tile ``n`` of a level, once the tile above has vouched for it."""
        if (known := self._known.get((level, n))) is not None:
            self._known.move_to_end((level, n))
            return known
        shape, above = self._shapes[level + 1], n // TILE_WIDTH
        row = self._edge[level + 1] if above == shape.full else self._full(level + 1, above)
        tile = self._tile(level, n, TILE_WIDTH)
        if full_tile_root(tile) != row[n % TILE_WIDTH]:
            first, span = n << TILE_HEIGHT * (level + 1), 1 << TILE_HEIGHT * (level + 1)
            raise VerificationError(
                f"{self.checkpoint.origin}: {tile_path(level, n)}, over the entries "
                f"{first} to {first + span - 1}, is not what was promised"
            )
        self._known[level, n] = tile
        if len(self._known) > _TILES_KEPT:
            self._known.popitem(last=False)
        return tile

    def _tile(self, level: int, n: int, width: int) -> list[bytes]:
        path = tile_path(level, n, width)
        data = self._read(path)
        if data is None:
            raise IncompleteError(f"{self.checkpoint.origin}: there is no {path}")
        end = width * HASH_SIZE_BYTES
        if len(data) < end:
            raise VerificationError(f"{self.checkpoint.origin}: {path} is too short")
        return split_hashes(data[:end])
