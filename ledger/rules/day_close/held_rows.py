"""Rows of all rules in memory: of a replay that keeps nothing, of examples, of a first day.

Read before: ``rule``. The same in the database: ``consumers/supervise/day_tracking.py``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from typing import Protocol

from ledger.rules.day_close.rule import Row, RowBase


class RowStore(Protocol):
    """What rules remember, as it stood after a day."""

    def of(self, rule_id: str, /) -> RowBase:
        """Return the rows of a rule."""
        ...


class HeldRows:
    """Satisfies ``RowStore``; a question costs what it finds, however many rows there are."""

    def __init__(self) -> None:
        self._rules: dict[str, _RuleRows] = {}

    def of(self, rule_id: str) -> _RuleRows:
        """Return the rows of a rule."""
        return self._rules.setdefault(rule_id, _RuleRows())

    def apply(self, changes: Mapping[tuple[str, str], Row | None]) -> None:
        """Take over what changed, by rule and key; None: gone."""
        for (rule_id, key), row in changes.items():
            self.of(rule_id).change(key, row)


class _RuleRows:
    """Satisfies ``RowBase``."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._keys: list[str] = []  # Ascending.

    def get(self, key: str) -> Row | None:
        """Return a row to look at."""
        return self._rows.get(key)

    def items(self, start: str = "") -> Iterator[tuple[str, Row]]:
        """Yield the rows whose keys begin so, ascending; none is changed meanwhile."""
        for place in range(bisect_left(self._keys, start), len(self._keys)):
            key = self._keys[place]
            if not key.startswith(start):
                return
            yield key, self._rows[key]

    def change(self, key: str, row: Row | None) -> None:
        """Put a row, or take it away."""
        if row is None:
            if self._rows.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
            return
        if key not in self._rows:
            insort(self._keys, key)
        self._rows[key] = row
