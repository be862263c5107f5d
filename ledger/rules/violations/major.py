"""Whether a decision in a stream is a major one (重大执法决定), as rules ask it.

Read before: ``ledger/domain/major.py``. Read next: ``review``.
"""

from __future__ import annotations

from ledger.domain.case import Case
from ledger.domain.control_records import ReviewCatalogue
from ledger.domain.major import assess_major
from ledger.domain.review import GATE_QUESTION
from ledger.domain.stream import StreamAct
from ledger.rules.violations.chronicle import between, first, last, when
from ledger.rules.violations.rule import Sight


def item_code(sight: Sight, decision: StreamAct) -> str | None:
    """Return the enforcement item of a decision: its own, else the one the case was filed for."""
    filed = first(sight, "CaseFiled")
    return decision.act.item_code or (None if filed is None else filed.payload["itemCode"])


def own_catalogue(sight: Sight, decision: StreamAct) -> ReviewCatalogue | None:
    """Return the catalogue that the agency had in force on the day of a decision."""
    return sight.control.review_catalogue_at(decision.act.agency_id, when(decision))


def _question(sight: Sight, decision: StreamAct) -> StreamAct | None:
    """Return the last question to the gate about the draft that was decided."""
    asked = between(sight, GATE_QUESTION, 0, when(decision))
    draft = decision.payload["draftHash"]
    return next((it for it in reversed(asked) if it.payload["draftHash"] == draft), None)


def is_major(sight: Sight, decision: StreamAct) -> bool:
    """Tell whether a decision is major by what happened up to it (行政处罚法 art. 58).

    By the agency's catalogue of the day of the decision, else by the default one. What the agency
    declared is what it said of this very draft when it last asked for a permit.
    """
    at = when(decision)
    hearing = last(sight, "HearingHeld", at)
    request = _question(sight, decision)
    code = item_code(sight, decision)
    case = Case(
        item_code=code,
        party=decision.payload["party"],
        milestones={} if hearing is None else {"HearingHeld": when(hearing)},
    )
    return assess_major(
        decision.payload["penalties"],
        () if request is None else request.payload["declared"],
        case,
        None if code is None else sight.control.items.get(code),
        own_catalogue(sight, decision) or sight.rules.review_catalogue,
    ).is_major
