"""Comparing the tables of a view with the tables that a replay gave.

Read before: ``view_store``. Read next: ``consumers/rebuild.py``.

The digest says whether something differs; naming the rows costs a join, and that is done in the
database. Columns are compared as they are, so a difference that the digest would not see cannot
exist unless it is one that text does not show either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from psycopg import Connection, sql

from projections.digest import row_digest_of, row_encoder
from projections.tables import Row, Table

READ_ROWS_MAX: Final = 5_000  # Rows held in memory at once.


def recomputed_digest(
    connection: Connection[Any], tables: Sequence[Table[Any]], namespace: str
) -> int:
    """Return the digest of the rows that stand in the tables, whatever was stored as theirs.

    Inside a transaction of the caller's.
    """
    total = 0
    for table in tables:
        encode: Callable[[Row], bytes] = row_encoder(table)
        columns = sql.SQL(", ").join(map(sql.Identifier, table.column_names))
        query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(namespace, table.name))
        with connection.cursor(f"digest_{table.name}", binary=True) as cursor:
            cursor.itersize = READ_ROWS_MAX
            cursor.execute(query)
            total += sum(row_digest_of(encode(row)) for row in cursor)
    return total


def differing_rows(
    connection: Connection[Any],
    tables: Sequence[Table[Any]],
    live: str,
    fresh: str,
    limit: int,
) -> list[str]:
    """Return ``table key`` of rows that one namespace has and the other has not, or otherwise.

    Keys are ids and positions, never personal values. At most ``limit`` are named.
    """
    names: list[str] = []
    for table in tables:
        if len(names) >= limit:
            break
        query = _difference_query(table, live, fresh)
        rows = connection.execute(query, (limit - len(names),)).fetchall()
        names += [f"{table.name} {' '.join(map(str, key))}: {what}" for what, *key in rows]
    return names


def _difference_query(table: Table[Any], live: str, fresh: str) -> sql.Composed:
    """Return a query for what is wrong and the key of each row that differs."""
    keys = [sql.Identifier(name) for name in table.key_names]
    return sql.SQL(
        "SELECT CASE WHEN a.log IS NULL THEN 'missing' WHEN b.log IS NULL THEN 'surplus'"
        " ELSE 'changed' END,"
        " {keys} FROM {live} AS a FULL JOIN {fresh} AS b USING ({keys})"
        " WHERE ROW(a.*) IS DISTINCT FROM ROW(b.*) ORDER BY {keys} LIMIT %s"
    ).format(
        keys=sql.SQL(", ").join(keys),
        live=sql.Identifier(live, table.name),
        fresh=sql.Identifier(fresh, table.name),
    )
