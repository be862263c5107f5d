"""What only a fault brings into the control log: people, a benchmark.

Read before: ``consumers/generate/people.py``. Read next: ``consumers/generate/case/incidents.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Matter
from consumers.generate.emitters import emitter_id
from consumers.generate.people import Officer, identity_number
from consumers.generate.simulation import Process, Secret
from consumers.generate.timeline import MINUTE_MICROS

_VALID_DAYS = 3 * 365
_HIGHEST_FINE_FEN = 10**12  # Beyond any: no other case lies outside of the benchmark.
_TRAINED_DAYS, _EXAMINED_DAYS = 60, 40


def register_auxiliary(matter: Matter) -> Process:
    """An auxiliary is registered who still holds a credential."""
    _qualify(matter, "AUXILIARY")
    yield matter.minutes(1, 2)


def register_officer(matter: Matter) -> Process:
    """An officer is registered whose credential loses its force at once, as nobody knows."""
    _qualify(matter, "ENFORCEMENT")
    matter.lost_at = matter.now + MINUTE_MICROS
    yield matter.minutes(1, 2)


def suspend_belatedly(matter: Matter) -> Process:
    """The register learns days after an act of the officer that the credential had no force."""
    yield matter.morning(2)
    officer = matter.auxiliary
    assert officer is not None
    payload = {
        "credentialNo": officer.credential_no,
        "reason": "INVESTIGATION",
        "from": matter.lost_at,
        "to": None,
    }
    suspended = _declare(matter, officer, "CredentialSuspended", payload)
    matter.plant("suspension_learnt_late", suspended)
    _publish_chart(matter)


def _qualify(matter: Matter, category: str) -> None:
    """Register an officer of the case with training, examination and credential."""
    matter.auxiliary = _register(matter, category)
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
            {"circumstance": "其他", "minFen": fine + 1, "maxFen": _HIGHEST_FINE_FEN},
        ],
        "effectiveFrom": matter.today,
    }
    stream = f"list:{matter.office.agency.credit_code}:benchmark-{offence.item_code}"
    matter.declare("DiscretionBenchmarkPublished", payload, stream, "agy")
    yield matter.minutes(1, 2)


def declare_no_reviewers(matter: Matter) -> Process:
    """The agency declares its staff, and nobody in it reviews."""
    staff = matter.office.staff.everybody()
    payload = {
        "asOf": matter.today - 1,
        "officersTotal": len(staff),
        "officersWithCredential": len(staff),
        "reviewers": 0,
        "reviewersQualified": 0,
        "legalAdvisers": 1,
        "govLawyers": 1,
    }
    stream = f"agency:{matter.office.agency.credit_code}"
    declared = matter.declare("StaffingDeclared", payload, stream, "agy")
    matter.plant("too_few_reviewers", declared, stream)
    yield matter.minutes(1, 2)


def leave_task_undone(matter: Matter) -> Process:
    """A reform task is shared out, and never done."""
    payload = {
        "seedItem": "12.2",
        "level": "TOWNSHIP",
        "due": matter.today + 14,
        "lead": ["省司法厅"],
    }
    stream = f"org:{words.SUPERVISOR.credit_code}"
    planned = matter.declare("ReformTaskPlanned", payload, stream, "sup", words.SUPERVISOR)
    matter.plant("reform_task_undone", planned, stream)
    yield matter.minutes(1, 2)


def correct_too_often(matter: Matter) -> Process:
    """The archive corrects what it sent three times: more than two in a hundred of a month."""
    emitter = emitter_id("arc", matter.office.agency.credit_code)
    target, payload = matter.compiled["event"], dict(matter.compiled["payload"])
    corrected = b""
    for volume in range(1, 4):
        yield matter.minutes(2, 6)
        payload["subVolume"] = f"{payload['mainVolume']}-F{volume}"
        schema, value = matter.simulation.encoded("CaseFileCompiled", payload)
        correction = {
            "targetEventId": target,
            "kind": "CLERICAL",
            "payloadSchema": schema,
            "payload": value,
            "reason": matter.secret("副卷号有误。"),
            "approver": matter.office.staff.leader.officer_id,
        }
        correcting = (matter.office.staff.archivist, "CUSTODIAN")
        name = f"correction:{matter.draws.uuid()}"
        corrected = matter.submit(
            "EventCorrected", correction, correcting, system="arc", aggregate=name
        )
    matter.plant("corrected_too_often", corrected, f"emitter:{emitter}")


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
    issued = _declare(matter, officer, "CredentialIssued", payload)
    _publish_chart(matter)
    return issued


def _publish_chart(matter: Matter) -> None:
    """Publish who does what, as it is once somebody came or went."""
    chart = {
        "actKind": "PENALTY",
        "doc": matter.document("行政处罚流程图"),
        "effectiveFrom": matter.today,
    }
    stream = f"list:{matter.office.agency.credit_code}:flowchart"
    matter.declare("FlowchartPublished", chart, stream, "agy")


def _declare(matter: Matter, officer: Officer, event_type: str, payload: dict[str, Any]) -> bytes:
    return matter.declare(event_type, payload, officer.officer_id, "hrs", words.SUPERVISOR)
