"""Leaf indexes of entries that say nothing: not there, not readable, or known to be altered.

Read before: docs/spec/verify.md. Read next: ``verify_streams``.

Kept as ranges: where much of a log is missing, its holes are few but wide.
"""

from __future__ import annotations

from bisect import bisect_left


class Holes:
    """Holes in a log, added in ascending order."""

    __slots__ = ("_before", "_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []  # Holes before each range.

    def add(self, start: int, end: int) -> None:
        """Add the indexes from ``start`` to below ``end``, none of them below those added."""
        if start >= end:
            return
        if self._ends and self._ends[-1] >= start:
            self._ends[-1] = end
            return
        self._before.append(self.count_below(start))
        self._starts.append(start)
        self._ends.append(end)

    def extend(self, later: Holes) -> None:
        """Add the holes of a later part of the log."""
        for start, end in zip(later._starts, later._ends, strict=True):
            self.add(start, end)

    def between(self, before: int, after: int) -> int:
        """Return how many holes lie between two entries."""
        return self.count_below(after) - self.count_below(before + 1)

    def count_below(self, index: int) -> int:
        """Return how many holes lie below an index."""
        place = bisect_left(self._starts, index) - 1
        if place < 0:
            return 0
        return self._before[place] + min(index, self._ends[place]) - self._starts[place]
