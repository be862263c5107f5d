"""The root over all streams' heads: what makes the absence of a stream provable.

``StreamHeadsAnchored`` carries it. With it whoever holds one head and its path can prove that a
stream ended at a version as of a tree size (docs/spec/case-package.md).

Read before: ``ledger/chain/tree.py``. Read next: ``consumers/platform/anchor.py``, which makes the
act; ``ledger/chain/dossier.py``, where paths are handed out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from ledger.chain.proofs import verify_inclusion
from ledger.chain.tree import leaf_hash, level_path, tree_levels, tree_root

ANCHOR_TYPE: Final = "StreamHeadsAnchored"
ANCHOR_STREAM_START: Final = (
    "anchor:"  # Then the log's short name: ``anchor:control``, ``anchor:0``.
)


class StreamHead(NamedTuple):
    """The newest entry of a stream as of a tree size: its version, from 1, and its link hash."""

    stream_id: str
    version: int
    link: bytes


class AnchoredHeads(NamedTuple):
    """What a ``StreamHeadsAnchored`` says of a log."""

    origin: str
    tree_size: int  # Heads are those of the first so many entries.
    root: bytes  # 32 bytes, over all heads.
    streams: int  # How many.


class HeadPath(NamedTuple):
    """Where a stream's head lies in the tree of heads."""

    stream_id: str
    version: int  # Of the newest entry below the anchored size.
    leaf_index: int  # Place of the leaf, heads sorted by the hash of the stream id.
    path: tuple[bytes, ...]  # 32 bytes each, the sibling first.


def stream_head_leaf(head: StreamHead) -> bytes:
    """Return the leaf hash of a head: SHA-256(00 || SHA-256(streamId) || u64be version || link)."""
    stream_id, version, link = head
    assert version >= 1
    assert len(link) == 32
    return leaf_hash(_id_hash(stream_id) + version.to_bytes(8, "big") + link)


def stream_heads_root(heads: Iterable[StreamHead]) -> bytes:
    """Return the 32-byte RFC 6962 root over heads, sorted by the hash of the stream id.

    Args:
        heads: One a stream, in any order.
    """
    return tree_root(map(stream_head_leaf, _ordered(heads)))


def head_paths(heads: Iterable[StreamHead], streams: Collection[str]) -> list[HeadPath]:
    """Return the inclusion paths of some streams' heads, by stream id; unknown ones are left out.

    Args:
        heads: One a stream, all of a log, in any order.
        streams: Ids of the streams wanted.
    """
    ordered = _ordered(heads)
    levels = tree_levels([stream_head_leaf(head) for head in ordered])
    found = [
        HeadPath(head.stream_id, head.version, index, tuple(level_path(levels, index)))
        for index, head in enumerate(ordered)
        if head.stream_id in streams
    ]
    return sorted(found)


def check_head(anchored: AnchoredHeads, place: HeadPath, link: bytes) -> None:
    """Check that a stream's head is one of those that were anchored.

    Args:
        anchored: What the platform anchored.
        place: The stream, its version, and the path of its head.
        link: Link hash of the stream's entry of that version, 32 bytes.

    Raises:
        VerificationError: It is not.
    """
    leaf = stream_head_leaf(StreamHead(place.stream_id, place.version, link))
    verify_inclusion(leaf, place.leaf_index, anchored.streams, place.path, anchored.root)


def _ordered(heads: Iterable[StreamHead]) -> list[StreamHead]:
    return sorted(heads, key=lambda head: _id_hash(head[0]))


def _id_hash(stream_id: str) -> bytes:
    return hashlib.sha256(stream_id.encode()).digest()
