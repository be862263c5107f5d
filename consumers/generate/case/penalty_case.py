"""A whole ordinary penalty case from lead to archive (行政处罚法, ordinary procedure).

Read before: ``consumers/generate/case/matter.py``.
Read next: ``consumers/generate/case/investigation.py``.
Trusts: nothing.
"""

from __future__ import annotations

from consumers.generate.case.decision import decide, serve
from consumers.generate.case.disclosure import disclose, withdraw
from consumers.generate.case.incidents import incident
from consumers.generate.case.investigation import investigate
from consumers.generate.case.matter import Matter
from consumers.generate.case.notice import notify
from consumers.generate.case.retrieval import report_offline_access, retrieve
from consumers.generate.case.review import clear_gate, review
from consumers.generate.simulation import Process, Secret

_NOT_REVIEWED = ("no_legal_review", "agreed_after_decision", "confirmed_and_left")


def penalty_case(matter: Matter) -> Process:
    """Run a case; it begins at the moment it is spawned at."""
    plan = matter.plan
    yield from _open(matter)
    yield from investigate(matter)
    yield from notify(matter)
    review_id = None
    if plan.is_major and matter.kind not in _NOT_REVIEWED:
        review_id = yield from review(matter)
    yield from incident(matter, "reviewed")
    gate_id = yield from clear_gate(matter, review_id)
    decision_id, document = yield from decide(matter, review_id, gate_id)
    yield from incident(matter, "decided")
    matter.simulation.spawn(disclose(matter, decision_id), matter.now)
    yield from serve(matter, document)
    yield from incident(matter, "served")
    if plan.is_revoked:
        yield from _revoke(matter, decision_id)
    else:
        yield from _execute(matter, decision_id)
    if plan.violates("unapproved_offline_access"):
        yield from report_offline_access(matter)
    yield from _close(matter)
    yield from incident(matter, "closed")
    for _ in range(plan.retrievals):
        matter.simulation.spawn(retrieve(matter), matter.now)
    yield from _archive(matter)


def _open(matter: Matter) -> Process:
    """Lead, filing, handlers."""
    plan = matter.plan
    if plan.is_minor:
        matter.make_party_a_minor()
    informant = Secret(f"p-{matter.draws.uuid()}", "举报人不愿公开身份")
    matter.submit(
        "LeadRegistered",
        {
            "source": matter.draws.choice(["INSPECTION", "COMPLAINT", "REFERRAL", "MONITORING"]),
            "receivedAt": matter.now - 600_000_000,
            "informant": informant if matter.draws.chance(200) else None,
            "content": matter.secret(f"反映{matter.party.name}涉嫌{plan.offence.violation}。"),
        },
        matter.pair[0],
    )
    found = matter.today - matter.draws.between(1, 20)
    if matter.twins is not None:
        found = matter.twins.violation_ended
    yield matter.morning(plan.pace.filing)
    number = matter.office.document_number(f"{matter.office.agency.short}立", matter.today)
    leader = matter.office.staff.leader.officer_id
    matter.submit(
        "CaseFiled",
        {
            "caseNo": number,
            "party": matter.party.ref(),
            "suspectedViolation": plan.offence.violation,
            "itemCode": plan.offence.item_code,
            "approver": leader,
            "violationEndDate": found,
        },
        matter.pair[0],
        matter.approver,
    )
    yield matter.minutes(15, 40)
    handlers = [officer.officer_id for officer in matter.handlers]
    payload = {"handlers": handlers, "approver": leader}
    matter.submit("HandlersAssigned", payload, matter.approver)
    yield from incident(matter, "filed")


def _revoke(matter: Matter, decision_id: bytes) -> Process:
    """The agency revokes its decision, and asks for the disclosure to be withdrawn."""
    yield matter.morning(7, within_days=15)  # Until then the fine is not due.
    revocation = matter.submit(
        "DecisionRevoked",
        {
            "decisionEventId": decision_id,
            "by": "SAME_AGENCY",
            "doc": matter.document("撤销行政处罚决定书"),
            "effectiveAt": matter.now,
        },
        *matter.pair,
        matter.approver,
    )
    yield from withdraw(matter, revocation)


def _execute(matter: Matter, decision_id: bytes) -> Process:
    """Payment, and the end of execution."""
    amount = matter.plan.fine + matter.plan.gains
    if amount:
        yield matter.morning(matter.plan.pace.payment, within_days=15)
        voucher = f"HN{matter.today}{matter.draws.below(10_000):04d}"
        payload = {
            "decisionEventId": decision_id,
            "amountFen": amount,
            "paidAt": matter.now - 120_000_000,
            "voucherNo": voucher,
        }
        matter.submit("FinePaid", payload, system="pay")
    yield from incident(matter, "executed")
    yield matter.minutes(30, 90)
    completed = {"completedAt": matter.now - 60_000_000}
    matter.submit("ExecutionCompleted", completed, matter.pair[0])


def _close(matter: Matter) -> Process:
    yield matter.morning(matter.plan.pace.closing)
    reason = "ENDED" if matter.plan.is_revoked else "EXECUTED"
    matter.submit("CaseClosed", {"reason": reason}, matter.pair[0], matter.approver)
    if matter.plan.violates("act_after_closing"):
        yield matter.morning(1)
        note = matter.submit("TextRecordMade", {"doc": matter.document("情况说明")}, *matter.pair)
        matter.plant("act_after_closing", note)


def _archive(matter: Matter) -> Process:
    """Compile the file; the platform archives it with the root of the case's stream."""
    yield matter.morning(matter.plan.pace.archive, within_days=25)
    names = ("立案审批表", "现场笔录", "询问笔录", "案件调查终结报告", "行政处罚决定书", "送达回证")
    items = [
        {
            "no": number,
            "docType": name,
            "pages": matter.draws.between(1, 9),
            "hash": matter.draws.digest(),
        }
        for number, name in enumerate(names, start=1)
    ]
    volume = f"{matter.office.agency.region}-{matter.plan.number:06d}"
    archivist = matter.office.staff.archivist
    payload = {"items": items, "mainVolume": volume, "subVolume": f"{volume}-F"}
    file_id = f"file:{matter.key.removeprefix('case:')}"
    compiled = (archivist, "CUSTODIAN")
    target = matter.submit("CaseFileCompiled", payload, compiled, system="arc", aggregate=file_id)
    matter.compiled = {"event": target, "payload": payload}
    yield from incident(matter, "compiled")
    yield matter.desk(86)
    matter.command(
        "archive_case",
        archivist,
        archive_no=volume,
        retention="PERMANENT" if matter.plan.is_major else "Y30",
        secrecy="NONE",
    )
