"""Inspections (行政检查, 双随机): one that keeps the rules, and beside it one that breaks one.

Read before: ``consumers/generate/case/matter.py`` and docs/spec/random-draw.md.
Read next: ``consumers/generate/case/summary_case.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final

from consumers.generate.case.matter import Matter
from consumers.generate.people import credit_code
from consumers.generate.simulation import Process
from ledger.rules.random_draw import ALGORITHM, OBJECTS, OFFICERS, draw, pool_hash, seed_commitment

_POOL_SIZE: Final = 40
_DRAWN: Final = 3
_UNLISTED_ITEM: Final = "HN-XX-99"
_TIMES_A_YEAR_MAX: Final = 2
"""Routine inspections of one enterprise by one agency; the published lists say the same."""


def inspect(matter: Matter) -> Process:
    """Have an honest inspection and the faulty one of this case begin."""
    for kind in ("", matter.kind):
        inspection = _inspection(matter, kind, _enterprise(matter))
        matter.simulation.spawn(inspection, matter.now)
    yield matter.minutes(1, 2)


def inspect_too_often(matter: Matter) -> Process:
    """Inspect one enterprise once more in a year than the rule set allows."""
    enterprise = _enterprise(matter)
    matter.inspections_left = _TIMES_A_YEAR_MAX + 1
    for _ in range(matter.inspections_left):
        matter.simulation.spawn(_inspection(matter, "", enterprise), matter.now)
    yield matter.minutes(1, 2)


def _enterprise(matter: Matter) -> dict[str, Any]:
    """Return an enterprise that nobody else inspects, as a ``PartyRef``."""
    agency, number = matter.office.agency, matter.plan.number
    return {
        "partyId": f"p-{matter.draws.uuid()}",
        "partyType": "LEGAL",
        "ageBand": "UNKNOWN",
        "name": f"{agency.city}示例受检{number}有限公司",
        "nameCommitment": None,
        "idScheme": "USCC",
        "uscc": credit_code(f"91{agency.region}", f"FCT{number % 100_000:05d}"),
        "idValueCommitment": None,
        "legalRepCommitment": None,
    }


def _inspection(matter: Matter, kind: str, enterprise: dict[str, Any]) -> Process:
    """Approve, draw, go there, record, publish; ``kind`` says what goes wrong."""
    stream, seed = f"inspection:{matter.draws.uuid()}", matter.draws.bytes(32)
    if kind != "inspected_without_approval":
        _approve(matter, stream, seed, kind)
        yield matter.morning(1)
        _draw(matter, stream, seed, kind)
    yield matter.morning(1)
    _show_credentials(matter, stream)
    yield matter.minutes(40, 80)
    record = _record(matter, stream, enterprise)
    _count(matter, stream, record)
    if kind:
        matter.plant("inspected_without_approval", record, stream)
    yield matter.morning(2)
    _publish(matter, stream, record)


def _approve(matter: Matter, stream: str, seed: bytes, kind: str) -> None:
    item = matter.plan.offence.item_code
    payload = {
        "itemCodes": [_UNLISTED_ITEM if kind == "unlisted_item_inspected" else item],
        "kind": "ROUTINE",
        "approver": matter.office.staff.leader.officer_id,
        "reason": matter.secret("年度双随机抽查计划。"),
        "seedCommit": seed_commitment(seed),
    }
    approved = matter.submit(
        "InspectionTaskApproved", payload, matter.approver, system="ins", stream=stream
    )
    if kind:
        matter.plant("unlisted_item_inspected", approved, stream)


def _draw(matter: Matter, stream: str, seed: bytes, kind: str) -> None:
    objects = [f"object:{matter.draws.uuid()}" for _ in range(_POOL_SIZE)]
    officers = [officer.officer_id for officer in matter.office.staff.handlers]
    drawn = draw(seed, OBJECTS, objects, _DRAWN)
    payload = {
        "poolHash": pool_hash(objects),
        "poolSize": len(objects),
        "officerPoolHash": pool_hash(officers),
        "officerPoolSize": len(officers),
        "seedCommit": seed_commitment(seed),
        "seedReveal": seed.hex(),
        "algorithm": ALGORITHM,
        "drawnObjects": drawn[::-1] if kind == "draw_not_reproducible" else drawn,
        "drawnOfficers": draw(seed, OFFICERS, officers, 2),
        "drawnAt": matter.now - 60_000_000,
    }
    conducted = matter.submit(
        "RandomDrawConducted", payload, matter.approver, system="ins", stream=stream
    )
    if kind:
        matter.plant("draw_not_reproducible", conducted, stream)


def _show_credentials(matter: Matter, stream: str) -> None:
    payload = {
        "place": matter.place(),
        "toWhom": matter.secret("被检查单位负责人"),
        "uniformWorn": True,
        "badgeWorn": True,
        "mediaRef": None,
    }
    matter.submit("CredentialsShown", payload, *matter.pair, system="ins", stream=stream)


def _count(matter: Matter, stream: str, record: bytes) -> None:
    """Plant the inspection that is one too many."""
    matter.inspections_left -= 1
    if matter.inspections_left == 0:
        matter.plant("inspected_too_often", record, stream)


def _record(matter: Matter, stream: str, enterprise: dict[str, Any]) -> bytes:
    ended = matter.now - 120_000_000
    item = matter.plan.offence.item_code
    payload: dict[str, Any] = {
        "object": dict(enterprise),
        "results": [{"itemCode": item, "finding": "NO_PROBLEM"}],
        "record": matter.document("行政检查记录"),
        "signed": True,
        "from": ended - 1_500_000_000,
        "to": ended,
    }
    return matter.submit(
        "InspectionRecordMade", payload, *matter.pair, system="ins", stream=stream, occurred=ended
    )


def _publish(matter: Matter, stream: str, record: bytes) -> None:
    """The agency publishes the result by itself."""
    digest = matter.draws.digest()
    payload = {
        "sourceEventId": record,
        "url": matter.secret(f"https://xzzf.example/{digest[7:19]}"),
        "at": matter.now - 60_000_000,
        "contentHash": digest,
        "piiScan": None,
    }
    disclosing = (matter.office.staff.drafter, "DISCLOSER")
    aggregate = f"disclosure:{matter.draws.uuid()}"
    matter.submit(
        "DisclosurePublishedExternally", payload, disclosing, aggregate=aggregate, stream=stream
    )
