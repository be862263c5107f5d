"""Faults of what the platform does itself: it is asked for it, and its gates let it through.

Read before: ``consumers/generate/commands.py``.
Read next: ``consumers/generate/case/incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final

from consumers.generate.case.matter import Matter
from consumers.generate.simulation import Process
from consumers.generate.timeline import DAY_MICROS

_REPAIRED_DAYS: Final = 12
"""So long before its end a disclosure should have been ended; three working days are given."""


def end_after_repair(matter: Matter) -> Process:
    """The credit was repaired twelve days ago, and the decision is still to be seen."""
    assert matter.disclosure_id is not None
    yield matter.desk(40, 1)
    matter.command(
        "end_repaired_disclosure",
        matter.office.staff.publisher,
        disclosure_id=matter.disclosure_id,
        ground=f"信用修复〔{matter.plan.number}〕1号",
        from_micros=matter.now - _REPAIRED_DAYS * DAY_MICROS,
    )


def use_emergency_access(matter: Matter) -> Process:
    """A colleague sees the file in an emergency, and nobody approves it afterwards."""
    retrieval, officer = f"retrieval:{matter.draws.uuid()}", matter.colleague
    yield matter.desk(48, 1)
    matter.command(
        "use_emergency_access",
        officer,
        retrieval_id=retrieval,
        org=matter.office.agency.credit_code,
        purpose="CASE_HANDLING",
        reason="关联案件当事人正在转移财产。",
        mode="VIEW",
        doc_ids=(matter.evidence[0][0],),
    )
    yield matter.desk(82, 2)
    matter.command("close_retrieval", officer, retrieval_id=retrieval, outcome="COMPLETED")


def report_broken_copy(matter: Matter) -> Process:
    """Somebody who follows the log finds an entry of a copy that is not what was promised."""
    yield matter.desk(88)
    stream = "anchor:copy"
    origin = f"copy-{matter.plan.number}.example/log/0"
    matter.command(
        "report_breach", matter.office.staff.archivist, stream=stream, target_id=f"{origin}#17"
    )
    matter.plant("copy_of_the_log_broken", matter.decision_id, stream)


def draft_another_text(matter: Matter, disclosure: str) -> None:
    """An agency's own module drafts and reviews another text than was served."""
    content, staff = matter.draws.digest(), matter.office.staff
    payload: dict[str, Any] = {
        "sourceEventId": matter.decision_id,
        "view": "PENALTY",
        "channel": "PORTAL",
        "contentHash": content,
        "version": 1,
        "drafter": staff.drafter.officer_id,
        "redactions": [],
        "servedDocHash": matter.draws.digest(),
        "publicDocHash": None,
        "replaces": None,
        "until": matter.today + 365,
    }
    drafting = (staff.drafter, "DISCLOSER")
    matter.submit("DisclosureDrafted", payload, drafting, system="dis", aggregate=disclosure)
    payload = {
        "contentHash": content,
        "decision": "APPROVED",
        "reviewer": staff.publisher.officer_id,
        "secrecyCheck": True,
        "privacyCheck": True,
        "scan": {"scannerVersion": "agency-1", "contentHash": content, "clean": True},
        "acknowledgedAlerts": [],
        "reason": None,
    }
    reviewing = (staff.publisher, "REVIEWER")
    matter.submit("DisclosureReviewed", payload, reviewing, system="dis", aggregate=disclosure)
