"""Who answers for a matter: who handled it, who reviewed it, who approved it.

Read before: ``stream``. Read next: ``portal/accountability.py``.

From the acts alone: the actors with their roles, and the people whom acts name as reviewer or
approver. Only acts that count; a person stands once a part, with the first act that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.stream import StreamAct

HANDLER: Final = "HANDLER"
REVIEWER: Final = "REVIEWER"
APPROVER: Final = "APPROVER"
PARTS: Final = (HANDLER, REVIEWER, APPROVER)
_PART_OF_ROLE: Final = {
    "HANDLER": HANDLER,
    "CO_HANDLER": HANDLER,
    "REVIEWER": REVIEWER,
    "APPROVER": APPROVER,
}
_PART_OF_FIELD: Final = {"reviewer": REVIEWER, "approver": APPROVER}


class Responsible(NamedTuple):
    """One person in one part."""

    part: str  # One of ``PARTS``.
    officer_id: str
    act: StreamAct  # The first that says so.

    @property
    def event_id(self) -> str:
        """Id of that act, a UUID."""
        return uuid_text(self.act.act.event_id)


def responsible(acts: Iterable[StreamAct]) -> list[Responsible]:
    """Return who answers for a matter, by part and in the order of their first acts."""
    found: dict[tuple[str, str], Responsible] = {}
    for item in acts:
        for part, officer_id in _named(item):
            found.setdefault((part, officer_id), Responsible(part, officer_id, item))
    return sorted(found.values(), key=lambda one: PARTS.index(one.part))


def _named(item: StreamAct) -> Iterator[tuple[str, str]]:
    for actor in item.act.actors:
        if actor.role in _PART_OF_ROLE:
            yield _PART_OF_ROLE[actor.role], actor.officer_id
    for name, part in _PART_OF_FIELD.items():
        value = item.payload.get(name)
        if isinstance(value, str):
            yield part, value
