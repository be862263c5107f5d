"""Faults that are acts of their own in an otherwise honest case, and when in it they happen.

Read before: ``consumers/generate/case/changes.py``.
Read next: ``consumers/generate/case/money_incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from consumers.generate import vocabulary as words
from consumers.generate.case.disclosure import publish_outside
from consumers.generate.case.evidence import register_evidence, seal_evidence
from consumers.generate.case.inspection import inspect, inspect_too_often
from consumers.generate.case.matter import Matter
from consumers.generate.case.money_incidents import (
    collect_and_keep,
    collect_on_the_spot,
    enforce_at_night,
    enforce_without_demand,
    impose_during_remedy,
    impose_too_much,
)
from consumers.generate.case.newcomers import (
    correct_too_often,
    declare_no_reviewers,
    issue_without_exam,
    leave_task_undone,
    publish_benchmark,
    register_auxiliary,
    register_officer,
)
from consumers.generate.case.platform_incidents import (
    confirm_and_leave,
    copy_unusually_often,
    end_after_repair,
    report_broken_copy,
    use_emergency_access,
)
from consumers.generate.case.retrieval import report_access, retrieve_on_paper
from consumers.generate.case.review import review
from consumers.generate.case.summary_case import decide_on_the_spot
from consumers.generate.simulation import Process, Secret


class Incident(NamedTuple):
    """What happens, and after which step of the case."""

    after: str
    play: Callable[[Matter], Process]


def incident(matter: Matter, after: str) -> Process:
    """Let happen what goes wrong in this case after a step, if anything does."""
    held = INCIDENTS.get(matter.kind)
    if held is not None and held.after == after:
        yield from held.play(matter)


# -- investigation ---------------------------------------------------------------------------------


def _recuse(matter: Matter) -> Process:
    """A recusal is granted against the officer who then questions the party."""
    payload = {
        "against": matter.colleague.officer_id,
        "granted": True,
        "approver": matter.office.staff.leader.officer_id,
    }
    matter.submit("RecusalDecided", payload, matter.approver)
    yield matter.minutes(20, 40)


def _interrupt_recording(matter: Matter) -> Process:
    payload = {"at": matter.now - 240_000_000, "resumedAt": matter.now, "reason": None}
    recording = (matter.handlers[1], "RECORDER")
    media = matter.media[0]
    matter.submit("RecordingInterrupted", payload, recording, system="avs", aggregate=media)
    yield matter.minutes(1, 2)


def _find_clock_drift(matter: Matter) -> Process:
    """The clock of a recorder is a minute and a half wrong, as its station finds."""
    device = f"device:{matter.office.agency.credit_code.lower()}-1"
    payload = {
        "deviceId": device,
        "clockDriftMs": 95_000,
        "batteryPercent": 80,
        "storageFreeBytes": 64_000_000_000,
        "checkedAt": matter.now - 60_000_000,
    }
    checked = matter.declare("RecorderDeviceChecked", payload, device, "avs")
    matter.plant("clock_drift", checked, device)
    yield matter.minutes(1, 2)


def _pre_register(matter: Matter) -> Process:
    goods = f"与{matter.plan.offence.violation}有关的物品"
    payload = {
        "items": [{"itemNo": "1", "description": matter.secret(goods), "quantity": 3}],
        "approver": matter.office.staff.leader.officer_id,
        "approvedAt": matter.now - 300_000_000,
        "noticeDoc": matter.document("先行登记保存证据通知书"),
    }
    registered = matter.submit("EvidencePreRegistered", payload, *matter.pair)
    matter.simulation.spawn(_release(matter, registered), matter.now)
    yield matter.minutes(1, 2)


def _release(matter: Matter, registered: bytes) -> Process:
    """Release what was pre-registered a day after the seven that the law gives (art. 56)."""
    yield matter.morning(8)
    payload = {
        "registrationEventId": registered,
        "outcome": "RELEASED",
        "doc": matter.document("先行登记保存证据处理决定书"),
    }
    matter.submit("PreRegistrationDisposed", payload, *matter.pair)


def _hand_over(matter: Matter) -> Process:
    """Somebody hands evidence over who never held it."""
    payload = {
        "from": matter.office.staff.archivist.officer_id,
        "to": matter.office.staff.leader.officer_id,
        "reason": "STORAGE",
        "condition": "INTACT",
        "signed": True,
    }
    evidence = matter.evidence[0][0]
    matter.submit("EvidenceTransferred", payload, matter.pair[0], aggregate=evidence)
    yield matter.minutes(5, 10)


def _exclude_evidence(matter: Matter) -> Process:
    payload = {"ground": "UNLAWFUL_MEANS", "by": matter.office.staff.leader.officer_id}
    evidence = matter.evidence[0][0]
    matter.submit("EvidenceExcluded", payload, matter.approver, aggregate=evidence)
    yield matter.minutes(5, 10)


def _seal_unregistered(matter: Matter) -> Process:
    """A piece of evidence is sealed that nobody has registered."""
    sealed, _ = seal_evidence(matter, f"evidence:{matter.draws.uuid()}")
    matter.plant("unregistered_evidence_sealed", sealed)
    yield matter.minutes(5, 10)


# -- before and after the decision -----------------------------------------------------------------


def _find_more_evidence(matter: Matter) -> Process:
    yield matter.minutes(60, 90)
    register_evidence(matter, "DOCUMENTARY", "PARTY", "审核后补充的书证")


def _review_afterwards(matter: Matter) -> Process:
    yield from review(matter)


def _register_afterwards(matter: Matter) -> Process:
    yield matter.minutes(30, 60)
    register_evidence(matter, "DOCUMENTARY", "PARTY", "决定后补充的书证", matter.late_evidence)


def _publish_before_service(matter: Matter) -> Process:
    yield matter.minutes(10, 20)
    informed = {"doc": matter.document("公示告知书")}
    matter.submit("PartyInformedOfDisclosure", informed, *matter.pair)
    yield matter.minutes(3, 6)
    publish_outside(matter, None)


def _publish_after_service(matter: Matter) -> Process:
    yield matter.minutes(40, 80)
    publish_outside(matter, None)


def _publish_personal_data(matter: Matter) -> Process:
    yield matter.minutes(40, 80)
    publish_outside(matter, is_clean=False)


def _annul_a_record(matter: Matter) -> Process:
    """A record of a decided case is annulled, by two people as it has to be."""
    yield matter.minutes(20, 40)
    note = {"doc": matter.document("情况说明")}
    target = matter.submit("TextRecordMade", note, *matter.pair)
    yield matter.minutes(40, 80)
    correction = f"correction:{matter.draws.uuid()}"
    payload = {"targetEventId": target, "reason": matter.secret("误录，与本案无关。")}
    proposal = matter.submit(
        "EventAnnulmentProposed", payload, matter.pair[0], aggregate=correction
    )
    yield matter.minutes(60, 120)
    payload = {"targetEventId": target, "proposalEventId": proposal}
    supervisor = (matter.office.supervisors[0], "HEAD")
    matter.submit(
        "EventAnnulled",
        payload,
        supervisor,
        system="sup",
        aggregate=correction,
        by=words.SUPERVISOR,
    )


# -- after closing ---------------------------------------------------------------------------------


def _dispose_of_recording(matter: Matter) -> Process:
    """A recording that is evidence, and kept for ever, is erased by the recorder station."""
    yield matter.morning(1)
    payload = {
        "approver": matter.office.staff.leader.officer_id,
        "hashes": [matter.draws.digest()],
    }
    erasing = (matter.office.staff.archivist, "CUSTODIAN")
    media = matter.media[0]
    matter.submit("MediaDisposed", payload, erasing, system="avs", aggregate=media)


def _ask_for_correction(matter: Matter) -> Process:
    """The party asks to have the published decision corrected, and nobody answers."""
    assert matter.disclosure_id is not None
    yield matter.morning(1)
    payload = {
        "by": Secret(matter.party.subject, matter.party.contact),
        "claim": matter.secret("公示的决定书文号有误。"),
        "receivedAt": matter.now - 60_000_000,
    }
    receiving = (matter.office.staff.publisher, "DISCLOSER")
    disclosure = matter.disclosure_id
    matter.submit(
        "DisclosureCorrectionRequested", payload, receiving, system="dis", aggregate=disclosure
    )


def _approve_own_access(matter: Matter) -> Process:
    yield matter.morning(1)
    officer = matter.colleague.officer_id
    report_access(matter, f"retrieval:{matter.draws.uuid()}", approved_by=officer)


INCIDENTS: Final[Mapping[str, Incident]] = {
    "credential_without_exam": Incident("filed", issue_without_exam),
    "too_few_reviewers": Incident("filed", declare_no_reviewers),
    "reform_task_undone": Incident("filed", leave_task_undone),
    "inspected_too_often": Incident("filed", inspect_too_often),
    "corrected_too_often": Incident("compiled", correct_too_often),
    "outside_benchmark": Incident("filed", publish_benchmark),
    "auxiliary_enforces": Incident("filed", register_auxiliary),
    "suspension_learnt_late": Incident("filed", register_officer),
    "unlisted_item_inspected": Incident("filed", inspect),
    "inspected_without_approval": Incident("filed", inspect),
    "draw_not_reproducible": Incident("filed", inspect),
    "too_much_on_the_spot": Incident("filed", decide_on_the_spot),
    "filed_with_agency_late": Incident("filed", decide_on_the_spot),
    "interrupted_without_reason": Incident("on_site", _interrupt_recording),
    "clock_drift": Incident("on_site", _find_clock_drift),
    "pre_registered_and_kept": Incident("on_site", _pre_register),
    "acted_after_recusal": Incident("examined", _recuse),
    "custody_gap": Incident("investigated", _hand_over),
    "excluded_evidence_cited": Incident("investigated", _exclude_evidence),
    "unregistered_evidence_sealed": Incident("investigated", _seal_unregistered),
    "evidence_after_review": Incident("reviewed", _find_more_evidence),
    "agreed_after_decision": Incident("decided", _review_afterwards),
    "confirmed_and_left": Incident("decided", confirm_and_leave),
    "evidence_after_decision": Incident("decided", _register_afterwards),
    "published_before_service": Incident("decided", _publish_before_service),
    "party_not_told": Incident("served", _publish_after_service),
    "personal_data_published": Incident("served", _publish_personal_data),
    "annulled_after_decision": Incident("served", _annul_a_record),
    "collected_on_the_spot": Incident("served", collect_on_the_spot),
    "cash_kept_too_long": Incident("served", collect_and_keep),
    "additional_fine_too_high": Incident("served", impose_too_much),
    "additional_fine_in_remedy": Incident("served", impose_during_remedy),
    "enforced_at_night": Incident("executed", enforce_at_night),
    "enforced_without_demand": Incident("executed", enforce_without_demand),
    "recording_disposed_of": Incident("closed", _dispose_of_recording),
    "shown_after_repair": Incident("closed", end_after_repair),
    "emergency_access_kept": Incident("closed", use_emergency_access),
    "copy_of_the_log_broken": Incident("closed", report_broken_copy),
    "copied_unusually_often": Incident("closed", copy_unusually_often),
    "correction_unanswered": Incident("closed", _ask_for_correction),
    "approved_own_access": Incident("closed", _approve_own_access),
    "access_outside_scope": Incident("closed", retrieve_on_paper),
    "access_before_approval": Incident("closed", retrieve_on_paper),
    "retrieval_not_closed": Incident("closed", retrieve_on_paper),
}
"""What happens beside the honest acts, by kind of fault."""
