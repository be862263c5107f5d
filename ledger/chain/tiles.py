"""Tiles and bundles: the static files in which a log is served (C2SP tlog-tiles).

A tile holds up to 256 hashes of one level, a bundle up to 256 entries. Level L >= 1 holds the roots
of the full tiles of level L - 1, that is the nodes of tree level ``8 * L``. Whatever a checkpoint
covers never changes, so these files can be copied and cached by anybody.

Read before: ``ledger/chain/proofs.py``. Read next: ``ledger/store/tile_store.py``.
Trusts nothing: a bundle is proven by the leaf hashes of its entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.chain.tree import (
    EMPTY_ROOT,
    HASH_SIZE_BYTES,
    Frontier,
    node_hash,
    root_of_subtrees,
)
from ledger.errors import MalformedRecordError
from ledger.limits import ENTRY_SIZE_BYTES_MAX, TILE_WIDTH

TILE_HEIGHT = 8  # Tree levels from one tile level to the next: 2**8 = TILE_WIDTH.
_LENGTH_SIZE_BYTES = 2


class TileShape(NamedTuple):
    """The tiles of one level: ``full`` of 256 hashes, then one of ``partial_width``, 0 for none."""

    full: int
    partial_width: int


def tile_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a hash tile below a log's prefix, such as ``tile/0/x001/234.p/8``.

    Args:
        level: Tile level, from 0.
        n: The tile's place in its level, from 0.
        width: Hashes in it, 1 to 256; below 256 it is a partial tile.
    """
    assert 0 <= level < TILE_WIDTH
    return f"tile/{level}/{_place(n, width)}"


def bundle_path(n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle below a log's prefix; arguments as ``tile_path``."""
    return f"tile/entries/{_place(n, width)}"


def tile_shapes(size: int) -> list[TileShape]:
    """Return the tiles of a log of ``size`` entries, level by level from 0; none for an empty log.

    Bundles have the shape of level 0.
    """
    assert size >= 0
    shapes = []
    while size:
        shapes.append(TileShape(size // TILE_WIDTH, size % TILE_WIDTH))
        size //= TILE_WIDTH
    return shapes


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle: each entry after its big-endian uint16 length.

    Args:
        entries: 1 to 256 entries of at most 65,535 bytes, in leaf order.
    """
    assert 1 <= len(entries) <= TILE_WIDTH
    parts = []
    for entry in entries:
        assert len(entry) <= ENTRY_SIZE_BYTES_MAX
        parts.append(len(entry).to_bytes(_LENGTH_SIZE_BYTES, "big"))
        parts.append(entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle, in leaf order.

    Raises:
        MalformedRecordError: no entry, more than 256, or an entry cut off.
    """
    entries = []
    position, end = 0, len(data)
    while position < end:
        start = position + _LENGTH_SIZE_BYTES
        position = start + int.from_bytes(data[position:start], "big")
        if position > end or start > end:
            raise MalformedRecordError("bundle: entry cut off")
        entries.append(data[start:position])
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise MalformedRecordError("bundle: not 1 to 256 entries")
    return entries


def _place(n: int, width: int) -> str:
    """Return ``n`` in groups of three digits, all but the last with an ``x``, and the width."""
    assert n >= 0
    assert 1 <= width <= TILE_WIDTH
    path = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        path = f"x{n % 1000:03}/{path}"
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def root_of_edge(rows: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree from the hashes of its partial tiles, level by level from 0."""
    peaks: list[bytes] = []
    for row in reversed(rows):
        frontier = Frontier()
        frontier.extend(row)
        peaks += frontier.hashes
    return root_of_subtrees(peaks) if peaks else EMPTY_ROOT


def full_tile_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the 256 hashes of a full tile, quicker than ``tree_root``."""
    assert len(hashes) == TILE_WIDTH
    while len(hashes) > 1:
        hashes = list(map(node_hash, hashes[::2], hashes[1::2]))
    return hashes[0]


def split_hashes(data: bytes) -> list[bytes]:
    """Return the whole hashes in a tile's bytes."""
    end = len(data) - len(data) % HASH_SIZE_BYTES
    return [data[at : at + HASH_SIZE_BYTES] for at in range(0, end, HASH_SIZE_BYTES)]
