"""After which entries of a log deadlines were counted by other terms than before.

Read before: ``control_history``. Read next: ``matters``.

Calendar and rule set change for a log with the first entry that was judged by a longer control log,
or that came on the day from which a rule set counts. A stream that is read again sees its own
entries only; so that it is judged as it was, time must have passed up to the entry before each such
change by the terms of then. Marks are looked for by halving, since both grow along a log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from consumers.supervise.control_history import ControlHistory
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.control_records import day_of
from ledger.errors import IncompleteError


class LogEntries(Protocol):
    """A log's event store."""

    def read_entries(self, start: int, limit: int, /) -> Sequence[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` promised entries, in order."""
        ...

    def stream_entries(self, stream_id: str, /) -> Sequence[bytes]:
        """Return the promised entries of a stream in order."""
        ...


class LogMarks:
    """The marks of one log; not thread-safe.

    Args:
        log: Where its entries are.
        control: The control log.
    """

    def __init__(self, log: LogEntries, control: ControlHistory) -> None:
        self._log = log
        self._control = control
        self._last: Entry | None = None
        self._marks: dict[tuple[str, int], Entry | None] = {}  # By change; None: before entry 0.

    def entry(self, index: int) -> Entry:
        """Return one entry. Raises as ``KnownMatters.take_in``."""
        if self._last is None or self._last.leaf_index != index:
            found = self._log.read_entries(index, 1)
            if not found:
                raise IncompleteError(f"entry {index} is not there")
            self._last = decode_entry(found[0][1])
        return self._last

    def before(self, size: int) -> list[Entry]:
        """Return the marks among the first ``size`` entries, ascending; the last entry is one."""
        if not size:
            return []
        last = self.entry(size - 1)
        found = {last.leaf_index: last}
        for control_size in self._control.terms_changed(last.control_size):
            self._add(found, ("control", control_size), size)
        for rules in self._control.at(last.control_size).rule_sets:
            if rules.effective_from <= day_of(last.received_at):
                self._add(found, ("day", rules.effective_from), size)
        return [found[index] for index in sorted(found)]

    def _add(self, found: dict[int, Entry], change: tuple[str, int], size: int) -> None:
        """Add the entry before a change that came no later than the entry before ``size``."""
        if change not in self._marks:
            kind, value = change
            came = _by_control(value) if kind == "control" else _by_day(value)
            first = self._first(came, size)
            self._marks[change] = self.entry(first - 1) if first else None
        mark = self._marks[change]
        if mark is not None and mark.leaf_index < size:
            found[mark.leaf_index] = mark

    def _first(self, came: Callable[[Entry], bool], size: int) -> int:
        """Return the first entry for which ``came`` is true; it is for the one before ``size``."""
        low, high = 0, size - 1
        while low < high:
            middle = (low + high) // 2
            if came(self.entry(middle)):
                high = middle
            else:
                low = middle + 1
        return low


def _by_control(size: int) -> Callable[[Entry], bool]:
    return lambda entry: entry.control_size >= size


def _by_day(day: int) -> Callable[[Entry], bool]:
    return lambda entry: day_of(entry.received_at) >= day
