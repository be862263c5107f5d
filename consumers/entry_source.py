"""Promised entries out of the event store: the source that projections read by default.

Read before: ``ledger/domain/projection.py``. Read next: ``project``.

Only what a promise covers is handed out; the promised sizes stand in the database, never ahead of
the promise. The types a projection does not want are left out by the database, so they are
neither sent nor decoded. Trusts the database for nothing but an event's type: each entry is held
against the promised tree, and rows that are gone are missed. A row whose type was changed is passed
over by views that do not take that type in; ``lianzheng ledger check`` names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from psycopg import Connection, OperationalError

from ledger.domain.projection import EntryProof, EntryRange, StoredEntry
from ledger.errors import AlteredEntryError, IncompleteError
from ledger.store.log_tables import LogTables
from ledger.store.outage import postgres_away
from ledger.store.recorder import PROMISED_CHANNEL
from ledger.store.sql import compose, load

_SQL = load("consumers", "entry_source.sql")


class Share(NamedTuple):
    """Which streams are read, where several read beside each other."""

    number: int  # 0 to ``shares`` - 1.
    shares: int


EVERYTHING: Final = Share(0, 1)


class DatabaseEntrySource:
    """Satisfies ``EntrySource``.

    Args:
        connection: In autocommit mode; only used for reading.
        proofs: The promised tree of each log.
        share: The streams to read.
    """

    def __init__(
        self,
        connection: Connection[Any],
        proofs: Mapping[str, EntryProof],
        share: Share = EVERYTHING,
    ) -> None:
        self._connection = connection
        self._proofs = proofs
        self._share = share
        self._promised: dict[str, int] = {}

    def sizes(self) -> Mapping[str, int]:
        """Return how many entries of each log are promised."""
        with _translated():
            rows = self._connection.execute(compose(_SQL["select_promised"])).fetchall()
        self._promised = dict(rows)
        return self._promised

    def read(
        self, log: str, start: int, limit: int, event_types: Collection[str] | None
    ) -> EntryRange:
        """Return the entries from ``start`` on, of the given event types or of all.

        Raises:
            AlteredEntryError: An entry is not what was promised; names index and stream.
            IncompleteError: An entry is missing below the promised size.
            UnavailableError: Database or tile store is away.
            VerificationError: The promise or a tile is not accepted.
        """
        end = min(start + limit, self._promised.get(log, 0))
        if end <= start:
            return EntryRange((), start)
        is_whole = event_types is None and self._share.shares == 1
        name = "select_range" if is_whole else "select_some"
        values = {
            "start": start,
            "end": end,
            "types": None if event_types is None else sorted(event_types),
            "share": self._share.number,
            "shares": self._share.shares,
        }
        entries = [StoredEntry(*row) for row in self._rows(log, name, values)]
        found = len(entries) if is_whole else self._rows(log, "count_range", values)[0][0]
        if found != end - start:
            index = self._rows(log, "select_gap", values)[0][0]
            raise IncompleteError(f"log {log}: the database has no entry {index}")
        self._prove(log, entries)
        return EntryRange(entries, end)

    def _prove(self, log: str, entries: Sequence[StoredEntry]) -> None:
        try:
            self._proofs[log].check(entries)
        except AlteredEntryError as error:
            values = {"index": error.leaf_index}
            raise error.of(self._rows(log, "select_stream", values)[0][0]) from error

    def _rows(self, log: str, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        query = LogTables.of(log).compose(_SQL[name])
        with _translated(), self._connection.cursor(binary=True) as cursor:
            return cursor.execute(query, values).fetchall()


class PromiseListener:
    """Wakes who waits for new promised entries; holds a connection of its own (autocommit)."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        with _translated():
            connection.execute(f"LISTEN {PROMISED_CHANNEL}")

    def wait(self, timeout_s: float) -> None:
        """Return when some log's promise moved, or after ``timeout_s`` in any case.

        A notification may be lost (the promise is written before it is sent), so the caller looks
        at the sizes either way.
        """
        with _translated():
            for _ in self._connection.notifies(timeout=timeout_s, stop_after=1):
                pass


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise postgres_away(error) from error
