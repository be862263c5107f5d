"""Legal review of major decisions, collective discussion, and the gate before the decision.

Read before: ``consumers/generate/case/notice.py``.
Read next: ``consumers/generate/case/decision.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from consumers.generate.case.matter import Matter
from consumers.generate.people import Officer

CHECK_KEYS: Final = (
    "subject",
    "authority",
    "facts",
    "evidence",
    "law",
    "discretion",
    "procedure",
    "documentsAndTransfer",
)
_REFUSED_AT_GATE: Final = (
    "no_legal_review",
    "review_not_passed",
    "reviewer_is_handler",
    "checklist_incomplete",
)


_NOT_ASKED: Final = ("agreed_after_decision", "evidence_after_review", "confirmed_and_left")


def review_unit(credit_code: str) -> str:
    """Return the id of an agency's designated review unit."""
    return f"unit:{credit_code}-legal"


def review(matter: Matter) -> Generator[int, None, str]:
    """Have the draft reviewed, in a second round if the first finds problems; return its id."""
    plan = matter.plan
    review_id = f"review:{matter.draws.uuid()}"
    reviewer = matter.draws.choice(matter.office.staff.reviewers)
    if plan.violates("reviewer_is_handler"):
        reviewer = matter.handlers[1]
    if plan.violates("unqualified_reviewer"):
        reviewer = matter.office.staff.archivist
    yield matter.morning(1)
    _submit_draft(matter, review_id)
    has_problems = plan.has_second_round or plan.violates("review_not_passed")
    yield from _judge(matter, review_id, reviewer, 1, has_problems=has_problems)
    if plan.has_second_round:
        yield matter.morning(2)
        matter.draft_hash = matter.draws.digest()
        response = matter.secret("已按审核意见补充说明裁量理由。")
        payload = {
            "round": 2,
            "draftHash": matter.draft_hash,
            "response": [{"code": "DISCRETION", "text": response}],
            "submitter": matter.handlers[0].officer_id,
        }
        matter.submit("LegalReviewResubmitted", payload, matter.pair[0], aggregate=review_id)
        yield from _judge(matter, review_id, reviewer, 2, has_problems=False)
    return review_id


def _submit_draft(matter: Matter, review_id: str) -> None:
    materials = [
        {"no": number, "docType": name, "pages": 4, "hash": matter.draws.digest()}
        for number, name in enumerate(("案件调查终结报告", "行政处罚决定书（草稿）"), start=1)
    ]
    payload = {
        "round": 1,
        "draftHash": matter.draft_hash,
        "materials": materials,
        "submitter": matter.handlers[0].officer_id,
    }
    matter.submit("LegalReviewSubmitted", payload, matter.pair[0], aggregate=review_id)


def _judge(
    matter: Matter, review_id: str, reviewer: Officer, number: int, *, has_problems: bool
) -> Generator[int, None, None]:
    """Accept a round and conclude it."""
    unit = review_unit(matter.office.agency.credit_code)
    yield matter.minutes(40, 120)
    payload = {"reviewer": reviewer.officer_id, "unitId": unit}
    acting = (reviewer, "REVIEWER")
    accepted = matter.submit(
        "LegalReviewAccepted", payload, acting, system="rev", aggregate=review_id
    )
    matter.plant("reviewer_is_handler", accepted)
    yield matter.morning(matter.plan.pace.review)
    keys = CHECK_KEYS[: 7 if matter.plan.violates("checklist_incomplete") else 8]
    faulty = ("discretion",) if has_problems else ()
    text = matter.secret("裁量理由说明不充分。")
    conclusion = {
        "round": number,
        "conclusion": "PROBLEMS_FOUND" if has_problems else "AGREE",
        "problems": [{"code": "DISCRETION", "text": text}] if has_problems else [],
        "checklist": [
            {"key": key, "answer": "PROBLEM" if key in faulty else "PASS"} for key in keys
        ],
        "opinionDoc": matter.document("法制审核意见书"),
        "draftHash": matter.draft_hash,
        "reviewer": reviewer.officer_id,
        "unitId": unit,
    }
    concluded = matter.submit(
        "LegalReviewConcluded", conclusion, acting, system="rev", aggregate=review_id
    )
    matter.plant("checklist_incomplete", concluded)


def clear_gate(matter: Matter, review_id: str | None) -> Generator[int, None, bytes | None]:
    """Discuss a major decision and ask for the permit to make it.

    Returns:
        Event id of the request that the platform will clear, or None where it will refuse or
        nobody asked.
    """
    plan = matter.plan
    yield matter.morning(plan.pace.decision)
    if plan.is_major:
        _discuss(matter)
        yield matter.minutes(20, 40)
    if plan.violates("no_legal_review") and matter.draws.chance(500):
        return None
    if matter.kind in _NOT_ASKED:
        return None
    payload = {
        "draftHash": matter.draft_hash,
        "proposedPenalty": matter.penalties(),
        "reviewId": review_id,
        "declared": [],
    }
    request = matter.submit("DecisionGateRequested", payload, matter.pair[0])
    is_refused = plan.violation is not None and plan.violation.kind in _REFUSED_AT_GATE
    return None if is_refused else request


def _discuss(matter: Matter) -> None:
    staff = matter.office.staff
    payload = {
        "attendees": [officer.officer_id for officer in (staff.leader, *staff.deputies)],
        "minutesHash": matter.draws.digest(),
        "conclusion": "AGREED",
        "heldAt": matter.now - 120_000_000,
    }
    matter.submit("CollectiveDiscussionHeld", payload, (staff.leader, "HEAD"))
