"""Which days are closed, and what day-close rules remember, in the database.

Read before: ``day_closing``, ``tracking``. Read next: ``portal/programs/supervise.py``.

The day and the rows change together, in one transaction, and only from the day that they were made
from; whoever reads a row is told in the same statement of which day it is. Whoever deletes the day
has all days closed again, which gives duplicates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from psycopg import Connection, OperationalError
from psycopg.types.json import Jsonb

from consumers.supervise.day_closing import Closed, DayMove, DaysMovedError
from ledger.rules.day_close.held_rows import HeldRows, RowStore
from ledger.rules.day_close.rule import Row
from ledger.store.outage import postgres_away
from ledger.store.sql import load

PAGE_ROWS: Final = 500  # Of one rule, read at once.
_LAST: Final = "\U0010ffff"  # No key has a character above it.
_SQL = load("consumers.supervise", "day_tracking.sql")


class PostgresDayTracking:
    """Satisfies ``DayTracking``.

    Args:
        connection: In autocommit mode.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def closed(self) -> Closed:
        """Return where it stands. Raises UnavailableError."""
        try:
            return self._closed()
        except OperationalError as error:
            raise postgres_away(error) from error

    def rows(self, closed: Closed) -> RowStore:
        """Return what rules remembered when it stood there; nothing before the first day."""
        return HeldRows() if closed.day is None else _KeptRows(self._connection, closed.day)

    def advance(self, move: DayMove) -> bool:
        """Keep a move, durably and at once; false if it stands elsewhere than at its start.

        Raises:
            UnavailableError: Whether it is kept is not known; what follows from the days is in
                the ledger either way.
        """
        try:
            with self._connection.transaction():
                return self._advance(move)
        except OperationalError as error:
            raise postgres_away(error) from error

    def _closed(self) -> Closed:
        found = self._connection.execute(_SQL["select_closed"].encode()).fetchone()
        return Closed(None, {}) if found is None else Closed(*found)

    def _advance(self, move: DayMove) -> bool:
        values = {
            "start": move.start.day,
            "day": move.end.day,
            "sizes": Jsonb(dict(move.end.sizes)),
        }
        name = "begin" if move.start.day is None else "advance"
        if not self._connection.execute(_SQL[name].encode(), values).rowcount:
            return False
        if move.start.day is None:
            self._connection.execute(_SQL["clear"].encode())
        kept = [(it, row) for it, row in sorted(move.changes.items(), key=_key) if row is not None]
        self._connection.execute(
            _SQL["put"].encode(),
            {
                "rules": [rule for (rule, _), _ in kept],
                "keys": [key for (_, key), _ in kept],
                "rows": [json.dumps(row, ensure_ascii=False) for _, row in kept],
            },
        )
        gone = sorted(it for it, row in move.changes.items() if row is None)
        self._connection.execute(
            _SQL["remove"].encode(),
            {"rules": [rule for rule, _ in gone], "keys": [key for _, key in gone]},
        )
        return True


class _KeptRows:
    """Satisfies ``RowStore``; each answer is one of the day that was named, or none."""

    def __init__(self, connection: Connection[Any], day: int) -> None:
        self._connection = connection
        self._day = day

    def of(self, rule_id: str) -> _RuleRows:
        return _RuleRows(self._connection, self._day, rule_id)


class _RuleRows:
    """Satisfies ``RowBase``."""

    def __init__(self, connection: Connection[Any], day: int, rule_id: str) -> None:
        self._connection = connection
        self._asked = {"rule": rule_id}
        self._day = day

    def get(self, key: str) -> Row | None:
        """Return a row. Raises UnavailableError, DaysMovedError."""
        ((_, row),) = self._found("select_row", {"key": key})
        return row

    def items(self, start: str = "") -> Iterator[tuple[str, Row]]:
        """Yield the rows whose keys begin so, a page at a time. Raises as ``get``."""
        after = ""
        while True:
            asked = {"start": start, "end": start + _LAST, "after": after, "limit": PAGE_ROWS}
            found = [(key, row) for key, row in self._found("select_page", asked) if key]
            yield from found
            if len(found) < PAGE_ROWS:
                return
            after = found[-1][0]

    def _found(self, name: str, asked: Mapping[str, Any]) -> list[tuple[str, Row]]:
        try:
            found = self._connection.execute(
                _SQL[name].encode(), {**self._asked, **asked}
            ).fetchall()
        except OperationalError as error:
            raise postgres_away(error) from error
        if not found or found[0][0] != self._day:
            raise DaysMovedError("another engine closed days")
        return [(key, row) for _, key, row in found]


def _key(change: tuple[tuple[str, str], Row | None]) -> tuple[str, str]:
    return change[0]
