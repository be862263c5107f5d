"""Days that are closed, and kept once what follows from them is in the ledger.

Read before: ``day_closing``. Read next: ``engine``.

What rules remember is read row by row from where it is kept; in memory is only what days changed
that are not kept yet. That is dropped after a failure, or where another engine was faster. So an
engine that was killed closes the same days again, and the ledger answers the same acts as
duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consumers.supervise.day_closing import (
    Closed,
    DayCloser,
    DayMove,
    DaysMovedError,
    DayTracking,
    joined,
)
from consumers.supervise.judging import Derived

DAYS_MAX: Final = 400  # In one go; most days of a long history are short.
_TRIES: Final = 3  # Another engine is faster every time: it does the work.


class ClosedDays:
    """Closes days and keeps them; not thread-safe.

    Args:
        closer: Closes them.
        tracking: Keeps which are closed.
    """

    def __init__(self, closer: DayCloser, tracking: DayTracking) -> None:
        self._closer = closer
        self._tracking = tracking
        self._is_known = False  # What is in memory is what is kept.
        self._move: DayMove | None = None

    @property
    def next_day(self) -> int | None:
        """The first day that is not closed, None if nobody has looked yet."""
        return self._closer.next_day

    def close_some(
        self, promised: Mapping[str, int], entries_max: int, derived: list[Derived]
    ) -> int:
        """Close days until they had ``entries_max`` entries; return how many days.

        Args:
            promised: How many entries of each log may be read.
            entries_max: A day is closed as a whole, so there may be more.
            derived: What follows is put at its end.

        Raises:
            LedgerError: As ``DayCloser.close_next``.
        """
        self._move = None  # Of days whose acts were not all sent nothing is kept.
        for _ in range(_TRIES):
            found: list[Derived] = []
            try:
                days = self._closed(promised, entries_max, found)
            except DaysMovedError:
                continue
            derived += found
            return days
        return 0

    def _closed(self, promised: Mapping[str, int], entries_max: int, derived: list[Derived]) -> int:
        if not self._is_known:
            self._go_on(self._tracking.closed())
        self._is_known = False
        moves: list[DayMove] = []
        entries = 0
        while entries < entries_max and len(moves) < DAYS_MAX:
            found = self._closer.close_next(promised)
            if found is None:
                break
            moves.append(found[0])
            derived += found[1]
            entries += sum(found[0].end.sizes.values()) - sum(found[0].start.sizes.values())
        self._is_known = not moves
        self._move = joined(moves) if moves else None
        return len(moves)

    def keep(self) -> None:
        """Keep the days closed last: all that follows is in the ledger. Raises UnavailableError."""
        move, self._move = self._move, None
        if move is not None and self._tracking.advance(move):
            self._go_on(move.end)
            self._is_known = True

    def _go_on(self, closed: Closed) -> None:
        self._closer.go_on(closed, self._tracking.rows(closed))
