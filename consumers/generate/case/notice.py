"""Before a decision: prior notice, the party's statement, the hearing (行政处罚法 44, 45, 63, 64).

Read before: ``consumers/generate/case/investigation.py``.
Read next: ``consumers/generate/case/review.py``.
Trusts: nothing.
"""

from __future__ import annotations

from consumers.generate.case.matter import Matter
from consumers.generate.simulation import Process, Secret
from consumers.generate.timeline import moment


def notify(matter: Matter) -> Process:
    """Give notice, hear the party, and wait until the law lets the agency decide."""
    plan = matter.plan
    yield matter.morning(plan.pace.notice)
    notified_on = matter.today
    if not plan.violates("no_pre_notice"):
        _give_notice(matter)
    if plan.has_waiver:
        yield matter.morning(1)
        payload = {
            "by": matter.party.party_id,
            "doc": matter.document("放弃陈述申辩声明"),
            "hearingWaived": True,
        }
        matter.submit("StatementWaived", payload, matter.pair[0])
        return
    if plan.has_statement:
        yield from _hear_statement(matter)
    if plan.has_hearing or plan.violates("hearing_not_held"):
        yield from _hold_hearing(matter)
    decide_from = moment(matter.calendar.add(notified_on, plan.pace.window), 9 * 60)
    yield max(decide_from, matter.now)


def _give_notice(matter: Matter) -> None:
    number = matter.office.document_number(f"{matter.office.agency.short}罚告", matter.today)
    has_right = matter.plan.has_hearing_right
    name = "行政处罚听证告知书" if has_right else "行政处罚事先告知书"
    payload = {
        "doc": matter.document(name, number),
        "proposedPenalty": matter.penalties(matter.notified_fine),
        "facts": matter.facts(),
        "factIds": matter.fact_ids(),
        "reasons": matter.secret("上述事实有笔录、照片和当事人陈述为证。"),
        "basis": matter.basis(),
        "hearingRight": has_right,
        "servedAt": matter.now - 60_000_000,
    }
    matter.submit("PenaltyPreNoticeServed", payload, *matter.pair)


def _hear_statement(matter: Matter) -> Process:
    plan = matter.plan
    yield matter.morning(plan.pace.statement)
    payload = {
        "by": matter.party.party_id,
        "contentHash": matter.draws.digest(),
        "receivedAt": matter.now - 60_000_000,
    }
    statement = matter.submit("StatementReceived", payload, matter.pair[0])
    if plan.violates("statement_not_reviewed"):
        return
    yield matter.morning(plan.pace.statement_review)
    payload = {
        "statementEventId": statement,
        "adopted": False,
        "reasons": matter.secret(f"{matter.party.contact}所述情况不影响违法事实的认定。"),
        "doc": matter.document("复核意见书"),
    }
    matter.submit("StatementReviewed", payload, *matter.pair)


def _hold_hearing(matter: Matter) -> Process:
    pace = matter.plan.pace
    yield matter.morning(pace.hearing_request)
    payload = {
        "by": matter.party.party_id,
        "receivedAt": matter.now - 60_000_000,
        "withinTime": True,
    }
    matter.submit("HearingRequested", payload, matter.pair[0])
    if matter.plan.violates("hearing_not_held"):
        return
    yield matter.morning(pace.hearing_notice)
    is_biased = matter.plan.violates("handler_chairs_hearing")
    chair = matter.handlers[0] if is_biased else matter.office.staff.deputies[0]
    number = matter.office.document_number(f"{matter.office.agency.short}听通", matter.today)
    hearing_at = moment(matter.calendar.add(matter.today, pace.hearing), 9 * 60 + 30)
    payload = {
        "doc": matter.document("听证通知书", number),
        "hearingAt": hearing_at,
        "place": matter.place(),
        "chair": chair.officer_id,
        "isPublic": True,
        "servedAt": matter.now - 60_000_000,
    }
    matter.submit("HearingNoticeServed", payload, *matter.pair)
    yield hearing_at + 100 * 60_000_000
    subject = matter.party.subject
    payload = {
        "chair": chair.officer_id,
        "participants": [Secret(subject, matter.party.contact)],
        "record": matter.document("听证笔录"),
        "signed": True,
        "heldAt": hearing_at,
    }
    matter.submit("HearingHeld", payload, (chair, "HEARING_CHAIR"))
