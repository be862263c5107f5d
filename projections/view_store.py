"""A view in PostgreSQL: its tables, how far it has read, its digest; live and fresh.

Read before: ``postgres_rows``. Read next: ``consumers/project.py``, which drives it.

One transaction holds rows, tracking and digest, so a batch is taken in once or not at all. The
row of ``views.digests`` is locked first: a view has one writer at a time, whoever else runs.
A changed ``code_version`` is a rebuild, so tables of views have no migrations: fresh tables are
made in namespace ``views_fresh``, filled, and moved into ``views`` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from psycopg import Connection, IsolationLevel, OperationalError, sql

from ledger.domain.projection import Comparison, ControlReader, EntryView
from ledger.errors import UnavailableError
from projections import named_sql
from projections.comparison import differing_rows, recomputed_digest
from projections.digest import format_digest, parse_digest
from projections.postgres_rows import PostgresRows
from projections.rows import Rows
from projections.tables import Table

LIVE: Final = "views"
FRESH: Final = "views_fresh"
FRESH_STREAMS_MAX: Final = 100_000  # Streams that a rebuild holds before it writes and goes on.

_SQL = named_sql.load("projections")
_SCHEMA = named_sql.load("projections", "schema.sql")


class ViewDefinition(Protocol):
    """What a view is: one a folder, in its ``projection.py``."""

    @property
    def name(self) -> str:
        """Name of the view; a rename is a rebuild."""
        ...

    @property
    def code_version(self) -> str:
        """Changes whenever the same ledger would give other rows."""
        ...

    @property
    def event_types(self) -> Collection[str] | None:
        """Event types it takes in; None for all."""
        ...

    @property
    def tables(self) -> Sequence[Table[Any]]:
        """Its tables; ``schema.sql`` in ``package`` creates them."""
        ...

    @property
    def package(self) -> str:
        """The package that holds its ``schema.sql``, with blocks ``tables`` and ``indexes``."""
        ...

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        ...


class PostgresView:
    """A view and its connection (autocommit); satisfies ``ledger.domain``'s ``Projection``."""

    def __init__(self, definition: ViewDefinition, connection: Connection[Any]) -> None:
        self.definition = definition
        self.name = definition.name
        self.event_types = definition.event_types
        self._connection = connection
        self._rows = PostgresRows(connection, definition.tables, LIVE)
        self._left: tuple[str, dict[str, int]] | None = None  # Digest and sizes, as we left them.

    @property
    def is_current(self) -> bool:
        """Whether its tables exist and were made by this version of its code."""
        with _translated():
            found = self._connection.execute(_SQL["select_digest"], (self.name,)).fetchone()
        return found is not None and found[0] == self.definition.code_version

    @contextmanager
    def batch(self) -> Iterator[LiveBatch]:
        """Open one transaction on the live tables.

        Raises:
            UnavailableError: The database is away, or another version of the code made the view.
        """
        with _translated():
            try:
                with self._connection.transaction():
                    batch = self._locked_batch()
                    yield batch
                    batch.save()
                # Committed: rows, tracking and digest are durable together.
                self._left = (batch.digest_text, dict(batch.sizes))
                self._rows.evict()
            except BaseException:
                self._rows.forget()
                self._left = None
                raise

    @contextmanager
    def fresh(self, *, snapshot: bool) -> Iterator[FreshTables]:
        """Open one transaction with empty tables beside the live ones.

        Args:
            snapshot: See the live view as it is now until the end, for a comparison; without it
                the live view may be locked and replaced.
        """
        level = IsolationLevel.REPEATABLE_READ if snapshot else IsolationLevel.READ_COMMITTED
        with _translated():
            self._connection.isolation_level = level
            try:
                with self._connection.transaction(force_rollback=snapshot):
                    yield FreshTables(self.definition, self._connection)
            finally:
                self._connection.isolation_level = None
                self._rows.forget()
                self._left = None

    def _locked_batch(self) -> LiveBatch:
        found = self._connection.execute(_SQL["lock_digest"], (self.name,)).fetchone()
        if found is None or found[0] != self.definition.code_version:
            raise UnavailableError(f"view {self.name} was made by other code; rebuild it")
        sizes = read_sizes(self._connection, self.name)
        if (found[1], sizes) != self._left:
            self._rows.forget()  # Somebody else wrote since; what we remember may be old.
        return LiveBatch(self.definition, self._connection, self._rows, sizes, found[1])


class LiveBatch:
    """One transaction on the live tables."""

    def __init__(
        self,
        definition: ViewDefinition,
        connection: Connection[Any],
        rows: PostgresRows,
        sizes: Mapping[str, int],
        digest_text: str,
    ) -> None:
        self.sizes = dict(sizes)
        self.digest_text = digest_text
        self._definition = definition
        self._connection = connection
        self._rows = rows
        self._moved: set[str] = set()

    def apply(self, entries: Sequence[EntryView], facts: ControlReader) -> None:
        """Take in entries of subscribed types, ascending within each log."""
        self._rows.load({(entry.log, entry.entry.stream_id) for entry in entries})
        process, rows = self._definition.process, self._rows
        for entry in entries:
            process(entry, facts, rows)

    def reached(self, log: str, size: int) -> None:
        """Note that all entries of ``log`` below ``size`` were taken in or passed over."""
        assert size >= self.sizes.get(log, 0)
        self.sizes[log] = size
        self._moved.add(log)

    def save(self) -> None:
        """Write rows, tracking and digest into the transaction."""
        self.digest_text = format_digest(self._rows.flush(parse_digest(self.digest_text)))
        version = self._definition.code_version
        for log in sorted(self._moved):
            reached = (self._definition.name, log, self.sizes[log], version)
            self._connection.execute(_SQL["save_size"], reached)
        digest = (self._definition.name, version, self.digest_text)
        self._connection.execute(_SQL["save_digest"], digest)


