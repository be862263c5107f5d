"""The control log as an appender knows it: read up to a size, never beyond.

Read before: ``ledger/domain/control.py``. Read next: ``appender``.

A case appender reads the control log's promised size before it takes its own log's head, follows
exactly that far, and judges by it: so every verdict can be replayed from ``controlSize`` alone.
The control appender follows its own log up to the head it holds. Trusts the database's copy of
the control log; its promise is checked where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.errors import ChainBrokenError, IncompleteError

PAGE_ENTRIES: Final = 1_000


class ControlEntries(Protocol):
    """A copy of the control log: its recorder."""

    def read_entries(self, start: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` entries from ``start`` on, in order."""
        ...

    def promised_sizes(self) -> Mapping[str, int]:
        """Return the promised size of every log."""
        ...


class ControlFollower:
    """Holds the control state and moves it forward."""

    def __init__(self, entries: ControlEntries) -> None:
        """Read the control log from ``entries``."""
        self._entries = entries
        self.state = ControlState()

    def follow_promise(self) -> ControlState:
        """Follow the control log as far as it is promised now, and return the state.

        Raises:
            UnavailableError: the database is away.
        """
        return self.follow_to(self._entries.promised_sizes()["control"])

    def follow_to(self, size: int) -> ControlState:
        """Follow the control log to at least ``size`` entries, and return the state.

        Raises:
            UnavailableError: the database is away.
            IncompleteError: the control log has fewer entries.
        """
        if size > self.state.size:
            # A copy, so that who judges by the old state keeps it whole.
            state = self.state.copy()
            while state.size < size:
                limit = min(PAGE_ENTRIES, size - state.size)
                entries = self._entries.read_entries(state.size, limit)
                if not entries:
                    raise IncompleteError(f"the control log ends before {size}")
                for leaf_index, data in entries:
                    apply_entry(state, leaf_index, data)
            self.state = state
        return self.state

    def adopt(self, state: ControlState) -> None:
        """Take over a state that was reached by appending to the control log itself."""
        assert state.size >= self.state.size
        self.state = state


def apply_entry(state: ControlState, leaf_index: int, data: bytes) -> None:
    """Apply the bytes of the next control entry to ``state``.

    Raises:
        ChainBrokenError: the entry is not the next one.
        MalformedError: it is no entry, or its payload cannot be applied.
    """
    entry = decode_entry(data)
    if entry.leaf_index != leaf_index or leaf_index != state.size:
        expected = state.size.to_bytes(8, "big")
        raise ChainBrokenError(leaf_index, expected=expected, found=data[:8])
    act = decode_act(entry.act)
    payload: Mapping[str, Any] | None = None
    if state.subscribes(act.event_type):
        payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
    state.apply(entry, act, payload)
