"""Anchoring: the heads of all streams of a log, as one root that the platform signs.

Read before: docs/spec/case-package.md (anchors), ``ledger/chain/stream_heads.py``. Read next:
``portal/programs/anchor.py``, which sends what is made here.

A case log is anchored before the control log, and the control log whenever something was anchored
since: so it reaches as far as every entry below a case log's anchored size was judged against it.
An act follows from log and size alone, so making it twice is a duplicate, never a second anchor.

Memory is linear in the number of streams, about 200 bytes each; entries are read one at a time,
each held against the promised tree. Trusts the promise; of the database nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from psycopg.rows import tuple_row

from consumers.emitter.platform_acts import PlatformActs
from consumers.emitter.submission import UnsealedAct
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.proven_tree import ProvenTree
from ledger.chain.stream_heads import (
    ANCHOR_STREAM_START,
    AnchoredHeads,
    StreamHead,
    stream_heads_root,
)
from ledger.domain.control import ControlState
from ledger.errors import IncompleteError
from ledger.store.log_tables import CONTROL, LogTables
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from ledger.store.sql import load

_SQL: Final = load("consumers.platform", "anchor.sql")
_ROWS_AT_ONCE: Final = 1_000
_EVERY: Final = 1 << 63


class Anchor(NamedTuple):
    """An anchor that is in the control log."""

    leaf_index: int  # Of its entry.
    received_at: int  # Microseconds UTC.
    heads: AnchoredHeads


class DueAnchor(NamedTuple):
    """An anchor that is to be sent."""

    heads: AnchoredHeads
    act: UnsealedAct


class LogAnchors:
    """Makes the anchors of a ledger's logs.

    Args:
        recorders: Every log in the database.
        proven: The same, held against their promises.
    """

    def __init__(
        self, recorders: Mapping[str, LedgerRecorder], proven: Mapping[str, ProvenLog]
    ) -> None:
        self._recorders = recorders
        self._proven = proven

    @property
    def logs(self) -> list[str]:
        """The logs in the order in which they are anchored: the control log last."""
        return [*(log for log in self._recorders if log != CONTROL), CONTROL]

    def due(self, log: str, state: ControlState) -> DueAnchor | None:
        """Return the anchor that a log needs now, None if nothing came but anchors and heartbeats.

        Args:
            log: The log's short name.
            state: The control log, with the schema of the act.

        Raises:
            IncompleteError: The database lacks an entry below the promised size.
            UnavailableError: Database or tile store is away.
            VerificationError: An entry, a tile or the promise is not what it must be.
        """
        tree = self._proven[log].tree.newest()
        newest = newest_anchor(self._proven[CONTROL], state, log)
        start = 0 if newest is None else newest.heads.tree_size
        if not self._has_news(log, start, tree.size):
            return None
        heads = list(read_heads(self._recorders[log], tree))
        anchored = AnchoredHeads(
            tree.checkpoint.origin, tree.size, stream_heads_root(heads), len(heads)
        )
        last = decode_entry(self._proven[log].entry(tree.size - 1))
        act = PlatformActs(state).stream_heads_anchored(log, anchored, last.received_at)
        return DueAnchor(anchored, act)

    def _has_news(self, log: str, start: int, end: int) -> bool:
        recorder = self._recorders[log]
        statement = LogTables.of(log).compose(_SQL["has_news"])
        # A log's own anchors are no news to it; those of other logs are to the control log.
        values = {"start": start, "end": end, "stream": f"{ANCHOR_STREAM_START}{log}"}
        with recorder.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            row = cursor.execute(statement, values).fetchone()
        assert row is not None
        return bool(row[0])


def newest_anchor(
    control: ProvenLog,
    state: ControlState,
    log: str,
    *,
    control_size: int = _EVERY,
    log_size: int = _EVERY,
) -> Anchor | None:
    """Return the anchor of a log with the largest size, None where there is none.

    Args:
        control: The control log.
        state: What it says, with the schema of the act.
        log: The log's short name.
        control_size: Only anchors that are among so many first entries of the control log.
        log_size: Only anchors of so many entries of the log, or fewer.
    """
    stored = control.stream_entries(f"{ANCHOR_STREAM_START}{log}")
    anchors = [anchor for data in stored if (anchor := _anchor(data, state)) is not None]
    found = [
        anchor
        for anchor in anchors
        if anchor.leaf_index < control_size and anchor.heads.tree_size <= log_size
    ]
    return max(found, key=lambda anchor: anchor.heads.tree_size, default=None)


def read_heads(
    recorder: LedgerRecorder, tree: ProvenTree, size: int | None = None
) -> Iterator[StreamHead]:
    """Yield the heads of all streams of a log, each entry held against the promised tree.

    Args:
        recorder: The log in the database.
        tree: Its promised tree.
        size: Heads are those below it; None: below the promised size.

    Raises:
        AlteredEntryError: An entry is not what was promised.
        IncompleteError: Some entry below the size is under no stream.
        UnavailableError: The database is away.
    """
    end = tree.size if size is None else size
    profile, covered = recorder.profile, 0
    for index, data in _rows(recorder, end):
        tree.check([(index, data)])
        entry = decode_entry(data)
        covered += entry.stream_version
        yield StreamHead(entry.stream_id, entry.stream_version, stream_link(data, profile))
    # Versions are dense, so together they count every entry.
    if covered != end:
        raise IncompleteError(
            f"{tree.checkpoint.origin}: the streams in the database have {covered} entries below "
            f"{end}; find what is missing with: lianzheng ledger check"
        )


def _rows(recorder: LedgerRecorder, size: int) -> Iterator[tuple[int, bytes]]:
    statement = LogTables.of(recorder.log).compose(_SQL["select_heads"])
    with recorder.connection() as connection, connection.transaction():
        # On the server, so that entries come a few at a time.
        cursor: Any = connection.cursor("stream_heads", row_factory=tuple_row)
        with cursor:
            cursor.itersize = _ROWS_AT_ONCE
            yield from cursor.execute(statement, {"size": size})


def _anchor(data: bytes, state: ControlState) -> Anchor | None:
    entry = decode_entry(data)
    act = decode_act(entry.act)
    payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
    # The stream also takes what other systems anchored (``ChainAnchored``).
    if "treeSize" not in payload or "count" not in payload:
        return None
    heads = AnchoredHeads(payload["origin"], payload["treeSize"], payload["root"], payload["count"])
    return Anchor(entry.leaf_index, entry.received_at, heads)