class FreshTables:
    """Empty tables of a view beside the live ones; satisfies ``FreshView``."""

    def __init__(self, definition: ViewDefinition, connection: Connection[Any]) -> None:
        self.sizes: dict[str, int] = {}
        self._definition = definition
        self._connection = connection
        self._ddl = named_sql.load(definition.package, "schema.sql")
        self._rows = PostgresRows(connection, definition.tables, FRESH, is_complete=True)
        self._digest = 0
        self._is_indexed = False
        for namespace in (LIVE, FRESH):
            if connection.execute(_SQL["select_namespace"], (namespace,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(namespace)))
        for statement in _SCHEMA.values():
            connection.execute(statement)
        self._in_fresh_namespace("tables")

    def apply(self, entries: Sequence[EntryView], facts: ControlReader) -> None:
        """Take in entries of subscribed types, ascending within each log."""
        self._rows.load({(entry.log, entry.entry.stream_id) for entry in entries})
        process, rows = self._definition.process, self._rows
        for entry in entries:
            process(entry, facts, rows)
        self._digest = self._rows.flush_appended(self._digest)
        if self._rows.streams_cached > FRESH_STREAMS_MAX:
            self._spill()

    def reached(self, log: str, size: int) -> None:
        """Note that all entries of ``log`` below ``size`` were taken in or passed over."""
        self.sizes[log] = size

    def live_sizes(self, *, lock: bool) -> Mapping[str, int]:
        """Return how far the live view has read; with ``lock`` it stays so until the end."""
        if lock:
            self._connection.execute(_SQL["lock_digest"], (self._definition.name,))
        return read_sizes(self._connection, self._definition.name)

    def swap(self) -> None:
        """Put the fresh tables in the place of the live ones."""
        self._finish()
        name, version = self._definition.name, self._definition.code_version
        for table in self._definition.tables:
            self._replace(table.name)
        self._connection.execute(_SQL["delete_tracking"], (name,))
        for log, size in self.sizes.items():
            self._connection.execute(_SQL["save_size"], (name, log, size, version))
        digest = format_digest(self._digest)
        self._connection.execute(_SQL["save_digest"], (name, version, digest))

    def compare(self, limit: int) -> Comparison:
        """Compare the fresh rows with the live ones; naming at most ``limit`` that differ."""
        self._finish()
        found = self._connection.execute(_SQL["select_digest"], (self._definition.name,)).fetchone()
        live = recomputed_digest(self._connection, self._definition.tables, LIVE)
        return Comparison(
            dict(self.sizes),
            found[1] if found else format_digest(0),
            format_digest(live),
            format_digest(self._digest),
            differing_rows(self._connection, self._definition.tables, LIVE, FRESH, limit),
        )

    def _spill(self) -> None:
        """Write what is in memory and go on as on the live tables."""
        self._finish()
        self._rows.is_complete = False
        self._rows.evict()

    def _finish(self) -> None:
        """Write what is in memory, and the indexes that the tables were filled without."""
        self._digest = self._rows.flush(self._digest)
        if not self._is_indexed:
            self._in_fresh_namespace("indexes")
            self._is_indexed = True

    def _in_fresh_namespace(self, block: str) -> None:
        namespace = sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(FRESH))
        self._connection.execute(namespace)
        self._connection.execute(self._ddl[block])
        self._connection.execute("SET LOCAL search_path TO DEFAULT")

    def _replace(self, table: str) -> None:
        """Drop the live table and move the fresh one, with the rights that the old one gave."""
        grants = self._connection.execute(_SQL["select_grants"], (table,)).fetchall()
        live, fresh = sql.Identifier(LIVE, table), sql.Identifier(FRESH, table)
        self._connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(live))
        move = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(fresh, sql.Identifier(LIVE))
        self._connection.execute(move)
        for grantee, privilege in grants:
            to = sql.SQL("PUBLIC") if grantee == "PUBLIC" else sql.Identifier(grantee)
            grant = sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privilege), live, to)
            self._connection.execute(grant)


def read_sizes(connection: Connection[Any], view: str) -> dict[str, int]:
    """Return how many entries of each log a view has taken in."""
    return dict(connection.execute(_SQL["select_sizes"], (view,)).fetchall())


@contextmanager
def _translated() -> Iterator[None]:
    """Tell the caller in our words that the database is away."""
    try:
        yield
    except OperationalError as error:
        # Its text may quote the statement; the class says enough.
        raise UnavailableError(f"PostgreSQL: {type(error).__name__}") from error
