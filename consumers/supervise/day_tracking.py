"""Which days are closed, and what day-close rules remember, in the database.

Read before: ``day_closing``, ``tracking``. Read next: ``portal/programs/supervise.py``.

The day and the rows change together, in one transaction, and only from the day that they were made
from. Whoever deletes the day has all days closed again, which gives duplicates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.types.json import Jsonb

from consumers.supervise.day_closing import Closed, DayMove
from ledger.rules.day_close.rule import Row
from ledger.store.outage import postgres_away
from ledger.store.sql import load

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

    def rows(self) -> tuple[Closed, Mapping[tuple[str, str], Row]]:
        """Return where it stands and all rows of then. Raises UnavailableError."""
        try:
            with self._connection.transaction():
                closed = self._closed(lock=True)
                found = self._connection.execute(_SQL["select_rows"].encode()).fetchall()
        except OperationalError as error:
            raise postgres_away(error) from error
        rows = {(rule, key): row for rule, key, row in found}
        return closed, rows if closed.day is not None else {}

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

    def _closed(self, *, lock: bool = False) -> Closed:
        name = "lock_closed" if lock else "select_closed"
        found = self._connection.execute(_SQL[name].encode()).fetchone()
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


def _key(change: tuple[tuple[str, str], Row | None]) -> tuple[str, str]:
    return change[0]
