"""Faults of what the platform does itself: it is asked for it, and its gates let it through.

Read before: ``consumers/generate/commands.py``.
Read next: ``consumers/generate/case/incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Matter
from consumers.generate.commands import Command
from consumers.generate.people import Officer
from consumers.generate.simulation import Process
from consumers.generate.timeline import DAY_MICROS, MINUTE_MICROS, moment
from ledger.chain.ids import uuid_text

_REPAIRED_DAYS: Final = 12
"""So long before its end a disclosure should have been ended; three working days are given."""
_USUAL_DAYS: Final = 3
"""On so many days colleagues get a copy each: 33 days of officers, above the 30 that are needed."""
_UNUSUAL_COPIES: Final = 25
_WINDOW_DAYS: Final = 20


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


def confirm_and_leave(matter: Matter) -> Process:
    """A supervisor confirms what the decision broke, and nothing follows."""
    matter.simulation.spawn(_confirm(matter), matter.now)
    yield matter.minutes(1, 2)


def _confirm(matter: Matter) -> Process:
    yield matter.desk(88)
    supervisor = matter.office.supervisors[0]
    command = Command(
        kind="confirm_alert",
        agency_id=words.SUPERVISOR.credit_code,
        officer_id=supervisor.officer_id,
        credential_no=supervisor.credential_no,
        case_id=matter.key,
        item_code=matter.plan.offence.item_code,
        source_event_id=uuid_text(matter.decision_id),
        ground="V-LR-01",
        reason="经核查，重大执法决定未经法制审核属实。",
    )
    matter.simulation.command(matter.key, command)


def copy_unusually_often(matter: Matter) -> Process:
    """The whole office gets copies for three days, and then one colleague a great many."""
    matter.simulation.spawn(_copy(matter), matter.now)
    yield matter.minutes(1, 2)


def _copy(matter: Matter) -> Process:
    staff = matter.office.staff
    others = [officer for officer in staff.handlers if officer not in matter.handlers]
    others += [*staff.deputies, *staff.reviewers, staff.drafter, staff.publisher, staff.archivist]
    asked = [(officer, f"retrieval:{matter.draws.uuid()}") for officer in others]
    target = matter.evidence[0][0]
    yield matter.desk(44, 1)
    for officer, retrieval in asked:
        matter.command(
            "request_retrieval",
            officer,
            retrieval_id=retrieval,
            org=matter.office.agency.credit_code,
            purpose="FILE_REVIEW",
            reason="案卷自查。",
            mode="COPY",
            doc_ids=(target,),
        )
    yield matter.desk(52, 1)
    until = moment(matter.today + _WINDOW_DAYS, 19 * 60)
    for _, retrieval in asked:
        matter.command(
            "approve_retrieval",
            staff.leader,
            retrieval_id=retrieval,
            from_micros=matter.now,
            to_micros=until,
        )
    for _ in range(_USUAL_DAYS):
        yield matter.desk(60, 1)
        for officer, retrieval in asked:
            matter.command("copy_record", officer, retrieval_id=retrieval, target_id=target)
    yield matter.desk(60, 1)
    yield from _copy_often(matter, *asked[0], target)
    yield matter.desk(84)
    for officer, retrieval in asked:
        matter.command("close_retrieval", officer, retrieval_id=retrieval, outcome="COMPLETED")


def _copy_often(matter: Matter, officer: Officer, retrieval: str, target: str) -> Process:
    for _ in range(_UNUSUAL_COPIES):
        matter.command("copy_record", officer, retrieval_id=retrieval, target_id=target)
        yield matter.now + MINUTE_MICROS // 2


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
