"""The deadlines of one matter as its log's time goes on.

Read before: ``ledger/rules/deadlines.py``, ``deadline_terms``. Read next: ``matters``.

What counts for a gate counts here (docs/spec/gates.md). Only rows over one stream are run; those
over all acts of an agency are not.
"""

from __future__ import annotations

from ledger.domain.amendments import Amendments
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct, count_step
from ledger.rules.deadline_corrections import AmendableDeadlines
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadline_missed import needs_act
from ledger.rules.deadline_terms import terms_at


class MatterDeadlines:
    """The deadlines of one stream.

    Args:
        origin: Origin of its log.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._owner: str | None = None
        self._amendments = Amendments()
        self._deadlines = AmendableDeadlines()

    def take_in(self, item: StreamAct, control: ControlState) -> list[Deadline]:
        """Take in the next act; return what is missed by now, or ended, and was not before.

        Args:
            item: The act.
            control: The control log at the entry's ``controlSize``.
        """
        at = item.entry.received_at
        does_count, self._owner = count_step(item, self._owner, control, self._origin)
        if not does_count or self._amendments.is_without_effect(item):
            return self.pass_time(at, control)
        changed = self._amendments.take(item, control)
        terms = terms_at(control, at, item.act)
        if terms is None:
            return []
        missed = self._deadlines.apply(item, terms)
        return _needing([*missed, *self._deadlines.amend(changed, item, terms)])

    def pass_time(self, at: int, control: ControlState) -> list[Deadline]:
        """Let time pass without an act; return as ``take_in``.

        Args:
            at: ``receivedAt`` of an entry of the log, microseconds UTC.
            control: The control log at that entry's ``controlSize``.
        """
        terms = terms_at(control, at)
        return [] if terms is None else _needing(self._deadlines.advance(at, terms))

    def next_at(self) -> int | None:
        """Return the instant after which something may be missed, None if nothing is open."""
        return self._deadlines.next_at()


def _needing(found: list[Deadline]) -> list[Deadline]:
    return [deadline for deadline in found if deadline.is_ended or needs_act(deadline)]
