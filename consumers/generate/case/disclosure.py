"""Publishing a decision: draft, review, publication by the platform; withholding; withdrawal.

Read before: ``consumers/generate/case/decision.py``.
Read next: ``consumers/generate/case/retrieval.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any

from consumers.generate.case.matter import Matter
from consumers.generate.case.platform_incidents import draft_another_text
from consumers.generate.simulation import Process
from ledger.chain.ids import uuid_text

# The desk's round after 17:00, minutes: all drafts of the day, then all reviews, then the rest.
_DRAFT, _REVIEW, _PUBLISH, _WITHDRAW = 0, 12, 24, 36
_LATE_WORKDAYS = (9, 12)


def disclose(matter: Matter, decision_id: bytes) -> Process:
    """Publish a decision once it has been served, or withhold what must not be shown."""
    plan = matter.plan
    source = uuid_text(decision_id)
    disclosure = f"disclosure:{matter.draws.uuid()}"
    if plan.is_minor or not plan.fine:
        yield matter.desk(_DRAFT, min(plan.pace.service, 3))
        _withhold(matter, disclosure, source)
        if plan.violates("minor_published"):
            yield matter.morning(2)
            matter.plant("minor_published", publish_outside(matter, None))
        return
    if plan.violates("party_not_told"):
        return  # The agency publishes by itself.
    is_late = plan.violates("late_disclosure")
    delay = matter.draws.between(*_LATE_WORKDAYS) if is_late else plan.pace.service
    yield matter.desk(_DRAFT, delay)
    _draft(matter, disclosure, source)
    yield matter.desk(_REVIEW)
    publisher = matter.office.staff.publisher
    if plan.violates("other_text_published"):
        draft_another_text(matter, disclosure)
    else:
        matter.command("review_disclosure", publisher, disclosure_id=disclosure)
    yield matter.desk(_PUBLISH)
    matter.command("publish_disclosure", publisher, disclosure_id=disclosure)
    matter.plant("late_disclosure", decision_id)
    matter.disclosure_id = disclosure


def _draft(matter: Matter, disclosure: str, source: str) -> None:
    matter.command(
        "draft_disclosure",
        matter.office.staff.drafter,
        disclosure_id=disclosure,
        source_event_id=source,
        channel="PORTAL",
        view="PENALTY",
    )


def _withhold(matter: Matter, disclosure: str, source: str) -> None:
    matter.command(
        "withhold_disclosure",
        matter.office.staff.leader,
        disclosure_id=disclosure,
        source_event_id=source,
        channel="PORTAL",
        view="PENALTY",
        ground="MINOR_PARTY" if matter.plan.is_minor else "WARNING_ONLY",
    )


def publish_outside(matter: Matter, is_clean: bool | None) -> bytes:
    """Have the agency put the decision on a page of its own; return the act's event id.

    Args:
        matter: The case, decided.
        is_clean: What its own scan for personal values says; None: it did not scan.
    """
    digest = matter.draws.digest()
    payload = {
        "sourceEventId": matter.decision_id,
        "url": matter.secret(f"https://xzzf.example/{digest[7:19]}"),
        "at": matter.now - 60_000_000,
        "contentHash": digest,
        "piiScan": None if is_clean is None else _scan(digest, is_clean=is_clean),
    }
    aggregate = f"disclosure:{matter.draws.uuid()}"
    return matter.submit(
        "DisclosurePublishedExternally",
        payload,
        (matter.office.staff.drafter, "DISCLOSER"),
        aggregate=aggregate,
    )


def _scan(digest: str, *, is_clean: bool) -> dict[str, Any]:
    return {"scannerVersion": "agency-1", "contentHash": digest, "clean": is_clean}


def withdraw(matter: Matter, revocation: bytes) -> Process:
    """Have the disclosure of a revoked decision taken down within three working days, or later."""
    assert matter.disclosure_id is not None
    workdays = 6 if matter.plan.violates("not_withdrawn") else matter.draws.between(0, 2)
    yield matter.desk(_WITHDRAW, workdays)
    matter.command(
        "withdraw_disclosure",
        matter.office.staff.publisher,
        disclosure_id=matter.disclosure_id,
        ground="REVOKED",
        reason="原行政处罚决定已依法撤销。",
        cause_event_id=uuid_text(revocation),
    )
    matter.plant("not_withdrawn", revocation)
