"""Rows of a view in PostgreSQL: loaded by stream, written by COPY, digested as they change.

Read before: ``rows``. Read next: ``view_store``.

A unit of work: ``load`` the streams that a batch touches, read and write in memory, ``flush``.
What was loaded stays for the next batch, as long as nobody else wrote the view in between. A
rebuild begins with empty tables, so what is not in memory is nowhere; its rows reach the table
once, at the end. Everything happens in the caller's transaction.
Trusts the tables: a row that somebody else changed is found by ``view compare``, not here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, cast

from psycopg import Connection, sql

from projections.digest import row_digest_of, row_encoder
from projections.tables import Key, R, Row, StreamKey, Table

STREAMS_CACHED_MAX: Final = 5_000  # Streams kept between batches; a few kB each.
_ESCAPED_NUL: Final = b"\\u0000"

Ref = tuple[str, Key]  # Table name and key.


class PostgresRows:
    """The rows of one view, in the tables of one namespace."""

    def __init__(
        self,
        connection: Connection[Any],
        tables: Sequence[Table[Any]],
        namespace: str,
        *,
        is_complete: bool = False,
    ) -> None:
        self.is_complete = is_complete  # Whether memory holds all rows there are.
        self._connection = connection
        self._tables = {table.name: table for table in tables}
        self._keyed = [table for table in tables if not table.is_insert_only]
        self._statements = {table.name: _Statements(table, namespace) for table in tables}
        self._streams: OrderedDict[StreamKey, dict[Ref, Row]] = OrderedDict()
        self._before: dict[Ref, Row | None] = {}  # First touched, as in the table.
        self._appended: dict[str, list[Row]] = {name: [] for name in self._tables}
        # What of the appended rows may be read back before it is written.
        self._unwritten: dict[tuple[str, StreamKey], list[Row]] = {}
        self._unwritten_by_key: dict[Ref, Row] = {}

    @property
    def streams_cached(self) -> int:
        """How many streams are in memory."""
        return len(self._streams)

    def forget(self) -> None:
        """Drop all that is in memory: somebody else wrote, or a batch was given up."""
        self._streams.clear()
        self._before.clear()
        self._unwritten.clear()
        self._unwritten_by_key.clear()
        for rows in self._appended.values():
            rows.clear()

    def load(self, streams: Collection[StreamKey]) -> None:
        """Have all rows of these streams in memory."""
        missing = []
        for stream in streams:
            if stream in self._streams:
                self._streams.move_to_end(stream)
            else:
                self._streams[stream] = {}
                missing.append(stream)
        if not missing or self.is_complete:
            return
        for table in self._keyed:
            for row in self._statements[table.name].select(self._connection, missing):
                self._streams[row[0], row[1]][table.name, table.key_of(row)] = row

    def get(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key; its stream was loaded."""
        return cast("R | None", self._streams[key[0], key[1]].get((table.name, key)))

    def put(self, table: Table[R], row: R) -> None:
        """Write a row in the place of the one with its key."""
        self._set(table, table.key_of(row), row)

    def delete(self, table: Table[Any], key: Key) -> None:
        """Remove the row with this key, if there is one."""
        self._set(table, key, None)

    def held(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of a stream that was loaded."""
        found = self._streams[stream].items()
        return cast("list[R]", [row for (name, _), row in found if name == table.name])

    def append(self, table: Table[R], row: R) -> None:
        """Write a row of an insert-only table; its key is new."""
        self._appended[table.name].append(row)
        if table.is_read_back:
            self._unwritten.setdefault((table.name, row[:2]), []).append(row)
            self._unwritten_by_key[table.name, table.key_of(row)] = row

    def of_stream(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of a stream, ascending by key."""
        assert table.is_read_back
        written = self._statements[table.name].select(self._connection, [stream])
        unwritten = self._unwritten.get((table.name, stream), [])
        rows = cast("list[R]", [*written, *unwritten])
        return sorted(rows, key=table.key_of)

    def stored(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key of a table that is read back."""
        assert table.is_read_back
        found = self._unwritten_by_key.get((table.name, key))
        if found is None:
            found = self._statements[table.name].select_one(self._connection, key)
        return cast("R | None", found)

    def flush_appended(self, digest: int) -> int:
        """Write the rows of insert-only tables; return the digest that follows from ``digest``."""
        for name, rows in self._appended.items():
            if rows:
                digest = self._statements[name].copy(self._connection, rows, digest)
                rows.clear()
        self._unwritten.clear()
        self._unwritten_by_key.clear()
        return digest

    def flush(self, digest: int) -> int:
        """Write everything; return the digest that follows from ``digest``."""
        digest = self.flush_appended(digest)
        gone: dict[str, list[Row]] = {}
        new: dict[str, list[Row]] = {}
        for (name, key), before in self._before.items():
            after = self._streams[key[0], key[1]].get((name, key))
            if before == after:
                continue
            if before is not None:
                gone.setdefault(name, []).append(before)
            if after is not None:
                new.setdefault(name, []).append(after)
        self._before.clear()
        for name, rows in gone.items():
            digest = self._statements[name].delete(self._connection, rows, digest)
        for name, rows in new.items():
            digest = self._statements[name].copy(self._connection, rows, digest)
            for row in rows:  # As written, should a character have been replaced.
                key = self._tables[name].key_of(row)
                self._streams[key[0], key[1]][name, key] = row
        return digest

    def evict(self) -> None:
        """Forget the streams that were not used for longest; everything was flushed."""
        assert not self._before
        assert not self.is_complete
        while len(self._streams) > STREAMS_CACHED_MAX:
            self._streams.popitem(last=False)

    def _set(self, table: Table[Any], key: Key, row: Row | None) -> None:
        assert not table.is_insert_only
        rows, ref = self._streams[key[0], key[1]], (table.name, key)
        self._before.setdefault(ref, rows.get(ref))
        if row is None:
            rows.pop(ref, None)
        else:
            rows[ref] = row


class _Statements:
    """What is asked of one table."""

    def __init__(self, table: Table[Any], namespace: str) -> None:
        self.table = table
        self._encode: Callable[[Row], bytes] = row_encoder(table)
        self._types = [column.pg_type for column in table.columns]
        name = sql.Identifier(namespace, table.name)
        columns = sql.SQL(", ").join(map(sql.Identifier, table.column_names))
        self._copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(name, columns)
        self._select = sql.SQL(
            "SELECT {} FROM {} JOIN unnest(%b::text[], %b::text[]) AS k (log, stream_id)"
            " USING (log, stream_id)"
        ).format(columns, name)
        keys = [sql.Identifier(key) for key in table.key_names]
        self._select_one = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            columns,
            name,
            sql.SQL(" AND ").join(sql.SQL("{} = %s").format(key) for key in keys),
        )
        arrays = [sql.SQL("%b::" + column.pg_type + "[]") for column in table.columns]
        self._delete = sql.SQL("DELETE FROM {} AS t USING unnest({}) AS k ({}) WHERE {}").format(
            name,
            sql.SQL(", ").join(arrays[: table.key_columns]),
            sql.SQL(", ").join(keys),
            sql.SQL(" AND ").join(sql.SQL("t.{0} = k.{0}").format(key) for key in keys),
        )

    def select(self, connection: Connection[Any], streams: Sequence[StreamKey]) -> Iterable[Row]:
        """Return all rows of the given streams."""
        logs, ids = [log for log, _ in streams], [stream for _, stream in streams]
        with connection.cursor(binary=True) as cursor:
            cursor.execute(self._select, (logs, ids))
            make: Callable[[Iterable[Any]], Row] = self.table.row_type._make
            return [make(row) for row in cursor.fetchall()]

    def select_one(self, connection: Connection[Any], key: Key) -> Row | None:
        """Return the row with a key, None if there is none."""
        with connection.cursor(binary=True) as cursor:
            cursor.execute(self._select_one, key)
            found = cursor.fetchone()
        make: Callable[[Iterable[Any]], Row] = self.table.row_type._make
        return None if found is None else make(found)

    def delete(self, connection: Connection[Any], rows: Sequence[Row], digest: int) -> int:
        """Remove rows by their keys and take them out of the digest."""
        keys = [list(column) for column in zip(*map(self.table.key_of, rows), strict=True)]
        connection.execute(self._delete, keys)
        return digest - sum(row_digest_of(self._encode(row)) for row in rows)

    def copy(self, connection: Connection[Any], rows: list[Row], digest: int) -> int:
        """Write rows and add them to the digest.

        PostgreSQL cannot hold U+0000 in a text; it becomes U+FFFD, in ``rows`` too.
        """
        encode = self._encode
        with connection.cursor() as cursor, cursor.copy(self._copy) as copy:
            copy.set_types(self._types)
            for index, row in enumerate(rows):
                canonical = encode(row)
                if _ESCAPED_NUL in canonical:
                    rows[index] = row = self._without_nul(row)  # noqa: PLW2901
                    canonical = encode(row)
                digest += row_digest_of(canonical)
                copy.write_row(row)
        return digest

    def _without_nul(self, row: Row) -> Row:
        make: Callable[[Iterable[object]], Row] = self.table.row_type._make
        return make(
            value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row
        )
