"""What one append writes, and what it reads first: the values that cross to the store.

Read before: ``ledger/application.py``. Read next: ``ledger/store/recorder.py``.

The application builds these and the store writes them; neither imports the other, so the
values stand here. Trusts nothing and checks nothing: plain tuples, in column order.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.chain.entry import Source
from ledger.chain.tree import Node

__all__ = ["EntryRow", "Head", "Node", "QuarantineItem", "StreamHead", "StreamRow", "VaultOpening"]


class Head(NamedTuple):
    """The head row of a log, read under its lock; times in microseconds UTC."""

    tree_size: int
    root: bytes  # 32 bytes, RFC 6962 root over ``tree_size`` leaves.
    received_at: int  # Of the newest entry.
    control_size: int  # Of the newest entry.
    promised_size: int  # Never ahead of the promise in the tile store.
    now: int  # PostgreSQL's clock, read under the lock.


class StreamHead(NamedTuple):
    """Where a stream stands: version of its newest entry and that entry's link hash."""

    version: int  # At least 1.
    link: bytes  # 32 bytes.


class EntryRow(NamedTuple):
    """One row of a log's event table, in the order in which COPY writes its columns."""

    stream_id: str
    stream_version: int
    topic: str  # Event type and version: ``PenaltyDecisionMade.v1``.
    state: bytes  # The entry.
    leaf_index: int
    link: bytes  # 32 bytes, stream link of this entry.
    leaf: bytes  # 32 bytes, leaf hash of this entry.
    event_id: bytes  # 16 bytes, unique in the log.
    received_at: int  # Microseconds UTC.


class StreamRow(NamedTuple):
    """A row as the event table has it under a stream; what the entry says may differ."""

    version: int
    leaf_index: int
    state: bytes  # The entry.


class VaultOpening(NamedTuple):
    """One verified opening on its way into the vault; holds a personal value in the clear."""

    stream_id: str
    subject_id: str  # With ``stream_id`` it names the data key.
    event_id: bytes  # 16 bytes.
    path: str  # RFC 6901 pointer of the commitment in the payload.
    salt: bytes  # 32 bytes.
    value: bytes  # RFC 8785 JSON.
    id_scheme: str | None  # Of an identity number: goes into the blind index.


class QuarantineItem(NamedTuple):
    """Raw bytes of one refused record, kept encrypted for ``QUARANTINE_DAYS``."""

    source: Source
    salt: bytes  # 32 bytes; destroyed together with ``raw``.
    raw: bytes
    raw_hash: str  # ``sha256:`` and SHA-256(05 || salt || raw) in hex.
    code: str
