"""Recovery of a database that is behind its promise: the missing entries, from the second copy.

Read before: ``ledger/store/start_check.py``. Read next: ``ledger/store/promise.py``.

An older database was put back; what the ledger had promised since is in the tile store. The tree of
this database, extended by those entries, must be the promised one before anything is written: that
proves both that this is the log's own past and that the copies are exact. Entries then go in on the
normal path. Openings are not in the tile store; they come back when emitters send their acts again.
Trusts the log's public keys only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from ledger.chain.act import Act, decode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.checkpoint import Checkpoint, open_checkpoint
from ledger.chain.entry import Entry, Source, decode_entry
from ledger.chain.links import stream_link
from ledger.chain.note_keys import VerifierKey
from ledger.chain.tiles import bundle_path, decode_bundle
from ledger.chain.tree import Frontier, leaf_hash
from ledger.domain.rows import EntryRow
from ledger.errors import IncompleteError, MalformedRecordError, PromiseConflictError
from ledger.limits import TILE_WIDTH
from ledger.store.recorder import LedgerRecorder
from ledger.store.recover_fault import raise_fault
from ledger.store.start_check import check_start, read_promise
from ledger.store.tile_store import TileStore
from ledger.store.transaction import LogTransaction
from schemas.loader import schema_text

PAGE_BUNDLES: Final = 16  # 4,096 entries a transaction.
_REFUSING: Final = ("GateRefused", "DecisionGateRefused")


def recover(recorder: LedgerRecorder, store: TileStore, keys: Iterable[VerifierKey]) -> int:
    """Append what is promised but missing; return how many entries that were.

    Repeatable: a recovery that was cut off goes on where it stopped.

    Raises:
        AlteredEntryError: An entry is not what was promised: in the second copy or in the
            database, as the message says; then nothing was written.
        BehindPromiseError: There is no promise, or this database's tree is not its beginning;
            then nothing was written.
        IncompleteError: The tile store lacks a bundle that the promise covers.
        SignatureInvalidError: The promise is not the log's.
        PromiseConflictError: Somebody appends to the log meanwhile.
        UnavailableError: Database or tile store is away.
    """
    trusted = list(keys)
    promised = open_checkpoint(read_promise(store, recorder.log), trusted, recorder.origin)
    frontier = recorder.frontier()
    start = frontier.size
    if start < promised.size:
        _prove(recorder, store, promised, frontier)
        for entries in _pages(store, recorder.log, start, promised.size):
            _append(recorder, entries)
    check_start(recorder, store, trusted)
    return max(0, promised.size - start)


def _prove(
    recorder: LedgerRecorder, store: TileStore, promised: Checkpoint, frontier: Frontier
) -> None:
    """Raise unless tree and missing entries together are what was promised, and say who is not."""
    grown = frontier.copy()
    try:
        for entries in _pages(store, recorder.log, frontier.size, promised.size):
            grown.extend([leaf_hash(entry) for entry in entries])
    except MalformedRecordError:
        raise_fault(recorder, store, promised, frontier.size)
    if grown.root() != promised.root:
        raise_fault(recorder, store, promised, frontier.size)


def _pages(store: TileStore, log: str, start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the entries from ``start`` to ``end`` out of the tile store, page by page."""
    while start < end:
        stop = min(end, (start // TILE_WIDTH + PAGE_BUNDLES) * TILE_WIDTH)
        page: list[bytes] = []
        for n in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            width = min(TILE_WIDTH, end - n * TILE_WIDTH)
            data = store.read(log, bundle_path(n, width))
            if data is None:
                raise IncompleteError(f"log {log}: the tile store lacks bundle {n}")
            page += decode_bundle(data)[max(0, start - n * TILE_WIDTH) :]
        yield page
        start = stop


def _append(recorder: LedgerRecorder, entries: Sequence[bytes]) -> None:
    """Append one page in one transaction."""
    decoded = [decode_entry(data) for data in entries]
    acts = [decode_act(entry.act) for entry in decoded]
    with recorder.transaction() as tx:
        if tx.head.tree_size != decoded[0].leaf_index:
            raise PromiseConflictError(f"log {recorder.log}: somebody else appends")
        rows = [
            _row(data, entry, act, tx.profile)
            for data, entry, act in zip(entries, decoded, acts, strict=True)
        ]
        frontier = tx.frontier()
        nodes = frontier.extend([row.leaf for row in rows])
        tx.write(
            rows,
            nodes,
            root=frontier.root(),
            received_at=decoded[-1].received_at,
            control_size=decoded[-1].control_size,
            tracking=_tracking(tx, decoded, acts),
            refusals={
                act.causation_id: entry.leaf_index
                for entry, act in zip(decoded, acts, strict=True)
                if act.event_type in _REFUSING and act.causation_id is not None
            },
            openings=(),
            quarantine=(),
        )


def _row(data: bytes, entry: Entry, act: Act, profile: str) -> EntryRow:
    return EntryRow(
        stream_id=entry.stream_id,
        stream_version=entry.stream_version,
        topic=f"{act.event_type}.v{act.schema_version}",
        state=data,
        leaf_index=entry.leaf_index,
        link=stream_link(data, profile),
        leaf=leaf_hash(data),
        event_id=act.event_id,
        received_at=entry.received_at,
    )


def _tracking(tx: LogTransaction, entries: Sequence[Entry], acts: Sequence[Act]) -> dict[str, int]:
    """Return the largest consumed offset by tracking name, of those that move a row on.

    Records that left no entry (duplicates) may be consumed again; their event ids are known.
    """
    largest: dict[str, int] = {}
    for entry, act in zip(entries, acts, strict=True):
        for source in _sources(entry, act):
            name = f"kafka:{source.incarnation}:{source.topic}:{source.partition}"
            largest[name] = max(source.offset, largest.get(name, -1))
    stored = {name: tx.tracking(name) for name in largest}
    return {
        name: offset
        for name, offset in largest.items()
        if (before := stored[name]) is None or before < offset
    }


def _sources(entry: Entry, act: Act) -> Iterator[Source]:
    if entry.source is not None:
        yield entry.source
    if act.event_type == "EventsRejected":
        payload: Any = _rejected_codec().decode(act.payload)
        for item in payload["items"]:
            yield Source(**item["source"])


@cache
def _rejected_codec() -> Codec:
    return compile_codec(schema_text("EventsRejected.v1.avsc"))
