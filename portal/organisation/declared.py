"""What agencies declare, as documents: responsibilities, staff, rules in force, equipment.

Read before: ``moments``, ``projections/organisation/declarations.py``. Read next: ``due``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ledger.domain.control_records import RuleSet
from portal.organisation.moments import date_of, fact_document, paper_document
from portal.pages import calendar_date
from projections.organisation.completeness import ContentState, completeness
from projections.organisation.content_rules import content_events
from projections.organisation.declarations import (
    DOCUMENT_KINDS,
    REVIEWER_NUMBER,
    equipment_documents,
    funding_plans,
    policy_documents,
    responsibilities,
    staffing,
)
from projections.organisation.training import officers_of
from projections.organisation.view import Fact, FactRow, Moment, OrganisationReader

FLAG: Final = "V-LR-08"
"""The rule that a share of reviewers below the required one breaks (domain rules of row 11)."""
_REGISTERED: Final = "AgencyRegistered"
_MEETING: Final = "CoordinationMeetingHeld"
_DUTIES: Final = ("ResponsibilityAssigned", "LegalReviewUnitDesignated")

Document = dict[str, Any]


def agencies_at(
    reader: OrganisationReader, moment: Moment, agency_id: str | None = None
) -> list[Fact]:
    """Return the agencies registered at a moment, or the one, by code."""
    if agency_id is None:
        return _facts(reader.newest(_REGISTERED, moment))
    return _facts(reader.facts([_REGISTERED], moment, agency_id)[-1:])


def completeness_document(reader: OrganisationReader, agency_id: str, moment: Moment) -> Document:
    """Return the 11 contents of ex-ante disclosure of an agency: there, or a dated gap."""
    registered = agencies_at(reader, moment, agency_id)
    officers = list(officers_of(reader, agency_id, moment))
    states = completeness(
        _facts(reader.facts(content_events(of_officers=False), moment, agency_id)),
        _facts(reader.facts(content_events(of_officers=True), moment, officer_ids=officers)),
        registered[0].row.valid_from if registered else None,
        moment.at,
    )
    present = sum(state.is_there for state in states)
    return {
        "agency_id": agency_id,
        "name": registered[0].value("name") if registered else None,
        "is_complete": present == len(states),
        "present": present,
        "contents": [_content_document(state) for state in states],
    }


def _content_document(state: ContentState) -> Document:
    rule = state.rule
    return {
        "content": rule.content,
        "name": rule.cn,
        "views": list(rule.views),
        "basis": rule.basis,
        "is_there": state.is_there,
        "since": date_of(state.since),
        "gap_since": date_of(state.gap_since),
        "in_force": [
            {
                "label": one.label,
                "from": date_of(one.fact.row.valid_from),
                "is_empty": one.is_empty,
                **fact_document(one.fact),
            }
            for one in state.standing
        ],
    }


def responsibility_documents(
    reader: OrganisationReader, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return of each agency who answers for what since when, and the last coordination meeting."""
    meetings = {row.agency_id: Fact(row) for row in reader.newest(_MEETING, moment)}
    by_agency = _by_agency(reader.facts(_DUTIES, moment, agency_id))
    documents = []
    for agency in agencies_at(reader, moment, agency_id):
        facts = by_agency.get(agency.row.agency_id, [])
        units = [fact for fact in facts if fact.row.event_type == _DUTIES[1]]
        documents.append(
            {
                **_agency_document(agency),
                "responsible": [_duty_document(fact) for fact in responsibilities(facts)],
                "review_unit": _unit_document(units[-1]) if units else None,
                "last_meeting": _dated_paper(meetings.get(agency.row.agency_id)),
            }
        )
    return documents


def _duty_document(fact: Fact) -> Document:
    return {
        "system": fact.value("system"),
        "role": fact.value("role"),
        "officer_id": fact.row.officer_id,
        "since": calendar_date(fact.value("since")),
        **fact_document(fact),
    }


def _unit_document(fact: Fact) -> Document:
    return {
        "unit_id": fact.value("unitId"),
        "unit_name": fact.value("unitName"),
        "since": calendar_date(fact.value("since")),
        **fact_document(fact),
    }


