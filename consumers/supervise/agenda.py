"""When which stream of a log has to be looked at because a deadline of it may have passed.

Read before: docs/spec/deadlines.md. Read next: ``judging``, ``tracking``.

An instant here is never too late: nothing can be missed in a stream before it. It may be too early,
after a calendar was published; whoever looks then finds when to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush


class Agenda:
    """The streams of one log, by the next instant at which to look.

    Args:
        rows: Stream and instant (microseconds UTC) of those that are known so far; of a large
            ledger only those that the next entries can concern.
    """

    def __init__(self, rows: Iterable[tuple[str, int]] = ()) -> None:
        self._at = dict(rows)
        self._queue = [(at, stream_id) for stream_id, at in self._at.items()]
        heapify(self._queue)
        self.changes: dict[str, int | None] = {}  # What was put since; None: never again.
        self.lowered_to: int | None = None  # The rows that are not known here are lowered too.

    def put(self, stream_id: str, at: int | None) -> None:
        """Say when to look at a stream next; None if nothing is open there."""
        self.changes[stream_id] = at
        if at is None:
            self._at.pop(stream_id, None)
        elif self._at.get(stream_id) != at:
            self._at[stream_id] = at
            heappush(self._queue, (at, stream_id))

    def lower(self, at: int) -> None:
        """Look no later than at an instant at every stream: another calendar counts from there."""
        self.lowered_to = at if self.lowered_to is None else min(at, self.lowered_to)
        for stream_id in [name for name, known in self._at.items() if known > at]:
            self.put(stream_id, at)

    def due(self, now: int) -> list[str]:
        """Take out the streams to look at before ``now``, the most urgent first."""
        found = []
        while self._queue and self._queue[0][0] < now:
            at, stream_id = heappop(self._queue)
            if self._at.get(stream_id) == at:
                del self._at[stream_id]
                self.changes[stream_id] = None
                found.append(stream_id)
        return found
