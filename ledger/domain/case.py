"""A penalty case as its stream tells it: milestones, parties, handlers, decisions.

Read before: ``machines``. Read next: ``major``.

The status is the state of the machine ``case-1`` (schemas/machines/case-1.yaml): it is derived from
milestones, not from a strict sequence, since sectors order review, notice and hearing differently,
and the ledger records what happened (docs/spec/gates.md). Nothing is refused here; a fold only says
what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.domain.machines import new_course
from ledger.domain.review import GATE_QUESTION
from ledger.domain.stream import StreamAct

CASE_MACHINE: Final = "case-1"
DECISIONS: Final = frozenset({"PenaltyDecisionMade", "OnSitePenaltyDecided"})


@dataclass
class Case:
    """What a gate or a page needs to know about a case."""

    status: str = "NONE"
    case_no: str | None = None
    item_code: str | None = None
    party: Mapping[str, Any] | None = None  # PartyRef of the newest act that has one.
    handlers: set[str] = field(default_factory=set)
    milestones: dict[str, int] = field(default_factory=dict)  # Event type -> first occurredAt.
    hearing_right: bool = False
    decisions: dict[bytes, StreamAct] = field(default_factory=dict)  # By event id.

    def has(self, event_type: str) -> bool:
        """Tell whether an act of this type is there."""
        return event_type in self.milestones

    @property
    def party_is_natural(self) -> bool:
        """Whether the party is a natural person; unknown counts as one, which protects more."""
        return self.party is None or self.party["partyType"] == "NATURAL"


def fold_case(acts: Iterable[StreamAct]) -> Case:
    """Return the case after these acts."""
    case, course = Case(), new_course(CASE_MACHINE)
    for item in acts:
        _apply(case, item)
        if (step := course.step(item)) is not None:
            course.take(step)
    case.status = course.state
    return case


def _apply(case: Case, item: StreamAct) -> None:
    event_type, payload = item.event_type, item.payload
    case.milestones.setdefault(event_type, item.act.occurred_at)
    case.item_code = case.item_code or item.act.item_code
    if event_type == "CaseFiled":
        case.case_no = payload["caseNo"]
        case.item_code = payload["itemCode"]
    elif event_type == "HandlersAssigned":
        case.handlers = set(payload["handlers"])
    elif event_type == "PenaltyPreNoticeServed":
        case.hearing_right = payload["hearingRight"]
    elif event_type in DECISIONS:
        case.decisions[item.act.event_id] = item
    if "party" in payload:
        case.party = payload["party"]
    if event_type == GATE_QUESTION:
        return  # Whoever asks whether a decision may be made has not handled the case by that.
    case.handlers.update(
        actor.officer_id for actor in item.act.actors if actor.role in ("HANDLER", "CO_HANDLER")
    )
