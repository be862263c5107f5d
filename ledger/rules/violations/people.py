"""Who did what in a matter: handlers, reviewers, chairs of hearings, who had to step back.

Read before: ``matter``. Read next: ``credentials``.

Roles are the words of an act's ``actors`` (docs/spec/act.md); names are the register's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.domain.review import GATE_QUESTION
from ledger.domain.stream import StreamAct
from ledger.rules.violations.ordered_acts import OrderedActs, by_receipt, by_time

HANDLING: Final = frozenset({"HANDLER", "CO_HANDLER"})
_REVIEWS: Final = frozenset({"LegalReviewAccepted", "LegalReviewConcluded"})
_ASSIGNED: Final = "HandlersAssigned"
_HEARINGS: Final = frozenset({"HearingNoticeServed", "HearingHeld"})


def acting_handlers(item: StreamAct) -> Sequence[str]:
    """Return each officer that handled the matter in an act, once."""
    handling = [it.officer_id for it in item.act.actors if it.role in HANDLING]
    return list(dict.fromkeys(handling))


def named_handlers(item: StreamAct) -> Sequence[str]:
    """Return each officer that an act shows to be a handler: acting, or assigned by it.

    Who asks the decision gate whether a decision may be made has not handled the matter by that.
    """
    if item.event_type == GATE_QUESTION:
        return ()
    acting = acting_handlers(item)
    if item.event_type != _ASSIGNED:
        return acting
    return list(dict.fromkeys([*acting, *item.payload["handlers"]]))


def reviewer(item: StreamAct) -> str | None:
    """Return who reviews by an act, None where it is no act of review."""
    return str(item.payload["reviewer"]) if item.event_type in _REVIEWS else None


def chair(item: StreamAct) -> str | None:
    """Return who chairs a hearing by an act, None where it is not about one."""
    return str(item.payload["chair"]) if item.event_type in _HEARINGS else None


class People:
    """Each officer with the acts that show the part."""

    def __init__(self) -> None:
        self._acted: OrderedActs[str] = OrderedActs(by_receipt)
        self._reviewed: OrderedActs[str] = OrderedActs(by_receipt)
        self._chaired: OrderedActs[str] = OrderedActs(by_receipt)
        self._recused: OrderedActs[str] = OrderedActs(by_time)
        self._named: OrderedActs[str] = OrderedActs(by_time)
        self._assignments: OrderedActs[str] = OrderedActs(by_receipt)

    def handler(self, officer_id: str) -> StreamAct | None:
        """Return the act that shows an officer to be a handler, None if there is none.

        The first one in which the officer acted, else the newest assignment.
        """
        acted, assigned = self._acted.first(officer_id), self._assignments.last(_ASSIGNED)
        if acted is None and assigned is not None and officer_id in assigned.payload["handlers"]:
            return assigned
        return acted

    def reviewed(self, officer_id: str) -> StreamAct | None:
        """Return the first act of review by an officer."""
        return self._reviewed.first(officer_id)

    def chaired(self, officer_id: str) -> StreamAct | None:
        """Return the first act that shows an officer to chair a hearing."""
        return self._chaired.first(officer_id)

    def recused(self, officer_id: str) -> StreamAct | None:
        """Return the grant of an officer's recusal that happened first."""
        return self._recused.first(officer_id)

    def latest(self, officer_id: str) -> StreamAct | None:
        """Return the act by an officer that happened last."""
        return self._named.last(officer_id)

    def apply(self, item: StreamAct) -> None:
        """Take in an act that counts."""
        for acts, officer_id in self._parts_in(item):
            acts.add(officer_id, item)

    def forget(self, item: StreamAct) -> None:
        """Be as if an act had not come."""
        for acts, officer_id in self._parts_in(item):
            acts.remove(officer_id, item)

    def _parts_in(self, item: StreamAct) -> Iterator[tuple[OrderedActs[str], str]]:
        """Yield what an act shows of whom, each once."""
        if item.event_type != GATE_QUESTION:
            for officer_id in acting_handlers(item):
                yield self._acted, officer_id
        if item.event_type == _ASSIGNED:
            yield self._assignments, _ASSIGNED
        if (officer := reviewer(item)) is not None:
            yield self._reviewed, officer
        if (officer := chair(item)) is not None:
            yield self._chaired, officer
        if item.event_type == "RecusalDecided" and item.payload["granted"]:
            yield self._recused, item.payload["against"]
        for officer_id in dict.fromkeys(actor.officer_id for actor in item.act.actors):
            yield self._named, officer_id
