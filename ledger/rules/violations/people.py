"""Who did what in a matter: handlers, reviewers, chairs of hearings, who had to step back.

Read before: ``matter``. Read next: ``credentials``.

Roles are the words of an act's ``actors`` (docs/spec/act.md); names are the register's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.review import GATE_QUESTION
from ledger.domain.stream import StreamAct

HANDLING: Final = frozenset({"HANDLER", "CO_HANDLER"})
_REVIEWS: Final = frozenset({"LegalReviewAccepted", "LegalReviewConcluded"})
_HEARINGS: Final = frozenset({"HearingNoticeServed", "HearingHeld"})


def acting_handlers(item: StreamAct) -> Iterator[str]:
    """Yield each officer that handled the matter in an act, once."""
    yield from dict.fromkeys(it.officer_id for it in item.act.actors if it.role in HANDLING)


def named_handlers(item: StreamAct) -> Iterator[str]:
    """Yield each officer that an act shows to be a handler: acting, or assigned by it.

    Who asks the decision gate whether a decision may be made has not handled the matter by that.
    """
    if item.event_type == GATE_QUESTION:
        return
    assigned = item.payload["handlers"] if item.event_type == "HandlersAssigned" else ()
    yield from dict.fromkeys([*acting_handlers(item), *assigned])


def reviewer(item: StreamAct) -> str | None:
    """Return who reviews by an act, None where it is no act of review."""
    return str(item.payload["reviewer"]) if item.event_type in _REVIEWS else None


def chair(item: StreamAct) -> str | None:
    """Return who chairs a hearing by an act, None where it is not about one."""
    return str(item.payload["chair"]) if item.event_type in _HEARINGS else None


class People:
    """Each officer with the act that first shows the part."""

    def __init__(self) -> None:
        self.reviewers: dict[str, StreamAct] = {}
        self.chairs: dict[str, StreamAct] = {}
        self.recused: dict[str, StreamAct] = {}  # The grant that happened first.
        self.latest: dict[str, StreamAct] = {}  # The act by an officer that happened last.
        self._acted: dict[str, StreamAct] = {}
        self._assigned: dict[str, StreamAct] = {}  # By the newest assignment.

    def handler(self, officer_id: str) -> StreamAct | None:
        """Return the act that shows an officer to be a handler, None if there is none."""
        return self._acted.get(officer_id) or self._assigned.get(officer_id)

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        if item.event_type != GATE_QUESTION:
            for officer_id in acting_handlers(item):
                self._acted.setdefault(officer_id, item)
        if item.event_type == "HandlersAssigned":
            self._assigned = dict.fromkeys(item.payload["handlers"], item)
        if (officer := reviewer(item)) is not None:
            self.reviewers.setdefault(officer, item)
        if (officer := chair(item)) is not None:
            self.chairs.setdefault(officer, item)
        self._recuse(item)
        for actor in item.act.actors:
            held = self.latest.get(actor.officer_id)
            if held is None or held.act.occurred_at <= item.act.occurred_at:
                self.latest[actor.officer_id] = item

    def _recuse(self, item: StreamAct) -> None:
        if item.event_type == "RecusalDecided" and item.payload["granted"]:
            held = self.recused.get(item.payload["against"])
            if held is None or item.act.occurred_at < held.act.occurred_at:
                self.recused[item.payload["against"]] = item
