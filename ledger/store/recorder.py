"""The event store of one log: the library's recorder over tables that also hold the hashes.

Read before: ``ledger/chain/links.py``, ``ledger/store/transaction.py``.
Read next: ``ledger/chain/checkpoint.py``; the root is signed in ``ledger/store/promise.py``.

**The commit in ``transaction()`` is the commit point of an append**: entries, links, tree nodes,
vault values, head and Kafka offset become durable together or not at all. What the ledger promises
to others comes after it (``ledger/store/promise.py``).

Select, subscribe, notification and tracking keep the library's meaning, and its own recorder tests
run against this class. ``insert_events`` is overridden without psycopg's pipeline, which hangs for
ever on large batches while it holds its lock. Database functions would bypass it and are refused.
Trusts the database for nothing that ``frontier()`` and the start check can recompute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from psycopg import Connection
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg.rows import tuple_row

from ledger.chain.ids import ledger_event_id
from ledger.chain.links import stream_link
from ledger.chain.proofs import NodeReader
from ledger.chain.tree import Frontier, leaf_hash
from ledger.domain.rows import EntryRow, Head, StreamRow
from ledger.errors import IncompleteError, VerificationError
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import LogTables, log_of
from ledger.store.outage import pool_away
from ledger.store.transaction import LogTransaction, log_queries, read_frontier
from ledger.store.uuid_array import UuidArray

ROWS_OUTSIDE_MAX = 100  # One is one too many; all of them could be very many.
PROMISED_CHANNEL = "ledger_promised"  # NOTIFY payload: ``<log>:<promised size>``.


class LedgerRecorder(PostgresProcessRecorder):
    """Recorder of one log.

    Args:
        datastore: Connections; may be shared by the recorders of several logs.
        events_table_name: ``control_events`` or ``log_<n>_events``; names the log.
        tracking_table_name: Given by the library; must be the log's own.
        key_store: Needed only where openings or refused records are written.
    """

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        events_table_name: str,
        tracking_table_name: str | None = None,
        key_store: KeyStore | None = None,
    ) -> None:
        if datastore.enable_db_functions:
            raise ValueError("POSTGRES_ENABLE_DB_FUNCTIONS bypasses the chain and is refused")
        self.log = log_of(events_table_name.removesuffix("_events"))
        tables = LogTables.of(self.log)
        assert events_table_name == tables.events
        assert tracking_table_name in (None, tables.tracking)
        super().__init__(
            datastore, events_table_name=tables.events, tracking_table_name=tables.tracking
        )
        self._queries = log_queries(self.log)
        self._keys = key_store

    @classmethod
    def for_log(
        cls, datastore: PostgresDatastore, log: str, key_store: KeyStore | None = None
    ) -> LedgerRecorder:
        """Return the recorder of a log on connections that exist.

        Raises:
            UnavailableError: PostgreSQL is away.
        """
        try:
            return cls(datastore, events_table_name=LogTables.of(log).events, key_store=key_store)
        except OperationalError as error:
            raise pool_away(error, datastore.pool) from error

    def create_table(self) -> None:
        """Check that the tables exist; migrations make them, never the library.

        Raises:
            VerificationError: The log has not been created.
        """
        self.head()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection in autocommit mode.

        Raises:
            UnavailableError: PostgreSQL is away, was shut down meanwhile, or made us wait too long.
                Whether a commit under way took effect is then unknown: read the tracking row.
        """
        try:
            self.datastore.pool.open()
            with self.datastore.pool.connection() as connection:
                yield connection
        except (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            IdleInTransactionSessionTimeout,
        ) as error:
            # A server that restarted has broken every idle connection too: replace them now, so
            # that the next try has a good one.
            self.datastore.pool.check()
            raise pool_away(error, self.datastore.pool) from error

    @contextmanager
    def transaction(self) -> Iterator[LogTransaction]:
        """Hold the head of the log; leaving the block commits, an exception rolls back.

        Raises:
            UnavailableError: See ``connection``; a lost commit answer is one of its cases.
            VerificationError: Rows collide with stored ones although the head was held.
        """
        with self.connection() as connection:
            try:
                # The commit point: from here on everything written above is durable, and a crash
                # before the promise is mended at the next start (``Promiser.start``).
                with connection.transaction():
                    yield LogTransaction(connection, self._queries, self.log, self._keys)
            except psycopg.IntegrityError as error:
                raise VerificationError("new rows collide with stored ones") from error

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Store events of the library's kind as entries: link, leaf, nodes and head included.

        Returns:
            Their notification ids: leaf index + 1.

        Raises:
            eventsourcing.persistence.IntegrityError: A version or tracking exists already.
            eventsourcing.persistence.OperationalError: PostgreSQL is away. Not retried here: the
                commit may have happened, so the caller looks its events up first.
        """
        tracking = kwargs.get("tracking")
        with self.datastore.get_connection() as connection:
            with connection.transaction(), connection.cursor() as cursor:
                if tracking is not None:
                    self._insert_tracking(cursor, tracking)
                transaction = LogTransaction(connection, self._queries, self.log)
                rows = _foreign_rows(stored_events, transaction)
                if rows:
                    _write_foreign(transaction, rows)
            # Outside the transaction: a NOTIFY inside takes a database-wide lock at commit.
            self._notify(connection, {self.channel_name: ""})
        return [row.leaf_index + 1 for row in rows]

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the last consumed position under a tracking name, or None.

        Raises:
            UnavailableError: PostgreSQL is away; unlike the library this does not retry by itself.
        """
        rows = self._rows("select_tracking", name=application_name)
        return rows[0][0] if rows else None

    def head(self) -> Head:
        """Return the head as it is now, without locking it. Raises VerificationError for none."""
        return Head(*self._identity()[:6])

    @property
    def origin(self) -> str:
        """The log's origin: ``<ledger>/control`` or ``<ledger>/log/<n>``."""
        return str(self._identity()[6])

    @property
    def profile(self) -> str:
        """The hash profile of the ledger: ``international`` or ``guomi``."""
        return str(self._identity()[7])

    def frontier(self) -> Frontier:
        """Return the frontier at the head. Raises RootMismatchError where nodes and head differ."""
        return self.frontier_at(*self.head()[:2])

    def frontier_at(self, size: int, root: bytes) -> Frontier:
        """Return the frontier of an earlier tree. Raises RootMismatchError."""
        return read_frontier(self.node_reader(), size, root)

    def node_reader(self) -> NodeReader:
        """Return a reader of node hashes for ``inclusion_path`` and ``consistency_path``.

        It raises IncompleteError, with the entries concerned, where a node is gone.
        """

        def read(coordinates: Sequence[tuple[int, int]]) -> Any:
            found = self.stored_nodes(coordinates)
            for level, index in coordinates:
                if (level, index) not in found:
                    last = (index + 1 << level) - 1
                    raise IncompleteError(
                        f"log {self.log}: the database lacks the node of level {level} "
                        f"over entries {index << level} to {last}"
                    )
            return found

        return read

    def stored_nodes(self, coordinates: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Return the hashes of those nodes that are there; level 0 stands in the event table."""
        inner = [(level, index) for level, index in coordinates if level]
        rows = self._rows(
            "select_nodes",
            levels=[level for level, _ in inner],
            indexes=[index for _, index in inner],
            leaves=[index + 1 for level, index in coordinates if not level],
        )
        return {(level, index): node for level, index, node in rows}

    def read_entries(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` entries from ``start`` on, in order.

        Beyond the promised size an entry is committed but not yet promised: nothing that leaves
        the ledger may come from there.
        """
        return self._rows("select_entries", start=start, limit=limit)

    def entry(self, index: int) -> bytes:
        """Return one entry. Raises IncompleteError where there is none."""
        rows = self._rows("select_entry", index=index)
        if not rows:
            raise IncompleteError(f"log {self.log}: the database has no entry {index}")
        return bytes(rows[0][0])

    def find_event(self, event_id: bytes) -> int | None:
        """Return the leaf index of an event id, or None."""
        rows = self._rows("select_index", ids=UuidArray.of([event_id]))
        return rows[0][0] if rows else None

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return all entries of a stream in order."""
        return [row[0] for row in self._rows("select_stream_entries", stream_id=stream_id)]

    def stream_rows(self, stream_id: str) -> list[StreamRow]:
        """Return all rows stored under a stream, by version, without a look into the entries."""
        return [StreamRow(*row) for row in self._rows("select_stream_rows", stream_id=stream_id)]

    def rows(self, start: int, end: int) -> list[EntryRow]:
        """Return the rows of the entries from ``start`` to below ``end``, in no order."""
        return [EntryRow(*row) for row in self._rows("select_rows", start=start, end=end)]

    def rows_outside(self) -> list[EntryRow]:
        """Return rows of no entry below the head, as of one moment; not more than some."""
        found = self._rows("select_rows_outside", log=self.log, limit=ROWS_OUTSIDE_MAX)
        return [EntryRow(*row) for row in found]

    def stored_stream(self, index: int) -> str | None:
        """Return the stream that an entry is stored under, None for no entry."""
        rows = self._rows("select_stored_stream", index=index)
        return rows[0][0] if rows else None

    def first_gap(self, size: int) -> int | None:
        """Return the first leaf index below ``size`` without a row; counts, unless there is one."""
        if self._rows("count_entries", size=size)[0][0] == size:
            return None
        return int(self._rows("select_gap", size=size)[0][0])

    def promised_sizes(self) -> dict[str, int]:
        """Return the promised size of every log."""
        return dict(self._rows("select_promised"))

    def set_promised(self, size: int) -> None:
        """Say how much of the log its promise covers, and wake who waits for it; never lowers it.

        Only after the promise is in the tile store: from here on things leave the ledger.
        """
        with self.connection() as connection:
            connection.execute(
                self._queries["raise_promised"], {"log": self.log, "size": size}, prepare=True
            )
            self._notify(
                connection, {PROMISED_CHANNEL: f"{self.log}:{size}", self.channel_name: ""}
            )

    def repair_promised(self, size: int) -> None:
        """Make the promised size what the promise in the tile store says, lower included."""
        with self.connection() as connection:
            connection.execute(self._queries["repair_promised"], {"log": self.log, "size": size})

    def _notify(self, connection: Connection[Any], payloads: Mapping[str, str]) -> None:
        values = {"channels": list(payloads), "payloads": list(payloads.values())}
        connection.execute(self._queries["notify"], values, prepare=True)

    def _identity(self) -> tuple[Any, ...]:
        rows = self._rows("select_head", log=self.log)
        if not rows:
            raise VerificationError(f"log {self.log} has no head")
        return rows[0]

    def _rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            cursor = connection.cursor(binary=True, row_factory=tuple_row)
            return cursor.execute(self._queries[query], values, prepare=True).fetchall()


def _foreign_rows(events: Sequence[StoredEvent], transaction: LogTransaction) -> list[EntryRow]:
    """Return rows for states that are not entries: hashed as they are, ids made from the place."""
    received_at = max(transaction.head.received_at, transaction.head.now)
    return [
        EntryRow(
            stream_id=str(event.originator_id),
            stream_version=event.originator_version,
            topic=event.topic,
            state=event.state,
            leaf_index=leaf_index,
            link=stream_link(event.state, transaction.profile),
            leaf=leaf_hash(event.state),
            event_id=ledger_event_id(str(event.originator_id), event.originator_version),
            received_at=received_at,
        )
        for leaf_index, event in enumerate(events, transaction.head.tree_size)
    ]


def _write_foreign(transaction: LogTransaction, rows: Sequence[EntryRow]) -> None:
    """Write such rows with the nodes and the head that they make."""
    frontier = transaction.frontier()
    nodes = frontier.extend([row.leaf for row in rows])
    transaction.write(
        rows,
        nodes,
        root=frontier.root(),
        received_at=rows[-1].received_at,
        control_size=transaction.head.control_size,
        tracking={},
        refusals={},
        openings=(),
        quarantine=(),
    )
