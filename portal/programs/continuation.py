"""An earlier copy of a log is replaced by its continuation only.

Read before: ``portal/programs/export.py``, ``ledger/chain/proofs.py``.

Two signed checkpoints that no one log can have are the proof of a fork. Whoever keeps a copy holds
the older of them: it is never overwritten by one that does not continue it. Proven from tiles, by
a consistency proof between both roots; who signed is for ``lianzheng verify log`` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ledger.chain.checkpoint import Checkpoint
from ledger.chain.proofs import NodeReader, consistency_path, verify_consistency
from ledger.chain.tiles import TILE_HEIGHT, split_hashes, tile_path
from ledger.chain.tree import tree_root
from ledger.errors import IncompleteError, VerificationError
from ledger.limits import TILE_WIDTH

ReadObject = Callable[[str], bytes | None]  # Path below the log's prefix; None for none.
Coordinate = tuple[int, int]


def is_continued(older: Checkpoint, newer: Checkpoint, read: ReadObject) -> bool:
    """Say whether a log's tree is the beginning of a later one.

    Args:
        older: A checkpoint of at most the size of ``newer``.
        newer: The checkpoint of the tiles.
        read: Reads them.

    Raises:
        IncompleteError: A tile that the proof needs is not there.
    """
    path = consistency_path(older.size, newer.size, _nodes(newer.size, read))
    try:
        verify_consistency(older.size, older.root, newer.size, newer.root, path)
    except VerificationError:
        return False
    return True


def _nodes(size: int, read: ReadObject) -> NodeReader:
    """Return a reader of the nodes of the tree in a log's tiles."""

    def read_nodes(coordinates: Sequence[Coordinate]) -> Mapping[Coordinate, bytes]:
        return {coordinate: _node(coordinate, size, read) for coordinate in coordinates}

    return read_nodes


def _node(coordinate: Coordinate, size: int, read: ReadObject) -> bytes:
    level, height = divmod(coordinate[0], TILE_HEIGHT)
    n, start = divmod(coordinate[1] << height, TILE_WIDTH)
    width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - n * TILE_WIDTH)
    path = tile_path(level, n, width)
    data = read(path)
    hashes = split_hashes(data or b"")[start : start + (1 << height)]
    if len(hashes) < 1 << height:
        raise IncompleteError(f"{path} is not there or too short")
    return tree_root(hashes)
