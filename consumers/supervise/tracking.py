"""How far the engine has judged each log, and when it looks at which stream next, in the database.

Read before: ``engine``. Read next: ``portal/programs/supervise.py``.

A position and the instants that belong to it change together, and only from the position that they
were made from: an engine that is behind puts nothing old over what a faster one kept. Whoever
lowers or deletes a position makes the engine judge again what it has judged, which gives
duplicates; whoever raises one keeps acts from being derived, which ``lianzheng alert dry-run``
shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection, OperationalError

from consumers.supervise.engine import Move
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

    def due(self, log: str, size: int, before: int) -> Sequence[tuple[str, int]] | None:
        """Return the streams to look at before an instant, and when, the most urgent first.

        Args:
            log: The log.
            size: The position that the answer must belong to.
            before: Microseconds UTC.

        Returns:
            Stream and instant; None if another position is kept.

        Raises:
            UnavailableError: The database is away.
        """
        values = {"log": log, "before": before}
        try:
            rows = self._connection.execute(_SQL["select_due"].encode(), values).fetchall()
        except OperationalError as error:
            raise postgres_away(error) from error
        if rows[0][0] != size:
            return None
        return [(stream_id, look_at) for _, stream_id, look_at in rows if stream_id is not None]

    def streams(self) -> int:
        """Return how many streams are to be looked at some day. Raises as ``due``."""
        try:
            found = self._connection.execute(_SQL["count_streams"].encode()).fetchone()
        except OperationalError as error:
            raise postgres_away(error) from error
        assert found is not None
        return int(found[0])

    def advance(self, moves: Mapping[str, Move]) -> None:
        """Keep moves, all at once; durable when it returns. Those from an old position are not.

        Raises:
            UnavailableError: Whether they are kept is not known; what follows from the entries is
                in the ledger either way.
        """
        try:
            with self._connection.transaction():
                for log, move in sorted(moves.items()):
                    self._move(log, move)
        except OperationalError as error:
            raise postgres_away(error) from error

    def _move(self, log: str, move: Move) -> None:
        values = {"log": log, "start": move.start, "end": move.end, "at": move.lowered_to}
        if not self._connection.execute(_SQL["advance"].encode(), values).rowcount:
            return
        if move.lowered_to is not None:
            self._connection.execute(_SQL["lower"].encode(), values)
        kept = sorted((it, at) for it, at in move.changes.items() if at is not None)
        values |= {
            "streams": [stream_id for stream_id, _ in kept],
            "instants": [at for _, at in kept],
            "done": sorted(it for it, at in move.changes.items() if at is None),
        }
        self._connection.execute(_SQL["put"].encode(), values)
        self._connection.execute(_SQL["remove"].encode(), values)
