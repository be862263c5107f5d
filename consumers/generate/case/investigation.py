"""Investigation: on the spot with camera and credentials, questions, evidence, conclusion.

Read before: ``consumers/generate/case/evidence.py``.
Read next: ``consumers/generate/case/notice.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any

from consumers.generate.case.evidence import register_evidence
from consumers.generate.case.incidents import incident
from consumers.generate.case.matter import Matter
from consumers.generate.case.newcomers import suspend_belatedly
from consumers.generate.simulation import Process, Secret
from consumers.generate.timeline import MINUTE_MICROS

_RIGHTS = ["STATEMENT", "RECUSAL", "TRUTHFUL_ANSWER", "REFUSE_UNRELATED"]
_NOT_SHOWN = ("no_credentials_shown", "credentials_shown_afterwards")


def investigate(matter: Matter) -> Process:
    """Examine, ask, verify, conclude."""
    pace = matter.plan.pace
    yield matter.morning(pace.examination)
    yield from _examine(matter)
    yield matter.morning(pace.inquiry)
    yield from incident(matter, "examined")
    yield from _inquire(matter)
    yield matter.morning(pace.verification)
    yield from _verify(matter)
    yield matter.morning(pace.conclusion)
    yield from incident(matter, "investigated")
    _conclude(matter)


def _examine(matter: Matter) -> Process:
    """On the spot, recorded from before the first act to after the last."""
    is_recorded = not matter.plan.violates("no_recording")
    media = f"media:{matter.draws.uuid()}"
    officer = matter.handlers[1]
    device = f"device:{matter.office.agency.credit_code.lower()}-{matter.draws.between(1, 3)}"
    began = matter.now
    if is_recorded:
        matter.media.append(media)
        payload = {
            "deviceId": device,
            "officer": officer.officer_id,
            "at": began,
            "place": matter.place(),
        }
        matter.submit(
            "RecordingStarted",
            payload,
            (officer, "RECORDER"),
            system="avs",
            aggregate=media,
            occurred=began,
        )
    yield matter.minutes(3, 5)
    arrived = matter.now
    if matter.kind not in _NOT_SHOWN:
        _show_credentials(matter, media if is_recorded else None)
    matter.submit("PartyNotifiedOfRights", {"rights": _RIGHTS, "doc": None}, *matter.pair)
    yield matter.minutes(20, 50)
    yield from incident(matter, "on_site")
    _record_examination(matter, began)
    if matter.plan.violates("credentials_shown_afterwards"):
        yield matter.minutes(3, 6)
        _show_credentials(matter, media, arrived)
    if matter.plan.has_seizure:
        yield matter.minutes(3, 6)
        yield from _seize(matter)
    yield matter.minutes(3, 6)
    if is_recorded:
        payload = {"at": matter.now, "durationS": (matter.now - began) // 1_000_000}
        matter.submit(
            "RecordingStopped",
            payload,
            (officer, "RECORDER"),
            system="avs",
            aggregate=media,
            occurred=matter.now,
        )
        matter.simulation.spawn(_upload(matter, media, began, matter.now), matter.now)
    yield matter.minutes(10, 30)
    _order_rectification(matter)
    register_evidence(matter, "RECORD", "ON_SITE", "现场检查情况的笔录和照片")


def _show_credentials(matter: Matter, media: str | None, at: int | None = None) -> None:
    payload = {
        "place": matter.place(),
        "toWhom": Secret(matter.party.subject, matter.party.contact),
        "uniformWorn": True,
        "badgeWorn": True,
        "mediaRef": media,
    }
    matter.submit("CredentialsShown", payload, *matter.pair, occurred=at)


def _record_examination(matter: Matter, began: int) -> None:
    ended = matter.now - 90_000_000
    examined = matter.submit(
        "OnSiteExamined",
        {
            "place": matter.place(),
            "record": matter.document("现场笔录"),
            "signedByParty": True,
            "refusedReason": None,
            "witness": None,
            "from": began + 60_000_000,
            "to": ended,
        },
        *matter.pair,
        occurred=ended,
    )
    matter.plant("no_credentials_shown", examined)
    matter.plant("no_recording", examined)


def _seize(matter: Matter) -> Process:
    """Seize goods with prior approval, and give them back in time."""
    measure = f"measure:{matter.draws.uuid()}"
    leader = matter.office.staff.leader.officer_id
    if matter.plan.violates("emergency_not_ratified"):
        yield from _seize_at_once(matter, measure)
        return
    payload: dict[str, Any] = {
        "measureKind": "SEIZE",
        "basis": matter.basis(),
        "approver": leader,
        "approvedAt": matter.now - 60_000_000,
    }
    matter.submit("MeasureApproved", payload, matter.approver, aggregate=measure)
    yield matter.minutes(10, 20)
    payload = {
        "measureKind": "SEIZE",
        "place": matter.place(),
        "items": _goods(matter),
        "decisionDoc": matter.document("扣押决定书"),
        "listDoc": matter.document("物品清单"),
        "until": matter.today + 30,
        "rightsTold": True,
        "partyPresent": True,
        "witness": None,
        "record": matter.document("现场笔录"),
        "from": matter.now - 8 * MINUTE_MICROS,
        "to": matter.now - 2 * MINUTE_MICROS,
    }
    ended = matter.now - 2 * MINUTE_MICROS
    matter.submit("MeasureImposed", payload, *matter.pair, aggregate=measure, occurred=ended)
    matter.simulation.spawn(_lift(matter, measure), matter.now)


def _goods(matter: Matter) -> list[dict[str, Any]]:
    goods = f"与{matter.plan.offence.violation}有关的物品"
    return [{"itemNo": "1", "description": matter.secret(goods), "quantity": 12}]


def _seize_at_once(matter: Matter, measure: str) -> Process:
    """Seize without approval in an emergency, and have it approved six hours too late."""
    payload: dict[str, Any] = {
        "measureKind": "SEIZE",
        "place": matter.place(),
        "items": _goods(matter),
        "ground": matter.secret("物品正在被转移。"),
        "until": matter.today + 30,
        "record": matter.document("现场笔录"),
    }
    imposed = matter.submit("EmergencyMeasureImposed", payload, *matter.pair, aggregate=measure)
    matter.simulation.spawn(_ratify(matter, measure, imposed), matter.now)
    yield matter.minutes(1, 2)


def _ratify(matter: Matter, measure: str, imposed: bytes) -> Process:
    yield max(matter.morning(1), matter.minutes(30 * 60, 30 * 60))
    payload = {
        "measureEventId": imposed,
        "approver": matter.office.staff.leader.officer_id,
        "at": matter.now - 60_000_000,
    }
    matter.submit("EmergencyMeasureRatified", payload, matter.approver, aggregate=measure)
    yield from _lift(matter, measure)


def _lift(matter: Matter, measure: str) -> Process:
    is_late = matter.plan.violates("measure_beyond_its_term")
    yield matter.morning(28 if is_late else matter.draws.between(5, 12))
    payload = {
        "doc": matter.document("解除扣押决定书"),
        "reason": matter.secret("已查清事实，物品与违法行为无关。"),
        "at": matter.now,
    }
    matter.submit("MeasureLifted", payload, *matter.pair, matter.approver, aggregate=measure)


def _upload(matter: Matter, media: str, began: int, ended: int) -> Process:
    is_late = matter.plan.violates("late_upload")
    yield matter.minutes(30 * 60, 34 * 60) if is_late else matter.minutes(90, 150)
    segment = {"hash": matter.draws.digest(), "from": began, "to": ended}
    payload = {"segments": [segment], "category": "EVIDENCE"}
    uploaded = matter.submit(
        "RecordingUploaded",
        payload,
        (matter.handlers[1], "RECORDER"),
        system="avs",
        aggregate=media,
    )
    matter.plant("late_upload", uploaded)


def _order_rectification(matter: Matter) -> None:
    payload = {
        "doc": matter.document("责令改正通知书"),
        "due": matter.today + 15,
        "content": matter.secret(f"立即停止{matter.plan.offence.violation}的行为。"),
    }
    matter.rectification_id = matter.submit("RectificationOrdered", payload, *matter.pair)


def _inquire(matter: Matter) -> Process:
    """Question the party; confirm how documents may be served."""
    violates = matter.plan.violates
    actors = list(matter.pair)
    if violates("suspended_credential"):
        actors[1] = (matter.office.staff.suspended, "CO_HANDLER")
    if violates("one_officer_only"):
        del actors[1]
    if violates("acted_after_recusal"):
        actors[1] = (matter.colleague, "CO_HANDLER")
    if violates("auxiliary_enforces"):
        assert matter.auxiliary is not None
        actors.append((matter.auxiliary, "CO_HANDLER"))
    if violates("suspension_learnt_late"):
        assert matter.auxiliary is not None
        actors[1] = (matter.auxiliary, "CO_HANDLER")
        matter.simulation.spawn(suspend_belatedly(matter), matter.now)
    role = "PARTY" if matter.party.is_natural else "LEGAL_REPRESENTATIVE"
    payload = {
        "person": Secret(matter.party.subject, matter.party.contact),
        "role": role,
        "record": matter.document("询问笔录"),
        "signed": True,
    }
    happened = matter.now - 45_000_000
    if violates("late_entry"):
        yield matter.morning(2)
    inquiry = matter.submit("InquiryRecorded", payload, *actors, occurred=happened)
    for kind in ("suspended_credential", "one_officer_only", "late_entry"):
        matter.plant(kind, inquiry)
    yield matter.minutes(5, 15)
    if not violates("electronic_without_consent"):
        contact = f"湖南省{matter.party.address}，电话{matter.party.phone}"
        payload = {
            "methods": ["DIRECT", "POST", "ELECTRONIC"],
            "address": Secret(matter.party.subject, contact),
            "doc": matter.document("送达地址确认书"),
        }
        matter.submit("ServiceAddressConfirmed", payload, *matter.pair)
    register_evidence(matter, "PARTY_STATEMENT", "INQUIRY", "对当事人的询问笔录")


def _verify(matter: Matter) -> Process:
    """Verify each piece of evidence, and whether the party has mended its ways."""
    officer = matter.handlers[0]
    methods = ("COMPARED_WITH_ORIGINAL", "CONFIRMED_BY_PARTY")
    for evidence, _ in matter.evidence:
        payload = {"by": officer.officer_id, "method": matter.draws.choice(methods)}
        matter.submit("EvidenceVerified", payload, (officer, "HANDLER"), aggregate=evidence)
    yield matter.minutes(20, 60)
    mended = {"orderEventId": matter.rectification_id, "result": "RECTIFIED", "doc": None}
    matter.submit("RectificationVerified", mended, *matter.pair)


def _conclude(matter: Matter) -> None:
    plan = matter.plan
    gap = plan.violates("sequence_gap")
    stream = matter.lose_number() if gap else None
    concluded = matter.submit(
        "InvestigationConcluded",
        {
            "report": matter.document("案件调查终结报告"),
            "proposedPenalty": matter.penalties(matter.notified_fine),
            "facts": matter.facts(),
            "factIds": matter.fact_ids(),
            "basis": matter.basis(),
            "evidenceIds": [evidence for evidence, _ in matter.evidence],
            "criminalIndication": False,
        },
        *matter.pair,
    )
    matter.plant("sequence_gap", concluded, stream)
