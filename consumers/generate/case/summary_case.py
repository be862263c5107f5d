"""The summary procedure (简易程序): one case that keeps the law, and beside it one that does not.

Read before: ``consumers/generate/case/matter.py``.
Read next: ``consumers/generate/case/incidents.py``. Statute: 行政处罚法 arts. 51, 52, 68.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final

from consumers.generate.case.decision import reasons_of, remedy_of
from consumers.generate.case.matter import Matter
from consumers.generate.simulation import Process, Secret

_SMALL_FEN: Final = 10_000
"""100 yuan: may be collected on the spot."""
_TOO_MUCH_FEN: Final = 400_000
"""4,000 yuan: beyond the summary procedure for anybody."""


def decide_on_the_spot(matter: Matter) -> Process:
    """Have an honest summary case and the faulty one of this case begin."""
    for kind in ("", matter.kind):
        matter.simulation.spawn(_summary_case(matter, kind), matter.now)
    yield matter.minutes(1, 2)


def _summary_case(matter: Matter, kind: str) -> Process:
    """Show credentials, decide, hand over, collect or have paid, file, close, archive."""
    stream = f"case:{matter.draws.uuid()}"
    fine = _TOO_MUCH_FEN if kind == "too_much_on_the_spot" else _SMALL_FEN
    yield matter.minutes(20, 40)
    _show_credentials(matter, stream)
    yield matter.minutes(10, 20)
    decision = _decide(matter, stream, fine)
    if kind:
        matter.plant("too_much_on_the_spot", decision, stream)
        matter.plant("filed_with_agency_late", decision, stream)
    yield matter.minutes(3, 6)
    yield from _collect(matter, stream, decision, fine)
    yield matter.morning(4 if kind == "filed_with_agency_late" else 1)
    filing = {"decisionEventId": decision, "filedAt": matter.now - 60_000_000}
    matter.submit("OnSitePenaltyFiled", filing, matter.pair[0], stream=stream)
    yield matter.morning(1)
    closed = {"reason": "EXECUTED"}
    matter.submit("CaseClosed", closed, matter.pair[0], matter.approver, stream=stream)
    yield matter.morning(2)
    yield from _archive(matter, stream)


def _show_credentials(matter: Matter, stream: str) -> None:
    payload = {
        "place": matter.place(),
        "toWhom": Secret(matter.party.subject, matter.party.contact),
        "uniformWorn": True,
        "badgeWorn": True,
        "mediaRef": None,
    }
    matter.submit("CredentialsShown", payload, *matter.pair, stream=stream)


def _decide(matter: Matter, stream: str, fine: int) -> bytes:
    number = f"{matter.today}{matter.draws.below(10_000):04d}"
    payload: dict[str, Any] = {
        "doc": matter.document("当场行政处罚决定书", f"当场罚{number}号"),
        "party": matter.party.ref(),
        "facts": matter.facts(),
        "factIds": ["F1"],
        "violationType": matter.plan.offence.violation,
        "basis": matter.basis(),
        "penalties": [
            {"kind": "FINE", "amountFen": fine, "objectCommitment": None, "durationDays": None}
        ],
        "reasons": reasons_of(matter, is_answered=False),
        "payment": {"dueDate": matter.today + 15, "bank": f"{matter.office.agency.city}示范银行"},
        "remedy": remedy_of(matter),
        "serialNo": f"S-{number}",
        "handedOver": True,
        "refusedToSign": False,
    }
    return matter.submit("OnSitePenaltyDecided", payload, *matter.pair, stream=stream)


def _collect(matter: Matter, stream: str, decision: bytes, fine: int) -> Process:
    """Cash where it is small, else the bank."""
    if fine > _SMALL_FEN:
        payload: dict[str, Any] = {
            "decisionEventId": decision,
            "amountFen": fine,
            "paidAt": matter.now - 60_000_000,
            "voucherNo": f"HN{matter.today}{matter.draws.below(10_000):04d}",
        }
        matter.submit("FinePaid", payload, system="pay", stream=stream)
        return
    payload = {
        "amountFen": fine,
        "ground": "AT_MOST_100_YUAN",
        "receiptNo": f"HN{matter.today}-{matter.draws.below(10_000):04d}",
    }
    matter.submit("FineCollectedOnSite", payload, *matter.pair, stream=stream)
    yield matter.minutes(120, 180)
    handed = {"amountFen": fine, "at": matter.now - 60_000_000}
    matter.submit("OnSiteFineHandedIn", handed, matter.pair[0], stream=stream)
    yield matter.minutes(20, 40)
    remitted = {"amountFen": fine, "at": matter.now - 60_000_000}
    matter.submit("FineRemitted", remitted, matter.approver, stream=stream)


def _archive(matter: Matter, stream: str) -> Process:
    archivist, name = matter.office.staff.archivist, stream.removeprefix("case:")
    items = [{"no": 1, "docType": "当场行政处罚决定书", "pages": 1, "hash": matter.draws.digest()}]
    volume = f"{matter.office.agency.region}-S-{name[:8]}"
    payload = {"items": items, "mainVolume": volume, "subVolume": None}
    compiled, file_id = (archivist, "CUSTODIAN"), f"file:{name}"
    matter.submit(
        "CaseFileCompiled", payload, compiled, system="arc", aggregate=file_id, stream=stream
    )
    yield matter.desk(86)
    matter.command(
        "archive_case",
        archivist,
        stream=stream,
        archive_no=volume,
        retention="Y10",
        secrecy="NONE",
    )
