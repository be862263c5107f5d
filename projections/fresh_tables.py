"""Tables of a view beside the live ones: filled by a replay, then compared or put in their place.

Read before: ``tracking``. Read next: ``view_store``.

They are made in namespace ``views_fresh`` and moved into ``views``; readers see one or the other.
Small views are made, filled and moved in one transaction. Large ones are filled by several
replays beside each other, each for its share of the streams: then the empty tables are committed
first, and what a crash leaves in ``views_fresh`` is dropped by the next rebuild.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import Connection, sql

from ledger.chain.digests import parse_view_digest
from ledger.domain.projection import Comparison, ControlReader, EntryView, Part
from projections import named_sql
from projections.comparison import differing_rows, recomputed_digest
from projections.definition import ViewDefinition
from projections.digest import format_digest
from projections.postgres_rows import PostgresRows
from projections.tracking import FRESH, LIVE, SQL, read_sizes, save_digest, save_size

FRESH_STREAMS_MAX: Final = 100_000  # Streams that a replay holds before it writes and goes on.

_SCHEMA = named_sql.load("projections", "schema.sql")


class PartTables:
    """Prepared tables, as one of several replays fills them; satisfies ``PartView``."""

    def __init__(self, definition: ViewDefinition, connection: Connection[Any]) -> None:
        self.sizes: dict[str, int] = {}
        self._definition = definition
        self._connection = connection
        self._rows = PostgresRows(connection, definition.tables, FRESH, is_complete=True)
        self._digest = 0

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

    def finish(self) -> Part:
        """Write what is still in memory, and say what was written."""
        self._digest = self._rows.flush(self._digest)
        return Part(format_digest(self._digest), dict(self.sizes))

    def _spill(self) -> None:
        """Write what is in memory and go on as on the live tables."""
        self._digest = self._rows.flush(self._digest)
        self._rows.is_complete = False
        self._rows.evict()


class FreshTables(PartTables):
    """Tables beside the live ones, in one transaction with what becomes of them."""

    def __init__(
        self, definition: ViewDefinition, connection: Connection[Any], parts: Sequence[Part] = ()
    ) -> None:
        super().__init__(definition, connection)
        self._is_indexed = False
        if not parts:
            create_fresh_tables(definition, connection)
            return
        assert all(part.sizes == parts[0].sizes for part in parts)
        self.sizes = dict(parts[0].sizes)
        self._digest = sum(parse_view_digest(part.digest) for part in parts)
        self._rows.is_complete = False
        self._index()

    def live_sizes(self, *, lock: bool) -> Mapping[str, int]:
        """Return how far the live view has read; with ``lock`` it stays so until the end."""
        if lock:
            self._connection.execute(SQL["lock_digest"], (self._definition.name,))
        return read_sizes(self._connection, self._definition.name)

    def swap(self) -> None:
        """Put the fresh tables in the place of the live ones."""
        digest = self.finish().digest
        self._index()
        for table in self._definition.tables:
            self._replace(table.name)
        self._connection.execute(SQL["delete_tracking"], (self._definition.name,))
        for log, size in self.sizes.items():
            save_size(self._connection, self._definition, log, size)
        save_digest(self._connection, self._definition, digest)

    def compare(self, limit: int) -> Comparison:
        """Compare the fresh rows with the live ones; naming at most ``limit`` that differ."""
        replayed = self.finish().digest
        self._index()
        tables, name = self._definition.tables, self._definition.name
        found = self._connection.execute(SQL["select_digest"], (name,)).fetchone()
        return Comparison(
            dict(self.sizes),
            found[1] if found else format_digest(0),
            format_digest(recomputed_digest(self._connection, tables, LIVE)),
            replayed,
            differing_rows(self._connection, tables, LIVE, FRESH, limit),
        )

    def _spill(self) -> None:
        self._index()
        super()._spill()

    def _index(self) -> None:
        """Make the indexes that the tables are filled without, once."""
        if not self._is_indexed:
            _run(self._definition, self._connection, "indexes")
            self._is_indexed = True

    def _replace(self, table: str) -> None:
        """Drop the live table and move the fresh one, with the rights that the old one gave."""
        grants = self._connection.execute(SQL["select_grants"], (table,)).fetchall()
        live, fresh = sql.Identifier(LIVE, table), sql.Identifier(FRESH, table)
        self._connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(live))
        move = sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(fresh, sql.Identifier(LIVE))
        self._connection.execute(move)
        for grantee, privilege in grants:
            to = sql.SQL("PUBLIC") if grantee == "PUBLIC" else sql.Identifier(grantee)
            grant = sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privilege), live, to)
            self._connection.execute(grant)


def create_fresh_tables(definition: ViewDefinition, connection: Connection[Any]) -> None:
    """Make empty tables in ``views_fresh``, in the place of what a crash left there."""
    for namespace in (LIVE, FRESH):
        if connection.execute(SQL["select_namespace"], (namespace,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(namespace)))
    for statement in _SCHEMA.values():
        connection.execute(statement)
    for table in definition.tables:
        left = sql.Identifier(FRESH, table.name)
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(left))
    _run(definition, connection, "tables")


def _run(definition: ViewDefinition, connection: Connection[Any], block: str) -> None:
    """Run a block of the view's ``schema.sql`` in ``views_fresh``."""
    namespace = sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(FRESH))
    connection.execute(namespace)
    connection.execute(named_sql.load(definition.package, "schema.sql")[block])
    connection.execute("SET LOCAL search_path TO DEFAULT")
