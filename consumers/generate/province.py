"""What must be in the control log before the first case: agencies and their people.

Read before: ``consumers/generate/lists.py``. Read next: ``consumers/generate/history.py``.
Trusts: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from consumers.generate import vocabulary as words
from consumers.generate.case.matter import Office
from consumers.generate.case.review import review_unit
from consumers.generate.case.violations import Violation
from consumers.generate.lists import (
    Register,
    offences_of,
    publish_catalogue,
    publish_lists,
    publish_power_list,
    publish_templates,
    register_devices,
    register_items,
)
from consumers.generate.organisation import PRE_POST_DAYS, declare_organisation
from consumers.generate.people import Officer, credit_code, identity_number, staff_of
from consumers.generate.simulation import Process, Secret
from consumers.generate.timeline import (
    DESK_OPENS,
    MINUTE_MICROS,
    WorkCalendar,
    date_of,
    moment,
)

_VALID_DAYS: Final = 3 * 365
_SCOPE: Final = ["PENALTY", "COERCION", "INSPECTION"]


class Newcomer(NamedTuple):
    """What an agency is that only a fault brings."""

    kind: str = "ADMINISTRATIVE_ORGAN"
    catalogue_rules: int = 3
    """How many rules of the review catalogue of all agencies it adopts; 0: it adopts none."""
    publishes: bool = True
    """Whether it publishes anything beforehand."""
    is_below: bool = False
    """Whether an agency of the province is its superior, and not the supervisor."""


NEWCOMERS: Final = {
    "no_catalogue_in_force": Newcomer(catalogue_rules=0),
    "entrusted_with_coercion": Newcomer("ENTRUSTED_ORGANISATION"),
    "catalogue_lacks_items": Newcomer(catalogue_rules=2, is_below=True),
    "nothing_published": Newcomer(publishes=False),
    "no_annual_report": Newcomer(),
}
"""By kind of fault."""


def register_province(register: Register, offices: Sequence[Office]) -> Process:
    """Submit everything that stands before the first case, an agency a minute."""
    publish_templates(register)
    _register_agency(register, words.SUPERVISOR)
    for officer in offices[0].supervisors:
        _register_officer(register, words.SUPERVISOR, officer)
    for office in offices:
        yield register.simulation.now + MINUTE_MICROS
        _register_agency(register, office.agency)
        for officer in office.staff.everybody():
            _register_officer(register, office.agency, officer)
        for reviewer in (*office.staff.reviewers, *office.staff.handlers[1::2]):
            _qualify(register, reviewer)
        _assign(register, office)
        publish_lists(register, office.agency)
        register_devices(register, office.agency)
        declare_organisation(register, office)
        _suspend(register, office.staff.suspended)


def newcomer(office: Office, number: int) -> Office:
    """Return a new office beside one; ``number`` of the case keeps newcomers apart."""
    code = credit_code(f"11{office.agency.region}", f"FCT{10_000 + number % 90_000}")
    agency = office.agency._replace(
        credit_code=code,
        name=f"{office.agency.name}第{number}分局",
        short=f"{office.agency.short}分{number}",
        decision_prefix=f"{office.agency.short}分{number}罚",
    )
    staff = staff_of(agency, 11 + number % 89)
    return Office(agency, staff, office.supervisors, superior=office.agency)


def register_newcomer(register: Register, office: Office, violation: Violation) -> None:
    """Submit what stands of an agency that only a fault brings: its people, and few lists."""
    means, agency = NEWCOMERS[violation.kind], office.agency
    superior = office.superior if means.is_below else words.SUPERVISOR
    assert superior is not None
    registered, confirmed = _register_agency(register, agency, means.kind, superior)
    for officer in office.staff.everybody():
        _register_officer(register, agency, officer)
    for reviewer in office.staff.reviewers:
        _qualify(register, reviewer)
    _assign(register, office)
    offences = offences_of(office.superior or agency)
    if means.publishes:
        publish_power_list(register, agency, offences)
    else:
        register_items(register, agency, offences)
    register_devices(register, agency)
    adopted = b""
    if means.catalogue_rules:
        adopted = publish_catalogue(register, agency, means.catalogue_rules)
    planted = {
        "no_annual_report": (f"agency:{agency.credit_code}", registered),
        "nothing_published": (f"agency:{agency.credit_code}", confirmed),
        "catalogue_lacks_items": (f"list:{agency.credit_code}:review-catalogue", adopted),
    }
    if violation.kind in planted:
        register.simulation.plant(violation.rule_id, *planted[violation.kind])


def declare_staff(register: Register, offices: Sequence[Office], calendar: WorkCalendar) -> Process:
    """Declare staff at the beginning and in the first working days of each quarter."""
    while True:
        for office in offices:
            _declare(register, office)
        found = date_of(register.today)
        month = (found.month - 1) // 3 * 3 + 4
        quarter = found.replace(year=found.year + month // 13, month=(month - 1) % 12 + 1, day=1)
        first = quarter.toordinal() - date_of(0).toordinal()
        yield moment(calendar.add(first, 3), DESK_OPENS)


def _register_agency(
    register: Register,
    agency: words.Agency,
    kind: str = "ADMINISTRATIVE_ORGAN",
    above: words.Agency = words.SUPERVISOR,
) -> tuple[bytes, bytes]:
    """Registration and confirmation, whose event ids are returned."""
    stream = f"agency:{agency.credit_code}"
    superior = None if agency is words.SUPERVISOR else above.credit_code
    payload: dict[str, Any] = {
        "uscc": agency.credit_code,
        "name": agency.name + words.SIMULATED,
        "regionCode": agency.region,
        "level": agency.level,
        "kind": kind,
        "superiorId": superior,
    }
    # The justice department keeps the register: its systems speak, in the agency's stream.
    registered = register.submit("AgencyRegistered", stream, payload, "hrs", words.SUPERVISOR)
    payload = {
        "noticeDoc": register.document("行政执法主体资格公告"),
        "scope": list(_SCOPE),
        "validFrom": register.today,
    }
    by = words.SUPERVISOR
    confirmed = register.submit("AgencyQualificationConfirmed", stream, payload, "sup", by)
    return registered, confirmed


def _register_officer(register: Register, agency: words.Agency, officer: Officer) -> None:
    """Registration, training, examination, credential."""
    stream, today, draws = officer.officer_id, register.today, register.draws
    identity = identity_number(draws.between(-3_000, 11_000), draws.below(1_000))
    payload: dict[str, Any] = {
        "name": officer.name,
        "agencyId": agency.credit_code,
        "category": officer.category,
        "idCard": Secret(officer.officer_id, identity),
    }
    register.submit("OfficerRegistered", stream, payload, "hrs", words.SUPERVISOR)
    payload = {"kind": "PRE_POST", "hours": 40, "completedOn": today - PRE_POST_DAYS}
    register.submit("OfficerTrainingCompleted", stream, payload, "hrs", words.SUPERVISOR)
    payload = {"examNo": f"HN{officer.credential_no}", "date": today - 40}
    register.submit("OfficerExamPassed", stream, payload, "hrs", words.SUPERVISOR)
    payload = {
        "credentialNo": officer.credential_no,
        "scope": list(_SCOPE),
        "regionCode": agency.region,
        "validFrom": today - 1,
        "validTo": today + _VALID_DAYS,
    }
    register.submit("CredentialIssued", stream, payload, "hrs", words.SUPERVISOR)


def _qualify(register: Register, officer: Officer) -> None:
    certificate = f"A{register.today}{register.draws.below(100_000):05d}"
    payload = {
        "qualification": "LEGAL_QUALIFICATION",
        "certNo": Secret(officer.officer_id, certificate),
        "firstReviewDate": None,
    }
    stream = officer.officer_id
    register.submit("LegalReviewerQualified", stream, payload, "hrs", words.SUPERVISOR)


def _suspend(register: Register, officer: Officer) -> None:
    payload = {
        "credentialNo": officer.credential_no,
        "reason": "INVESTIGATION",
        "from": register.simulation.now,
        "to": None,
    }
    stream = officer.officer_id
    register.submit("CredentialSuspended", stream, payload, "hrs", words.SUPERVISOR)


def _assign(register: Register, office: Office) -> None:
    """The review unit, and who answers for what."""
    agency, staff = office.agency, office.staff
    stream = f"agency:{agency.credit_code}"
    payload: dict[str, Any] = {
        "unitName": "政策法规科",
        "unitId": review_unit(agency.credit_code),
        "since": register.today,
    }
    register.submit("LegalReviewUnitDesignated", stream, payload, "agy", agency)
    duties = (
        ("FIRST_RESPONSIBLE", "OVERALL", staff.leader),
        ("COLLECT", "DISCLOSURE", staff.drafter),
        ("REVIEW", "DISCLOSURE", staff.publisher),
        ("PUBLISH", "DISCLOSURE", staff.publisher),
        ("REVIEW_UNIT", "LEGAL_REVIEW", staff.reviewers[0]),
    )
    for role, system, officer in duties:
        payload = {
            "role": role,
            "system": system,
            "officerId": officer.officer_id,
            "since": register.today,
        }
        register.submit("ResponsibilityAssigned", stream, payload, "agy", agency)


def _declare(register: Register, office: Office) -> None:
    staff = office.staff
    payload = {
        "asOf": register.today - 1,
        "officersTotal": len(staff.everybody()),
        "officersWithCredential": len(staff.everybody()),
        "reviewers": len(staff.reviewers),
        "reviewersQualified": len(staff.reviewers),
        "legalAdvisers": 1,
        "govLawyers": 1,
    }
    stream = f"agency:{office.agency.credit_code}"
    register.submit("StaffingDeclared", stream, payload, "agy", office.agency)
