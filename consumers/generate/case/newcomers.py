"""What only a fault brings into the control log: people, a benchmark.

Read before: ``consumers/generate/people.py``. Read next: ``consumers/generate/case/incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Matter
from consumers.generate.people import Officer, identity_number
from consumers.generate.simulation import Process, Secret

_VALID_DAYS = 3 * 365
_TRAINED_DAYS, _EXAMINED_DAYS = 60, 40


def register_auxiliary(matter: Matter) -> Process:
    """An auxiliary is registered who still holds a credential."""
    matter.auxiliary = _register(matter, "AUXILIARY")
    officer, today = matter.auxiliary, matter.today
    payload: dict[str, Any] = {
        "kind": "PRE_POST",
        "hours": 40,
        "completedOn": today - _TRAINED_DAYS,
    }
    _declare(matter, officer, "OfficerTrainingCompleted", payload)
    payload = {"examNo": f"HN{officer.credential_no}", "date": today - _EXAMINED_DAYS}
    _declare(matter, officer, "OfficerExamPassed", payload)
    _issue(matter, officer)
    yield matter.minutes(1, 2)


def issue_without_exam(matter: Matter) -> Process:
    """An officer gets a credential without training and examination."""
    officer = _register(matter, "ENFORCEMENT")
    issued = _issue(matter, officer)
    matter.plant("credential_without_exam", issued, officer.officer_id)
    yield matter.minutes(1, 2)


def publish_benchmark(matter: Matter) -> Process:
    """The agency publishes its benchmark for the item, which has no grade of this fine."""
    offence, fine = matter.plan.offence, matter.plan.fine
    payload = {
        "itemCode": offence.item_code,
        "grades": [
            {"circumstance": "从轻", "minFen": 0, "maxFen": fine - 1},
            {"circumstance": "一般", "minFen": fine + 1, "maxFen": offence.fine_max},
        ],
        "effectiveFrom": matter.today,
    }
    stream = f"list:{matter.office.agency.credit_code}:benchmark-{offence.item_code}"
    matter.declare("DiscretionBenchmarkPublished", payload, stream, "agy")
    yield matter.minutes(1, 2)


def _register(matter: Matter, category: str) -> Officer:
    number = f"{matter.plan.number:06d}"
    name = matter.draws.choice(words.SURNAMES) + matter.draws.choice(words.GIVEN)
    officer = Officer(
        f"officer:{matter.office.agency.region}-n{number}",
        name + words.OFFICER_MARK,
        f"19{number}",
        category,
    )
    identity = identity_number(matter.draws.between(-3_000, 11_000), matter.draws.below(1_000))
    payload = {
        "name": officer.name,
        "agencyId": matter.office.agency.credit_code,
        "category": category,
        "idCard": Secret(officer.officer_id, identity),
    }
    _declare(matter, officer, "OfficerRegistered", payload)
    return officer


def _issue(matter: Matter, officer: Officer) -> bytes:
    payload = {
        "credentialNo": officer.credential_no,
        "scope": ["PENALTY", "COERCION", "INSPECTION"],
        "regionCode": matter.office.agency.region,
        "validFrom": matter.today - 1,
        "validTo": matter.today + _VALID_DAYS,
    }
    return _declare(matter, officer, "CredentialIssued", payload)


def _declare(matter: Matter, officer: Officer, event_type: str, payload: dict[str, Any]) -> bytes:
    return matter.declare(event_type, payload, officer.officer_id, "hrs", words.SUPERVISOR)
