"""What organisations publish before the first case: forms, items, lists, catalogues, devices.

Read before: ``consumers/generate/case/retrieval.py``.
Read next: ``consumers/generate/province.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from consumers.generate import vocabulary as words
from consumers.generate.draws import Draws
from consumers.generate.simulation import Draft, Simulation
from consumers.generate.timeline import day_of

_RECORDED_STEPS: Final = ("OnSiteExamined", "MeasureImposed")
_DEVICES: Final = 3


class Register:
    """Submits control acts of the simulated organisations."""

    def __init__(self, simulation: Simulation, draws: Draws) -> None:
        self.simulation = simulation
        self.draws = draws

    @property
    def today(self) -> int:
        """Local day, days since 1970-01-01."""
        return day_of(self.simulation.now)

    def submit(
        self,
        event_type: str,
        stream: str,
        payload: dict[str, Any],
        system: str,
        agency: words.Agency,
        aggregate: str | None = None,
    ) -> bytes:
        """Submit an act on behalf of ``agency`` from its own system; return its event id."""
        occurred = self.simulation.now - 30_000_000
        code = agency.credit_code
        target = aggregate or stream
        return self.simulation.submit(
            Draft(event_type, payload, stream, target, code, system, code, (), occurred, occurred)
        )

    def document(self, doc_type: str) -> dict[str, Any]:
        """Return a ``DocRef`` of today."""
        return {
            "docType": doc_type,
            "docNo": None,
            "docDate": self.today,
            "fileHash": self.draws.digest(),
            "pages": 2,
            "templateId": None,
            "sealed": True,
        }


def publish_templates(register: Register) -> None:
    """Publish the form of each document."""
    for doc_type, form in words.DOC_FORMS.items():
        template = f"template:hn-{form}:v1"
        payload = {
            "templateId": template,
            "version": "1",
            "docType": doc_type,
            "inForceFrom": register.today,
            "fileHash": register.draws.digest(),
        }
        register.submit("DocumentTemplatePublished", template, payload, "sup", words.SUPERVISOR)


def publish_lists(register: Register, agency: words.Agency) -> None:
    """Items, power list, recording list, review catalogue and workflow."""
    offences = offences_of(agency)
    register_items(register, agency, offences)
    publish_power_list(register, agency, offences)
    entries = [
        {
            "actKind": "COERCION" if step.startswith("Measure") else "PENALTY",
            "step": step,
            "startPoint": "到达现场",
            "endPoint": "离开现场",
            "mandatory": True,
            "retentionMonths": 6,
        }
        for step in _RECORDED_STEPS
    ]
    payload: dict[str, Any] = {
        "listVersion": "1",
        "entries": entries,
        "effectiveFrom": register.today,
    }
    _publish(register, agency, "AvRecordListPublished", "recording", payload)
    publish_catalogue(register, agency)
    payload = {
        "version": "1",
        "limitWorkingDays": 10,
        "coordinationLimitWorkingDays": 5,
        "effectiveFrom": register.today,
    }
    _publish(register, agency, "ReviewWorkflowPublished", "review-workflow", payload)


def offences_of(agency: words.Agency) -> list[words.Offence]:
    """Return what an agency of the province is competent for."""
    place = words.AGENCIES.index(agency)
    return [offence for offence in words.OFFENCES if place in offence.agencies]


def register_items(
    register: Register, agency: words.Agency, offences: Sequence[words.Offence]
) -> None:
    """Register the items that an agency enforces."""
    for offence in offences:
        _register_item(register, agency, offence)


def publish_power_list(
    register: Register, agency: words.Agency, offences: Sequence[words.Offence]
) -> None:
    """Publish which items an agency has power over."""
    items = [
        {"itemCode": offence.item_code, "name": offence.violation, "actKind": "PENALTY"}
        for offence in offences
    ]
    url = f"https://xzzf.example/{agency.credit_code.lower()}/power-list"
    payload: dict[str, Any] = {"listVersion": "1", "items": items, "url": url}
    _publish(register, agency, "PowerListPublished", "power", payload)


def publish_catalogue(register: Register, agency: words.Agency, rules: int = 3) -> bytes:
    """Publish which decisions of an agency are major, by the first rules; return the act's id."""
    payload: dict[str, Any] = {
        "catalogueId": f"catalogue:{agency.credit_code}",
        "version": "1",
        "rules": _catalogue_rules()[:rules],
        "effectiveFrom": register.today,
    }
    return _publish(register, agency, "ReviewCatalogueAdopted", "review-catalogue", payload)


def _publish(
    register: Register, agency: words.Agency, event_type: str, name: str, payload: dict[str, Any]
) -> bytes:
    return register.submit(event_type, f"list:{agency.credit_code}:{name}", payload, "agy", agency)


def _register_item(register: Register, agency: words.Agency, offence: words.Offence) -> None:
    basis = {
        "law": offence.law,
        "versionDate": offence.law_day,
        "article": offence.article,
        "paragraph": offence.paragraph,
        "item": offence.item,
    }
    payload = {
        "itemCode": offence.item_code,
        "name": offence.violation,
        "actKind": "PENALTY",
        "basis": [basis],
        "violationTypes": [offence.violation],
        "fineFenMin": offence.fine_min,
        "fineFenMax": offence.fine_max,
        "majorHint": offence.item_code in words.MAJOR_ITEMS,
    }
    stream = f"item:{agency.credit_code}:{offence.item_code}"
    register.submit("EnforcementItemRegistered", stream, payload, "agy", agency)


def _catalogue_rules() -> list[dict[str, Any]]:
    """Return the review catalogue that every agency here adopts; see ``case.plan.is_major``."""
    empty: dict[str, Any] = {
        "actKind": "PENALTY",
        "itemCodes": [],
        "penaltyKinds": [],
        "fineFenNaturalMin": None,
        "fineFenLegalMin": None,
        "confiscateFenMin": None,
        "measureKinds": [],
        "licenceCategories": [],
    }
    organisation, natural = words.MAJOR_FINE_ORGANISATION_MIN, words.MAJOR_FINE_NATURAL_MIN
    fines = {
        "fineFenNaturalMin": natural,
        "fineFenLegalMin": organisation,
        "confiscateFenMin": organisation,
    }
    return [
        empty | {"ruleId": "CAT-1", "penaltyKinds": list(words.SERIOUS_KINDS)},
        empty | {"ruleId": "CAT-2"} | fines,
        empty | {"ruleId": "CAT-3", "itemCodes": list(words.MAJOR_ITEMS)},
    ]


def register_devices(register: Register, agency: words.Agency) -> None:
    """Register the recorders of an agency."""
    for number in range(1, _DEVICES + 1):
        device = f"device:{agency.credit_code.lower()}-{number}"
        payload = {
            "deviceId": device,
            "model": "示范记录仪三型",
            "serial": f"LZ-{agency.region}-{number:04d}",
            "keyId": None,
            "assignedUnit": f"unit:{agency.credit_code}-field",
        }
        stream = f"agency:{agency.credit_code}"
        register.submit("RecorderDeviceRegistered", stream, payload, "avs", agency, device)
