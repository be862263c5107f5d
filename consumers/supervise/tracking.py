"""How far the engine has judged each log, in the database.

Read before: ``engine``. Read next: ``portal/programs/supervise.py``.

One row a log; it only goes up. Whoever lowers or deletes a row makes the engine judge again what it
has judged, which gives duplicates; whoever raises one keeps alerts from being raised, which
``lianzheng alert dry-run`` shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection, OperationalError

from ledger.store.outage import postgres_away
from ledger.store.sql import load

_SQL = load("consumers.supervise", "tracking.sql")


class PostgresTracking:
    """Satisfies ``Tracking``.

    Args:
        connection: In autocommit mode.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def sizes(self) -> Mapping[str, int]:
        """Return how many entries of each log are done. Raises UnavailableError."""
        try:
            return dict(self._connection.execute(_SQL["select_sizes"].encode()).fetchall())
        except OperationalError as error:
            raise postgres_away(error) from error

    def advance(self, sizes: Mapping[str, int]) -> None:
        """Keep these sizes, all or none; durable when it returns.

        Raises:
            UnavailableError: Whether they are kept is not known; what follows from the entries is
                in the ledger either way.
        """
        try:
            with self._connection.transaction():
                for log, size in sorted(sizes.items()):
                    values = {"log": log, "size": size}
                    self._connection.execute(_SQL["advance"].encode(), values)
        except OperationalError as error:
            raise postgres_away(error) from error