def staffing_documents(
    reader: OrganisationReader, rules: RuleSet | None, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return of each agency its newest declaration of staff against the share that is required."""
    declared = {row.agency_id: Fact(row) for row in reader.newest("StaffingDeclared", moment)}
    percent = None if rules is None else rules.numbers.get(REVIEWER_NUMBER)
    return [
        {
            **_agency_document(agency),
            **_staff_document(declared.get(agency.row.agency_id), percent),
        }
        for agency in agencies_at(reader, moment, agency_id)
    ]


def _staff_document(declared: Fact | None, percent: int | None) -> Document:
    if declared is None:
        return {"declared": None, "percent_min": percent, "flag": None}
    counted = staffing(declared, percent)
    return {
        "declared": {
            "as_of": calendar_date(declared.value("asOf")),
            "officers": counted.officers,
            "officers_with_credential": declared.value("officersWithCredential"),
            "reviewers": counted.reviewers,
            "reviewers_qualified": declared.value("reviewersQualified"),
            "legal_advisers": declared.value("legalAdvisers"),
            "government_lawyers": declared.value("govLawyers"),
            "ratio_percent": counted.ratio,
            "required": counted.required,
            **fact_document(declared),
        },
        "percent_min": percent,
        "flag": FLAG if counted.is_flagged else None,
    }


def policy_list(
    reader: OrganisationReader, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return the rules in force at a moment, with document number and digest of the file."""
    names = _names(reader, moment)
    facts = _facts(reader.facts(["PolicyDocumentAdopted"], moment, agency_id))
    return [
        {
            "agency_id": fact.row.agency_id,
            "name": names.get(fact.row.agency_id),
            "kind": fact.value("kind"),
            "doc_no": fact.value("docNo"),
            "file_hash": fact.value("fileHash"),
            "in_force_from": calendar_date(fact.value("inForceFrom")),
            **fact_document(fact),
        }
        for fact in policy_documents(facts)
    ]


def equipment_list(
    reader: OrganisationReader, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return of each agency its four equipment documents, None for a gap, and funding plans."""
    types = ["EquipmentStandardAdopted", "FundingPlanAdopted"]
    by_agency = _by_agency(reader.facts(types, moment, agency_id))
    documents = []
    for agency in agencies_at(reader, moment, agency_id):
        facts = by_agency.get(agency.row.agency_id, [])
        papers = equipment_documents(facts)
        documents.append(
            {
                **_agency_document(agency),
                "category": agency.value("kind"),
                "documents": {kind: _paper(papers[kind]) for kind in DOCUMENT_KINDS},
                "funding": [_plan_document(fact) for fact in funding_plans(facts)],
            }
        )
    return documents


def equipment_categories(agencies: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Return for each category of agencies and each kind of document: who has it, who has not."""
    categories = sorted({agency["category"] for agency in agencies})
    return [
        {
            "category": category,
            "documents": {
                kind: _coverage([one for one in agencies if one["category"] == category], kind)
                for kind in DOCUMENT_KINDS
            },
        }
        for category in categories
    ]


def _coverage(agencies: Sequence[Mapping[str, Any]], kind: str) -> Document:
    dates = [one["documents"][kind]["doc_date"] for one in agencies if one["documents"][kind]]
    return {
        "agencies": len(agencies),
        "with_document": len(dates),
        "newest": max(dates, default=None),
        "missing": [one["agency_id"] for one in agencies if not one["documents"][kind]],
    }


def _plan_document(fact: Fact) -> Document:
    amount = fact.value("amountFen")
    return {
        "year": fact.value("year"),
        "amount_fen": None if amount is None else str(amount),
        "document": paper_document(fact),
        **fact_document(fact),
    }


def assessment_documents(
    reader: OrganisationReader, moment: Moment, agency_id: str | None
) -> list[Document]:
    """Return the recorded results of assessments, the newest first."""
    names = _names(reader, moment)
    facts = _facts(reader.facts(["AssessmentResultRecorded"], moment, agency_id))
    return [
        {
            "agency_id": fact.row.agency_id,
            "name": names.get(fact.row.agency_id),
            "date": calendar_date(fact.value("date")),
            "document": paper_document(fact),
            **fact_document(fact),
        }
        for fact in reversed(facts)
    ]


def _dated_paper(fact: Fact | None) -> Document | None:
    """Return a meeting: its date, and its minutes with the digest of their file."""
    if fact is None:
        return None
    return {
        "date": calendar_date(fact.value("date")),
        "document": paper_document(fact),
        **fact_document(fact),
    }


def _paper(fact: Fact | None) -> Document | None:
    if fact is None:
        return None
    paper = paper_document(fact) or {}
    return {**paper, **fact_document(fact)}


def _agency_document(agency: Fact) -> Document:
    return {"agency_id": agency.row.agency_id, "name": agency.value("name")}


def _names(reader: OrganisationReader, moment: Moment) -> dict[str, str]:
    return {fact.row.agency_id: fact.value("name") for fact in agencies_at(reader, moment)}


def _facts(rows: Sequence[FactRow]) -> list[Fact]:
    return [Fact(row) for row in rows]


def _by_agency(rows: Sequence[FactRow]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for row in rows:
        found.setdefault(row.agency_id, []).append(Fact(row))
    return found
