"""The root over all streams' heads: what makes the absence of a stream provable.

``StreamHeadsAnchored`` carries it. With it a supervisor who holds the heads as of a tree size can
prove that a stream ended at a version, or that there was none (docs/spec/receipt.md). No program
here writes that act yet; its bytes are fixed and held by golden vectors, so it needs no new format.

Read before: ``ledger/chain/tree.py``. Read next: ``ledger/chain/verify.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from ledger.chain.tree import leaf_hash, tree_root


class StreamHead(NamedTuple):
    """The newest entry of a stream as of a tree size: its version, from 1, and its link hash."""

    stream_id: str
    version: int
    link: bytes


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
    ordered = sorted(heads, key=lambda head: _id_hash(head[0]))
    return tree_root(map(stream_head_leaf, ordered))


def _id_hash(stream_id: str) -> bytes:
    return hashlib.sha256(stream_id.encode()).digest()
