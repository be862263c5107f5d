"""Legal review (法制审核): rounds, conclusions, and what makes an AGREE stale.

Read before: ``stream``. Read next: ``major`` and ``ledger/rules/gate_rules.py``.

Order is the stream's order. PASSED belongs to one draft: a hearing, new evidence or another
proposed penalty after it makes it stale (行政处罚法 art. 58; docs/spec/gates.md), and only a new
AGREE cures that, whatever a head of agency decides. A question to the decision gate proposes
nothing: it is judged by itself, and leaves every review as it was. ``LegalReviewInvalidated`` says
what an act before it has done already, so no answer depends on when it comes.
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
INVALIDATED: Final = "LegalReviewInvalidated"
_CAUSES: Final = {"HearingHeld": "HEARING_HELD", "EvidenceRegistered": "EVIDENCE_ADDED"}
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
    concluded_by: bytes | None = None  # Event id of the newest conclusion.
    # What made it stale: causes as in ``LegalReviewInvalidated``, each with its first act's id.
    stale: dict[str, bytes] = field(default_factory=dict)

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
    fold = ReviewFold()
    for item in acts:
        fold.apply(item)
    if asked is not None:
        fold.ask(asked)
    return fold.reviews


class ReviewFold:
    """The reviews of a case while its acts arrive.

    Attributes:
        reviews: By id, in the order of their first submission.
    """

    def __init__(self) -> None:
        self.reviews: dict[str, Review] = {}
        self._proposed: list[tuple[Any, ...]] | None = None

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        if item.act.aggregate_type == "LegalReview":
            review_id = item.act.aggregate_id
            review = self.reviews.setdefault(review_id, Review(review_id))
            _apply(review, item, item.payload)
        elif item.event_type in _CAUSES:
            self._mark_stale(_CAUSES[item.event_type], item)
        elif item.event_type in PROPOSALS:
            self.ask(item)
            self._proposed = _without_commitments(item.payload["proposedPenalty"])

    def ask(self, item: StreamAct) -> None:
        """Have another penalty than was proposed before, if any was, make reviews stale."""
        said = _without_commitments(item.payload["proposedPenalty"])
        if self._proposed is not None and said != self._proposed:
            self._mark_stale("PENALTY_CHANGED", item)

    def _mark_stale(self, cause: str, item: StreamAct) -> None:
        for review in self.reviews.values():
            if review.has_passed:
                review.stale.setdefault(cause, item.act.event_id)


def concerns_reviews(item: StreamAct) -> bool:
    """Tell whether a fold of reviews looks at an act."""
    is_review = item.act.aggregate_type == "LegalReview"
    return is_review or item.event_type in _CAUSES or item.event_type in PROPOSALS


def newest_proposal(acts: Iterable[StreamAct]) -> StreamAct | None:
    """Return the act of a case that proposed a penalty last, None where nothing did."""
    proposals = [item for item in acts if item.event_type in PROPOSALS]
    return proposals[-1] if proposals else None


def newest_review(reviews: Mapping[str, Review]) -> Review | None:
    """Return the review that was submitted last, None where there is none."""
    return list(reviews.values())[-1] if reviews else None


def _apply(review: Review, item: StreamAct, payload: Mapping[str, Any]) -> None:
    event_type = item.event_type
    if event_type == INVALIDATED and payload["causeEventId"] not in review.stale.values():
        return  # Of an opinion before the newest one, or by an act that counts no more.
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
        review.concluded_by = item.act.event_id
        review.answered = frozenset(item["key"] for item in payload["checklist"])
        review.reviewers.add(payload["reviewer"])
        review.stale.clear()
    elif event_type == "LegalReviewWithdrawn":
        review.conclusion = None


def _without_commitments(penalties: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what a proposed penalty says; a commitment of the same value differs each time."""
    return [(it["kind"], it["amountFen"], it["durationDays"]) for it in penalties]
