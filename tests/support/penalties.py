"""What penalty cases of the tests share: a party, fines, a draft, a review, a published record."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.chain.act import Act
from ledger.chain.ids import uuid_text
from tests.support.ledger_copy import digest
from tests.support.open_ledger import OpenLedger, Story, ago, day
from tests.support.settled import wait_until_judged
from tests.support.workshop import letters

ORGANISATION: Final[dict[str, Any]] = {
    "partyId": "party:1",
    "partyType": "LEGAL",
    "ageBand": "UNKNOWN",
    "name": "长沙示范食品有限公司",
    "idScheme": "USCC",
    "uscc": "91430100MAFCT0011C",
}
FINE: Final[dict[str, Any]] = {"kind": "FINE", "amountFen": 30_000_00}  # Major by the default.
DRAFT: Final = digest("draft")
CHECKS: Final = (
    *("subject", "authority", "facts", "evidence"),
    *("law", "discretion", "procedure", "documentsAndTransfer"),
)


def review(
    case: Story,
    conclusion: str,
    *,
    at: str | None = None,
    number: int = 1,
    keys: tuple[str, ...] = CHECKS,
    failed: tuple[str, ...] = (),
) -> tuple[str, str]:
    """Add a round of the case's legal review; return the aggregate of the review.

    Its opinion answers the points ``keys``, with PROBLEM to those that ``failed``.
    """
    aggregate = ("LegalReview", f"review:{case.id.partition(':')[2]}")
    is_first, draft = number == 1, {"round": number, "draftHash": DRAFT}
    submitted = "LegalReviewSubmitted" if is_first else "LegalReviewResubmitted"
    case.add(submitted, at=at, aggregate=aggregate, **draft)
    problems = [] if conclusion == "AGREE" else [{"code": "DISCRETION", "text": "裁量理由不足"}]
    case.add(
        "LegalReviewConcluded",
        at=at,
        aggregate=aggregate,
        actors=[("officer:5", None, "REVIEWER")],
        conclusion=conclusion,
        problems=problems,
        checklist=[{"key": it, "answer": "PROBLEM" if it in failed else "PASS"} for it in keys],
        reviewer="officer:5",
        unitId="unit:legal",
        **draft,
    )
    return aggregate


class Published(NamedTuple):
    """A decided case, and the ids of its disclosure."""

    case: Story
    decision: Act
    ids: dict[str, str]

    @property
    def record(self) -> str:
        """Path of the public record."""
        return f"/v1/disclosures/{self.ids['disclosure_id']}"


def penalty(ledger: OpenLedger, doc_no: str, days: int = 1) -> tuple[Story, Act]:
    """Return a case that was decided so many days ago, of which nothing is drafted."""
    case = ledger.case()
    decision = case.add(
        "PenaltyDecisionMade",
        at=ago(days),
        actors=[("officer:1", None, "HANDLER"), ("officer:2", None, "CO_HANDLER")],
        secrets={"/facts": "当事人经营超过保质期的食品。"},
        doc={"docNo": doc_no, "docDate": day(days), "docType": "行政处罚决定书"},
        party=ORGANISATION,
        violationType="经营超过保质期的食品",
        basis=[{"law": "食品安全法", "versionDate": "2021-04-29", "article": "124"}],
        penalties=[{"kind": "FINE", "amountFen": 1_000_00}],
    )
    case.send()
    case.entry("PenaltyDecisionMade")  # Whoever drafts has the case before him.
    return case, decision


def decided(ledger: OpenLedger, doc_no: str, days: int = 1) -> Published:
    """Return a case that was decided so many days ago; a clerk has drafted its disclosure."""
    case, decision = penalty(ledger, doc_no, days)
    ids = {"case_id": case.id, "disclosure_id": f"disclosure:{letters(20)}"}
    body = {**ids, "source_event_id": uuid_text(decision.event_id)}
    drafted = ledger.command("clerk", "draft_disclosure", body)
    assert drafted.status == 201, drafted.body
    wait_until_judged(ledger.ledger, drafted.document["outcomes"][-1])
    return Published(case, decision, ids)


def publish(ledger: OpenLedger, published: Published) -> None:
    """Have the draft reviewed and published, each by another person."""
    for role, kind in (("reviewer", "review_disclosure"), ("approver", "publish_disclosure")):
        reply = ledger.command(role, kind, published.ids)
        assert reply.status == 201, (kind, reply.body)
