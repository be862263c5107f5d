"""Which entries of a stream count for a view: those that count for gates and rules.

Read before: ``ledger/domain/stream.py``. Read next: ``indicators/projection.py``.

Anybody registered may write into a matter's stream. What a stranger agency says there is shown,
but no number is made of it (docs/spec/gates.md).
"""

from __future__ import annotations

from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView
from ledger.domain.stream import OWNER_TYPES, StreamAct, count_step


def count_entry(view: EntryView, owner: str | None, facts: ControlReader) -> tuple[bool, str]:
    """Return whether an entry counts, and the agency that owns its stream after it.

    Annulments are not looked at.

    Args:
        view: The next entry of the stream.
        owner: The agency that owned the stream before it; None for its first entry.
        facts: The control log, at least as far as the entry's ``controlSize``.
    """
    payload = view.payload if view.event_type in OWNER_TYPES else {}
    state = facts.judged_by(view.entry.control_size)
    item = StreamAct(view.entry, view.act, payload)
    return count_step(item, owner, state, _origin(state, view.log))


class Owners:
    """Who owns each stream, as its entries come; for who reads all entries of a ledger once."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], str] = {}

    def does_count(self, view: EntryView, facts: ControlReader) -> bool:
        """Take in the next entry of a stream; tell whether it counts, annulments left aside."""
        key = view.log, view.entry.stream_id
        does_count, self._owners[key] = count_entry(view, self._owners.get(key), facts)
        return does_count


def _origin(state: ControlState, log: str) -> str:
    """Return the origin of a log: the emitter of what the ledger itself made."""
    if state.ledger is None:  # Its first entries: nothing is registered yet.
        return ""
    return (
        f"{state.ledger.name}/control" if log == CONTROL_LOG else f"{state.ledger.name}/log/{log}"
    )
