"""Retrieval of records: request, approval by somebody else, viewing, copying, closing.

Read before: ``consumers/generate/case/disclosure.py``. Read next: ``consumers/generate/lists.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Matter
from consumers.generate.people import Officer
from consumers.generate.simulation import Process
from consumers.generate.timeline import moment

# The desk's round after 17:00, minutes; see ``disclosure``.
_REQUEST, _APPROVE, _ACCESS, _CLOSE = 44, 52, 60, 80
_WINDOW_DAYS: Final = 14
_PAPER_DAYS: Final = 3


def retrieve(matter: Matter) -> Process:
    """Let a supervisor or a colleague see the records of the case."""
    draws = matter.draws
    requester, org, purpose, basis = _requester(matter)
    retrieval = f"retrieval:{draws.uuid()}"
    mode = draws.choice(("VIEW", "VIEW", "COPY"))
    documents = tuple(evidence for evidence, _ in matter.evidence[:1])
    yield matter.desk(_REQUEST, draws.between(1, 8))
    matter.command(
        "request_retrieval",
        requester,
        retrieval_id=retrieval,
        org=org,
        purpose=purpose,
        reason=basis,
        mode=mode,
        media_ids=tuple(matter.media),
        doc_ids=documents,
    )
    if draws.chance(50):
        # Too soon: the gate refuses and the attempt is on record.
        yield matter.minutes(2, 4)
        _access(matter, requester, retrieval, f"access:{draws.uuid()}")
    yield matter.desk(_APPROVE, draws.between(1, 2))
    if draws.chance(100):
        payload = {
            "approver": matter.office.staff.leader.officer_id,
            "reason": matter.secret("申请事由与本案无关。"),
        }
        matter.submit("RetrievalRejected", payload, matter.approver, aggregate=retrieval)
        return
    matter.command(
        "approve_retrieval",
        matter.office.staff.leader,
        retrieval_id=retrieval,
        from_micros=matter.now,
        to_micros=moment(matter.today + _WINDOW_DAYS, 19 * 60),
    )
    yield from _view(matter, requester, retrieval, is_copied=mode == "COPY")


def _requester(matter: Matter) -> tuple[Officer, str, str, str]:
    """Return who asks, of which organisation, for which purpose and why."""
    office = matter.office
    if matter.draws.chance(600):
        supervisor = matter.draws.choice(office.supervisors)
        purpose = matter.draws.choice(("SUPERVISION", "FILE_REVIEW"))
        return supervisor, words.SUPERVISOR.credit_code, purpose, "年度行政执法案卷评查抽取本案。"
    others = [officer for officer in office.staff.handlers if officer not in matter.handlers]
    reason = f"办理涉及{matter.party.name}的关联案件需要。"
    return matter.draws.choice(others), office.agency.credit_code, "CASE_HANDLING", reason


def _view(matter: Matter, requester: Officer, retrieval: str, *, is_copied: bool) -> Process:
    access = f"access:{matter.draws.uuid()}"
    yield matter.desk(_ACCESS)
    target = _access(matter, requester, retrieval, access)
    if is_copied:
        yield matter.minutes(2, 4)
        matter.command("copy_record", requester, retrieval_id=retrieval, target_id=target)
    yield matter.minutes(5, 12)
    size = matter.draws.between(100_000, 90_000_000)
    matter.command("end_access", requester, retrieval_id=retrieval, access_id=access, bytes=size)
    yield matter.desk(_CLOSE, matter.draws.between(0, 4))
    matter.command("close_retrieval", requester, retrieval_id=retrieval, outcome="COMPLETED")


def _access(matter: Matter, requester: Officer, retrieval: str, access: str) -> str:
    """Ask to see the recording, or the first document if there is none; return its id."""
    target = matter.media[0] if matter.media else matter.evidence[0][0]
    matter.command(
        "access_record",
        requester,
        retrieval_id=retrieval,
        access_id=access,
        target_id=target,
        ip=f"10.43.{matter.draws.below(200)}.{matter.draws.between(2, 250)}",
    )
    return target


def report_offline_access(matter: Matter) -> Process:
    """Somebody has looked into the paper file without approval, and it is reported afterwards."""
    yield matter.morning(1)
    others = [officer for officer in matter.office.staff.handlers if officer not in matter.handlers]
    who = matter.draws.choice(others)
    reported = report_access(matter, f"retrieval:{matter.draws.uuid()}", who=who)
    matter.plant("unapproved_offline_access", reported)


def report_access(
    matter: Matter,
    retrieval: str,
    *,
    who: Officer | None = None,
    what: str | None = None,
    at: int | None = None,
    approved_by: str | None = None,
) -> bytes:
    """Report that somebody looked into the paper file; return the act's event id."""
    payload = {
        "who": (who or matter.colleague).officer_id,
        "what": what or matter.evidence[0][0],
        "at": matter.now - 3_600_000_000 if at is None else at,
        "approvedBy": approved_by,
    }
    reporting = (matter.office.staff.archivist, "CUSTODIAN")
    return matter.submit("OfflineAccessReported", payload, reporting, aggregate=retrieval)


def retrieve_on_paper(matter: Matter) -> Process:
    """A colleague sees the paper file with approval, but not as approved, or keeps it too long."""
    retrieval = f"retrieval:{matter.draws.uuid()}"
    matter.simulation.spawn(_see_paper(matter, retrieval), matter.now)
    yield matter.minutes(1, 2)


def _see_paper(matter: Matter, retrieval: str) -> Process:
    violates, asker = matter.plan.violates, matter.colleague
    scope = {"mediaIds": [], "docIds": [matter.evidence[0][0]], "fields": []}
    yield matter.morning(1)
    payload: dict[str, Any] = {
        "requester": asker.officer_id,
        "org": matter.office.agency.credit_code,
        "purpose": "CASE_HANDLING",
        "basis": matter.secret("办理关联案件需要。"),
        "matter": matter.key,
        "scope": scope,
        "mode": "VIEW",
    }
    matter.submit("RetrievalRequested", payload, (asker, "REQUESTER"), aggregate=retrieval)
    yield matter.morning(1)
    payload = {
        "approver": matter.office.staff.leader.officer_id,
        "secondApprover": None,
        "scope": scope,
        "mode": "VIEW",
        "from": matter.now,
        "to": moment(matter.today + _PAPER_DAYS, 17 * 60),
        "watermark": f"W-{matter.draws.below(10**8):08d}",
    }
    approved = matter.now
    matter.submit("RetrievalApproved", payload, matter.approver, aggregate=retrieval)
    yield matter.minutes(120, 180)
    if violates("access_outside_scope"):
        report_access(matter, retrieval, what=matter.evidence[1][0])
    if violates("access_before_approval"):
        report_access(matter, retrieval, at=approved - 3_600_000_000)
    days = _PAPER_DAYS + 4 if violates("retrieval_not_closed") else 0
    yield matter.desk(_CLOSE, days)
    matter.command("close_retrieval", asker, retrieval_id=retrieval, outcome="COMPLETED")
