"""What entries need that lies apart from their log: public records and the vault's data keys.

Read before: ``ledger/store/whole_check.py``, ``ledger/store/objects.py``,
``ledger/store/key_store.py``. Read next: ``portal/programs/ledger_check.py``.

A log proves itself without them: it holds digests and commitments. So an ``objects/`` or a key
store out of an older backup is found only here, or by whoever asks for a page that is not there.
Looks, and changes nothing. Trusts the promise for what the entries say, and nobody for the rest:
each record is held against its digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from psycopg.rows import tuple_row
from psycopg.sql import Composed

from consumers.append.control_follower import ControlFollower
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct, read_stream
from ledger.errors import VerificationError
from ledger.store.key_store import KeyStore, Subject
from ledger.store.log_tables import LogTables
from ledger.store.objects import ObjectStore
from ledger.store.promised_tree import PromisedTree
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from ledger.store.sql import compose, load
from ledger.store.whole_check import Difference

OBJECTS: Final = "object store"
KEYS: Final = "key store"
CONTROL_LOG: Final = "control log"
PAGE_ROWS: Final = 1_000
_DESTROYED: Final = "VaultKeyDestroyed"
_DRAFTED: Final = "DisclosureDrafted"
_KEPT: Final = (_DRAFTED, "DisclosurePublished", "DisclosureUpdated", "DisclosureCorrected")


class ApartCheck:
    """Looks for the records and keys of one ledger.

    Args:
        data: Its data folder.
        control: Its control log, which says how acts are decoded.
    """

    def __init__(self, data: Path, control: ProvenLog) -> None:
        self._objects = ObjectStore(data / "objects", writes=False)
        self._key_file = data / "keys" / "vault.sqlite"
        self._control = ControlFollower(control)

    def missing(self, recorder: LedgerRecorder, tree: PromisedTree) -> Iterator[Difference]:
        """Yield what a log's promised entries need and is not there or not what they name.

        Raises:
            UnavailableError: Database, tile store, object store or key store is away.
        """
        try:
            state = self._control.follow_promise()
        except VerificationError as error:
            text = f"is not proven, so no record and no key was looked for: {error}"
            yield Difference(CONTROL_LOG, None, None, text)
            return
        destroyed: set[tuple[str, str]] = set()
        seen: set[str] = set()
        for item in self._acts(recorder, tree, state):
            if item.event_type == _DESTROYED:
                destroyed |= {(item.entry.stream_id, one) for one in item.payload["subjects"]}
            elif _is_kept_here(item, state) and item.payload["contentHash"] not in seen:
                seen.add(item.payload["contentHash"])
                yield from self._record_faults(item)
        yield from self._missing_keys(recorder, destroyed)

    def _acts(
        self, recorder: LedgerRecorder, tree: PromisedTree, state: ControlState
    ) -> Iterator[StreamAct]:
        values = {"types": [*_KEPT, _DESTROYED], "size": tree.newest().size}
        query = LogTables.of(recorder.log).compose(_queries()["select_entries_of"])
        for index, data in _rows(recorder, query, values):
            try:
                tree.check([(index, data)])
            except VerificationError:
                continue  # Named already by the comparison of the database.
            yield from read_stream([data], state)

    def _record_faults(self, item: StreamAct) -> Iterator[Difference]:
        digest = item.payload["contentHash"]
        try:
            if self._objects.find(digest) is not None:
                return
            fault, is_gone = "is not there", True
        except VerificationError:
            fault, is_gone = "holds other bytes", False
        text = f"names the record {digest}, which {fault}"
        place = (item.entry.leaf_index, item.entry.stream_id)
        yield Difference(OBJECTS, *place, text, is_gone=is_gone)

    def _missing_keys(
        self, recorder: LedgerRecorder, destroyed: set[tuple[str, str]]
    ) -> Iterator[Difference]:
        needed = (pair for pair in _subjects(recorder) if pair not in destroyed)
        if not self._key_file.exists():  # Opening it would make an empty one.
            yield from _named(needed)
            return
        with closing(KeyStore(self._key_file)) as keys:
            yield from _named(
                pair for pair in needed if not keys.find_data_keys([Subject(recorder.log, *pair)])
            )


def _is_kept_here(item: StreamAct, state: ControlState) -> bool:
    """Tell whether an act names a record that the platform itself must have."""
    # An agency's own system may draft, and keeps that record itself.
    is_ours = state.emitter_kind(item.act.emitter_id) == "PLATFORM"
    return item.event_type != _DRAFTED or is_ours


def _named(missing: Iterator[tuple[str, str]]) -> Iterator[Difference]:
    for stream, pairs in groupby(missing, itemgetter(0)):
        count = len(list(pairs))
        text = f"no data key for {count} of those whom it is about; their values cannot be read"
        yield Difference(KEYS, None, stream, text, is_gone=True)


def _subjects(recorder: LedgerRecorder) -> Iterator[Any]:
    """Return matter and subject of all openings of a log, ascending."""
    query = compose(_queries()["select_subjects"])
    yield from _rows(recorder, query, {"log": recorder.log})


def _rows(
    recorder: LedgerRecorder, query: Composed, values: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Return rows a page at a time: there may be millions."""
    with (
        recorder.connection() as connection,
        connection.transaction(),
        connection.cursor("rows_apart", row_factory=tuple_row) as cursor,
    ):
        cursor.itersize = PAGE_ROWS
        yield from cursor.execute(query, values)


def _queries() -> dict[str, str]:
    return load("portal.programs", "apart_check.sql")
