"""Rows that a projection reads and writes, in memory: what every view is written against.

Read before: ``digest``. Read next: ``postgres_rows``, the same kept in PostgreSQL.

``MemoryRows`` keeps all rows for ever; unit tests and the readers in each ``memory.py`` use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, cast

from projections.digest import digest_sum, row_digest_of, row_encoder
from projections.tables import Key, R, Row, StreamKey, Table


class Rows(Protocol):
    """The rows of one view."""

    def get(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key; its stream is one of the batch's."""
        ...

    def put(self, table: Table[R], row: R) -> None:
        """Write a row in the place of the one with its key, if there is one."""
        ...

    def delete(self, table: Table[Any], key: Key) -> None:
        """Remove the row with this key, if there is one."""
        ...

    def held(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of one of the batch's streams in a table that is not insert-only."""
        ...

    def append(self, table: Table[R], row: R) -> None:
        """Write a row of an insert-only table; its key is new."""
        ...

    def of_stream(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of a stream in a table that is read back, ascending by key."""
        ...

    def stored(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key of a table that is read back."""
        ...


class MemoryRows:
    """Rows in dicts, one a table."""

    def __init__(self, tables: Sequence[Table[Any]]) -> None:
        self.tables = tuple(tables)
        self._rows: dict[str, dict[Key, Row]] = {table.name: {} for table in tables}
        # What is read back, by table and stream: a ledger has more streams than a stream has acts.
        self._of_stream: dict[tuple[str, StreamKey], list[Row]] = {}

    def get(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key."""
        return cast("R | None", self._rows[table.name].get(key))

    def put(self, table: Table[R], row: R) -> None:
        """Write a row in the place of the one with its key."""
        self._rows[table.name][table.key_of(row)] = row

    def delete(self, table: Table[Any], key: Key) -> None:
        """Remove the row with this key, if there is one."""
        self._rows[table.name].pop(key, None)

    def held(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of a stream; looks at all there are."""
        return [row for row in self.all(table) if row[:2] == stream]

    def append(self, table: Table[R], row: R) -> None:
        """Write a row whose key is new."""
        key = table.key_of(row)
        assert key not in self._rows[table.name]
        self._rows[table.name][key] = row
        if table.is_read_back:
            self._of_stream.setdefault((table.name, row[:2]), []).append(row)

    def of_stream(self, table: Table[R], stream: StreamKey) -> Sequence[R]:
        """Return the rows of a stream, ascending by key."""
        assert table.is_read_back
        found = cast("list[R]", self._of_stream.get((table.name, stream), []))
        return sorted(found, key=table.key_of)

    def stored(self, table: Table[R], key: Key) -> R | None:
        """Return the row with this key of a table that is read back."""
        assert table.is_read_back
        return self.get(table, key)

    def all(self, table: Table[R]) -> Iterator[R]:
        """Iterate over the rows of a table, in no particular order."""
        return cast("Iterator[R]", iter(self._rows[table.name].values()))

    def digest(self) -> int:
        """Return the view's digest, computed from all rows."""
        total = 0
        for table in self.tables:
            encode = row_encoder(table)
            total = digest_sum((row_digest_of(encode(row)) for row in self.all(table)), total)
        return total
