"""Legal review (法制审核): rounds, conclusions, and what makes an AGREE stale.

Read before: ``stream``. Read next: ``major`` and ``ledger/rules/gate_rules.py``.

Order is the stream's order. PASSED belongs to one draft: a hearing, new evidence or another
proposed penalty after it makes it stale (行政处罚法 art. 58; docs/spec/gates.md), and only a new
AGREE cures that, whatever a head of agency decides. A question to the decision gate proposes
nothing: it is judged by itself, and leaves every review as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.domain.machines import Course, new_course
from ledger.domain.stream import StreamAct

CHECKLIST: Final = frozenset(
    {
        "subject",
        "authority",
        "facts",
        "evidence",
        "law",
        "discretion",
        "procedure",
        "documentsAndTransfer",
    }
)
AGREE: Final = "AGREE"
# The acts of a case that propose a penalty, and so change one that was proposed before.
PROPOSALS: Final = ("InvestigationConcluded", "PenaltyPreNoticeServed")
GATE_QUESTION: Final = "DecisionGateRequested"
MACHINE: Final = "legal-review-1"


@dataclass
class Review:
    """One review; the last round is what counts."""

    review_id: str
    course: Course = field(default_factory=lambda: new_course(MACHINE))
    round: int = 0
    draft_hash: str | None = None  # Of the newest submission.
    reviewers: set[str] = field(default_factory=set)
    conclusion: str | None = None  # Of the newest conclusion.
    concluded_hash: str | None = None  # Draft that the newest conclusion is about.
    answered: frozenset[str] = frozenset()  # Checklist keys the newest conclusion answers.
    stale: set[str] = field(default_factory=set)  # Causes, as in ``LegalReviewInvalidated``.

    @property
    def status(self) -> str:
        """Its state by the table of legal reviews; RESOLVED has not passed: it needs an AGREE."""
        return self.course.state

    @property
    def has_passed(self) -> bool:
        """Whether the newest conclusion is AGREE."""
        return self.conclusion == AGREE


def fold_reviews(acts: Iterable[StreamAct], asked: StreamAct | None = None) -> dict[str, Review]:
    """Return the reviews of a case by id, in the order of their first submission.

    Args:
        acts: Of the case, in the order of its stream.
        asked: A question to the decision gate: with another penalty than the case proposes, what
            was passed does not cover what is asked, for this question only.
    """
    reviews: dict[str, Review] = {}
    proposed: list[tuple[Any, ...]] | None = None
    for item in acts:
        if item.act.aggregate_type == "LegalReview":
            review_id = item.act.aggregate_id
            review = reviews.setdefault(review_id, Review(review_id))
            _apply(review, item, item.payload)
        elif item.event_type in ("HearingHeld", "EvidenceRegistered"):
            cause = "HEARING_HELD" if item.event_type == "HearingHeld" else "EVIDENCE_ADDED"
            _mark_stale(reviews, cause)
        elif item.event_type in PROPOSALS:
            if _proposes_otherwise(item, proposed):
                _mark_stale(reviews, "PENALTY_CHANGED")
            proposed = _without_commitments(item.payload["proposedPenalty"])
    if asked is not None and _proposes_otherwise(asked, proposed):
        _mark_stale(reviews, "PENALTY_CHANGED")
    return reviews


def newest_proposal(acts: Iterable[StreamAct]) -> StreamAct | None:
    """Return the act of a case that proposed a penalty last, None where nothing did."""
    proposals = [item for item in acts if item.event_type in PROPOSALS]
    return proposals[-1] if proposals else None


def newest_review(reviews: Mapping[str, Review]) -> Review | None:
    """Return the review that was submitted last, None where there is none."""
    return list(reviews.values())[-1] if reviews else None


def _apply(review: Review, item: StreamAct, payload: Mapping[str, Any]) -> None:
    event_type = item.event_type
    if (step := review.course.step(item)) is not None:
        review.course.take(step)
    if event_type in ("LegalReviewSubmitted", "LegalReviewResubmitted"):
        review.round = payload["round"]
        review.draft_hash = payload["draftHash"]
    elif event_type == "LegalReviewAccepted":
        review.reviewers.add(payload["reviewer"])
    elif event_type == "LegalReviewConcluded":
        review.conclusion = payload["conclusion"]
        review.concluded_hash = payload["draftHash"]
        review.answered = frozenset(item["key"] for item in payload["checklist"])
        review.reviewers.add(payload["reviewer"])
        review.stale.clear()
    elif event_type == "LegalReviewWithdrawn":
        review.conclusion = None
    elif event_type == "LegalReviewInvalidated":
        review.stale.add(payload["cause"])


def _mark_stale(reviews: Mapping[str, Review], cause: str) -> None:
    for review in reviews.values():
        if review.has_passed:
            review.stale.add(cause)


def _proposes_otherwise(item: StreamAct, proposed: list[tuple[Any, ...]] | None) -> bool:
    """Tell whether an act says another penalty than was proposed before, if any was."""
    said = _without_commitments(item.payload["proposedPenalty"])
    return proposed is not None and said != proposed


def _without_commitments(penalties: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what a proposed penalty says; a commitment of the same value differs each time."""
    return [(it["kind"], it["amountFen"], it["durationDays"]) for it in penalties]
