"""The control log as it stood at any size: what an entry was judged against.

Read before: ``consumers/append/control_follower.py``. Read next: ``judging``.

A matter that is read again has entries of many ``controlSize``s, and each is judged by the state of
exactly that size, not by a newer one: else an engine that started anew would find other alerts.
States share what did not change between them, so keeping some is cheap; one in every
``PAGE_ENTRIES`` is never dropped, so nothing costs more than a page of entries a second time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from consumers.append.control_follower import PAGE_ENTRIES, ControlEntries, apply_entry
from ledger.domain.control import ControlState
from ledger.errors import IncompleteError

STATES_MAX: Final = 128


class ControlHistory:
    """Folds the control log up to any size; not thread-safe.

    Args:
        entries: The control log.
        states_max: States kept beside those, the least lately asked for dropped first.
    """

    def __init__(self, entries: ControlEntries, states_max: int = STATES_MAX) -> None:
        self._entries = entries
        self._states_max = states_max
        self._stops = [ControlState()]  # The one at place n has n pages of entries.
        self._states: OrderedDict[int, ControlState] = OrderedDict()
        self._terms_changed: set[int] = set()
        self._page: Sequence[tuple[int, bytes]] = ()  # What was read last; often needed again.

    def newest(self) -> ControlState:
        """Return the state as far as the control log is promised. Raises as ``at``."""
        return self.at(self._entries.promised_sizes()["control"])

    def at(self, size: int) -> ControlState:
        """Return the state that the first ``size`` entries make; it is not to be changed.

        Raises:
            UnavailableError: The control log cannot be read.
            IncompleteError: It has fewer entries.
            VerificationError: It is not what was promised.
        """
        if size not in self._states:
            self._states[size] = self._made(size)
        self._states.move_to_end(size)
        while len(self._states) > self._states_max:
            self._states.popitem(last=False)
        return self._states[size]

    def terms_changed(self, size: int) -> list[int]:
        """Return the sizes up to ``size`` with which another calendar or rule set came, ascending.

        Raises as ``at``.
        """
        self.at(size)  # Whatever is kept was folded from entry 0 on, so nothing was passed over.
        return sorted(one for one in self._terms_changed if one <= size)

    def _made(self, size: int) -> ControlState:
        """Return the state of a size, made from the nearest one below that is kept."""
        # Whoever goes on passes every stop on the way, so there is none missing between them.
        stop = self._stops[min(size // PAGE_ENTRIES, len(self._stops) - 1)]
        near = max((it for it in self._states if stop.size < it <= size), default=stop.size)
        state = stop if near == stop.size else self._states[near]
        while state.size < size:
            next_stop = len(self._stops) * PAGE_ENTRIES
            end = next_stop if state.size < next_stop < size else size
            state = self._folded(state, end)
            if end == next_stop:
                self._stops.append(state)
        return state

    def _folded(self, state: ControlState, size: int) -> ControlState:
        """Return what the entries up to ``size`` make of a state."""
        state = state.copy()
        while state.size < size:
            for leaf_index, data in self._entries_from(state.size, size):
                calendar, rule_sets = state.calendar, state.rule_sets
                apply_entry(state, leaf_index, data)
                if state.calendar is not calendar or state.rule_sets is not rule_sets:
                    self._terms_changed.add(state.size)
        return state

    def _entries_from(self, start: int, size: int) -> Sequence[tuple[int, bytes]]:
        """Return some entries from ``start`` on, at least one and none from ``size`` on."""
        first = self._page[0][0] if self._page else 0
        if not first <= start < first + len(self._page):
            self._page = self._entries.read_entries(start, PAGE_ENTRIES)
            if not self._page:
                raise IncompleteError(f"the control log ends before {size}")
            first = start
        return self._page[start - first : size - first]
