"""Tables of a view: columns and keys, said once, as the row type that Python uses.

Read before: ``ledger/domain/projection.py``. Read next: ``digest``, then ``rows``.

A row is a NamedTuple; its fields are the columns in the order of ``schema.sql``. The first two
columns of every table are ``log`` and ``stream_id``: a stream id is unique per log only, and all
that one entry changes lies in rows of its own stream, so a batch loads the rows it may change by
the streams of its entries.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

Row = tuple[Any, ...]  # A NamedTuple of the table's row type.
Key = tuple[Any, ...]  # Its first ``key_columns`` fields.
StreamKey = tuple[str, str]  # Log and stream id.

PG_TYPES: Final[Mapping[object, str]] = {str: "text", int: "int8", bool: "bool", bytes: "bytea"}


R = TypeVar("R", bound=Row)


class Column(NamedTuple):
    """One column."""

    name: str
    python_type: type  # str, int, bool or bytes.
    is_nullable: bool

    @property
    def pg_type(self) -> str:
        """Its type in PostgreSQL."""
        return PG_TYPES[self.python_type]


class Table(Generic[R]):
    """One table of a view.

    Args:
        name: Of the table, in whatever namespace.
        row_type: A NamedTuple; its fields are the columns.
        key_columns: How many of the first columns are the primary key; log and stream first.
        is_insert_only: A row is written once, when its entry is taken in; such rows are not kept
            in memory.
        is_read_back: The projection asks for all rows of a stream, or for one by its key. Only of
            an insert-only table, whose primary key, stream first, ``schema.sql`` makes with the
            table.
    """

    def __init__(
        self,
        name: str,
        row_type: type[R],
        key_columns: int,
        *,
        is_insert_only: bool = False,
        is_read_back: bool = False,
    ) -> None:
        self.name = name
        self.row_type = row_type
        self.key_columns = key_columns
        self.is_insert_only = is_insert_only
        self.is_read_back = is_read_back
        self.columns = tuple(_columns(row_type))
        assert self.column_names[:2] == ("log", "stream_id")
        assert key_columns >= 2
        assert is_insert_only or not is_read_back

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the key columns, in order."""
        return self.column_names[: self.key_columns]

    def key_of(self, row: R) -> Key:
        """Return the key of a row."""
        return row[: self.key_columns]


def _columns(row_type: type[Row]) -> list[Column]:
    """Return the columns that a row type's annotations describe."""
    columns = []
    for name, hint in typing.get_type_hints(row_type).items():
        options = typing.get_args(hint) or (hint,)
        python_type = next(option for option in options if option is not types.NoneType)
        columns.append(Column(name, python_type, types.NoneType in options))
    return columns
