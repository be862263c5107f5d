"""An opinion that no longer covers the matter is told once, and by the right act."""

from ledger.domain.machines import fold_machines
from ledger.domain.review import INVALIDATED, fold_reviews
from ledger.rules.rule_examples import acts_of

REVIEW = {"aggregate": "review:1", "aggregate_type": "LegalReview"}
AGREE = {
    **REVIEW,
    "type": "LegalReviewConcluded",
    "payload": {"conclusion": "AGREE"},
}
EVIDENCE = {"type": "EvidenceRegistered", "id": "evidence"}


def folded(*rows):
    return acts_of({"acts": list(rows)})


def told(at, cause="evidence"):
    payload = {"reviewId": "review:1", "cause": "EVIDENCE_ADDED", "causeEventId": cause}
    return {**REVIEW, "type": INVALIDATED, "at": at, "payload": payload}


def test_what_is_told_late_leaves_a_newer_opinion_as_it_is():
    """The engine may say of the first opinion that it lapsed when the second one is there."""
    rows = (
        {**REVIEW, "type": "LegalReviewSubmitted", "at": "2026-03-02T08:00:00+08:00"},
        {**REVIEW, "type": "LegalReviewAccepted", "at": "2026-03-02T09:00:00+08:00"},
        {**AGREE, "id": "first", "at": "2026-03-02T10:00:00+08:00"},
        {**EVIDENCE, "at": "2026-03-02T11:00:00+08:00"},
    )
    second = (
        {**REVIEW, "type": "LegalReviewSubmitted", "at": "2026-03-02T12:00:00+08:00"},
        {**REVIEW, "type": "LegalReviewAccepted", "at": "2026-03-02T13:00:00+08:00"},
        {**AGREE, "id": "second", "at": "2026-03-02T14:00:00+08:00"},
    )
    at = "2026-03-02T11:00:00+08:00"
    for acts, state, is_stale in (
        (folded(*rows, told(at)), "INVALIDATED", True),
        (folded(*rows, told(at), *second), "PASSED", False),
        (folded(*rows, *second[:1], told(at), *second[1:]), "PASSED", False),
        (folded(*rows, *second, told(at)), "PASSED", False),
    ):
        assert bool(fold_reviews(acts)["review:1"].stale) is is_stale
        (course,) = [it for it in fold_machines(acts) if it.machine.name == "legal-review-1"]
        assert (course.state, course.irregular) == (state, [])


def test_an_invalidation_makes_nothing_stale_that_its_cause_does_not():
    """Of annulled evidence an opinion covers the matter again, whatever was told of it."""
    acts = folded(
        {**AGREE, "at": "2026-03-02T10:00:00+08:00"},
        {**EVIDENCE, "at": "2026-03-02T11:00:00+08:00"},
        told("2026-03-02T11:00:00+08:00"),
    )

    assert fold_reviews(acts)["review:1"].stale
    assert not fold_reviews([acts[0], acts[2]])["review:1"].stale
