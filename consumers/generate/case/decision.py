"""The decision and its service (行政处罚法 57 to 61).

Read before: ``consumers/generate/case/review.py``.
Read next: ``consumers/generate/case/disclosure.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from consumers.generate.case.matter import Matter
from consumers.generate.simulation import Process, Secret

_AT_DECISION: Final = (
    "no_legal_review",
    "decided_before_window_ended",
    "other_decision_than_reviewed",
    "statement_not_reviewed",
    "no_pre_notice",
    "review_not_passed",
    "hearing_not_held",
    "heavier_after_statement",
    "decided_after_90_days",
    "statement_unanswered",
)


def decide(
    matter: Matter, review_id: str | None, gate_id: bytes | None
) -> Generator[int, None, tuple[bytes, dict[str, Any]]]:
    """Make the decision; return its event id and document."""
    plan = matter.plan
    yield matter.minutes(30, 60)
    prefix = matter.office.agency.decision_prefix
    twins = matter.twins
    is_second = twins is not None and twins.number is not None
    if twins is not None and twins.number is not None and twins.is_number_shared:
        number = twins.number
    else:
        number = matter.office.document_number(prefix, matter.today)
    document = matter.document("行政处罚决定书", number)
    if plan.violates("other_decision_than_reviewed"):
        matter.draft_hash = matter.draws.digest()
    decision = matter.submit(
        "PenaltyDecisionMade",
        {
            "doc": document,
            "party": matter.party.ref(),
            "facts": matter.facts(),
            "factIds": matter.fact_ids(),
            "violationType": plan.offence.violation,
            "basis": matter.basis(),
            "penalties": matter.penalties(),
            "reasons": reasons_of(
                matter,
                is_answered=plan.has_statement and not plan.violates("statement_unanswered"),
            ),
            "payment": _payment(matter),
            "remedy": remedy_of(matter),
            "approver": matter.office.staff.leader.officer_id,
            "gateId": gate_id,
            "reviewId": review_id,
            "draftHash": matter.draft_hash,
        },
        *matter.pair,
        matter.approver,
    )
    matter.decision_id = decision
    if is_second:
        matter.plant_any(decision)
    elif twins is not None:
        twins.number = number
    for kind in _AT_DECISION:
        matter.plant(kind, decision)
    return decision, document


def reasons_of(matter: Matter, *, is_answered: bool) -> dict[str, Any]:
    """Return the reasons; ``is_answered``: also why the party's statement was not followed."""
    answer = f"{matter.party.contact}的陈述申辩意见不予采纳，理由见复核意见书。"
    offence = matter.plan.offence
    return {
        "facts": matter.facts(),
        "evidence": matter.secret("现场笔录、询问笔录和照片相互印证。"),
        "law": matter.secret(f"违反{offence.law}第{offence.article}条的规定。"),
        "discretion": matter.secret("违法情节一般，按裁量基准的中档处理。"),
        "responseToStatement": matter.secret(answer) if is_answered else None,
    }


def _payment(matter: Matter) -> dict[str, Any] | None:
    if not matter.plan.fine + matter.plan.gains:
        return None
    return {"dueDate": matter.today + 25, "bank": f"{matter.office.agency.city}示范银行"}


def remedy_of(matter: Matter) -> dict[str, Any]:
    """Return where and until when the party may contest a decision."""
    city = matter.office.agency.city
    return {
        "reconsiderationBody": f"{city}人民政府",
        "reconsiderationDays": 60,
        "court": f"{city}人民法院",
        "litigationMonths": 6,
    }


def serve(matter: Matter, document: dict[str, Any]) -> Process:
    """Serve the decision; tell the party if it is going to be published."""
    plan = matter.plan
    yield matter.morning(plan.pace.service)
    if plan.fine:
        matter.submit(
            "PartyInformedOfDisclosure", {"doc": matter.document("公示告知书")}, *matter.pair
        )
    by_wire = plan.violates("electronic_without_consent") or (
        not plan.violation and matter.draws.chance(150)
    )
    evidence = f"evidence:{matter.draws.uuid()}"
    payload = {
        "doc": dict(document),
        "method": "ELECTRONIC" if by_wire else "DIRECT",
        "servedAt": matter.now - 90_000_000,
        "receiver": Secret(matter.party.subject, matter.party.contact),
        "receipt": {"evidenceId": evidence, "fileHash": matter.draws.digest()},
        "witness": None,
    }
    server, other = matter.handlers
    served = matter.submit("DocumentServed", payload, (server, "SERVER"), (other, "SERVER"))
    for kind in ("late_service", "electronic_without_consent"):
        matter.plant(kind, served)
