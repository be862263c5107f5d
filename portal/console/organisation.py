"""Organisations for supervisors: ex-ante completeness, the board of declarations, reform tasks.

Read before: ``portal/api/organisation.py``. Read next: ``portal/console/replay.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from portal.api.organisation import (
    AgencyQuery,
    Asked,
    MomentQuery,
    YearQuery,
    asked,
    check_agency,
    days_of,
    staffing_of,
    year_of,
)
from portal.as_of import ClockName, ClockQuery
from portal.names import person_names
from portal.organisation import declared, due
from portal.organisation.moments import date_of
from portal.pages import page
from portal.resources import Resources

PATH = "/console/organisation"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show_board(
    request: Request,
    agency: AgencyQuery = None,
    year: YearQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> Response:
    """Show what all agencies declare in a line each, or one agency's declarations in full."""
    with asked(request, at, clock) as view:
        if agency is None:
            template, values = "organisation.html", _overview(view)
        else:
            template, values = "organisation_agency.html", _declarations(view, agency, year)
    names = _names(request, values["duties"])
    return _page(request, template, view, (at, clock), names=names, **values)


def _overview(view: Asked) -> dict[str, Any]:
    equipment = declared.equipment_list(view.reader, view.moment, None)
    return {
        "duties": declared.responsibility_documents(view.reader, view.moment, None),
        "staff": {one["agency_id"]: one for one in staffing_of(view, None)},
        "papers": {one["agency_id"]: one["documents"] for one in equipment},
        "categories": declared.equipment_categories(equipment),
    }


def _declarations(view: Asked, agency: str, year: int | None) -> dict[str, Any]:
    reader, moment = view.reader, view.moment
    name = check_agency(reader, agency)
    asked_year = year_of(moment, year)
    span = days_of(asked_year)
    return {
        "agency_id": agency,
        "agency_name": name,
        "duties": declared.responsibility_documents(reader, moment, agency),
        "staff": next(iter(staffing_of(view, agency)), None),
        "rules": declared.policy_list(reader, moment, agency),
        "year": asked_year,
        "training": due.training_documents(reader, moment, agency, *span),
        "held": due.training_lists(reader, moment, agency, *span),
        "equipment": next(iter(declared.equipment_list(reader, moment, agency)), None),
        "assessments": declared.assessment_documents(reader, moment, agency),
        "opinions": due.opinion_documents(reader, moment, agency),
    }


@router.get("/completeness")
def show_completeness(
    request: Request,
    agency: AgencyQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> Response:
    """Show the 11 contents of ex-ante disclosure of an agency, or which agencies there are."""
    with asked(request, at, clock) as view:
        if agency is not None:
            check_agency(view.reader, agency)
            document = declared.completeness_document(view.reader, agency, view.moment)
        else:
            document = None
        agencies = declared.agencies_at(view.reader, view.moment)
    return _page(
        request,
        "completeness.html",
        view,
        (at, clock),
        agency_id=agency,
        found=document,
        agencies=agencies,
    )


@router.get("/tasks")
def show_tasks(
    request: Request, at: MomentQuery = None, clock: ClockQuery = ClockName.RECEIVED
) -> Response:
    """Show the board of reform tasks (SV-09)."""
    with asked(request, at, clock) as view:
        rows = due.task_documents(view.reader, view.moment)
    return _page(request, "reform_tasks.html", view, (at, clock), rows=rows)


def _page(
    request: Request,
    template: str,
    view: Asked,
    when: tuple[str | None, ClockName],
    **values: Any,
) -> Response:
    """Return a page that says as of which day it is, and whose links ask as of the same moment."""
    resources: Resources = request.app.state.resources
    at, clock = (when[0] or "").strip(), when[1]
    is_occurred = clock is ClockName.OCCURRED
    kept = {"at": at, "clock": clock.value if is_occurred else ""}
    return page(
        request,
        template,
        view_sizes=resources.view_sizes("organisation"),
        day=date_of(view.moment.at),
        is_now=not at,
        is_occurred=is_occurred,
        kept=urlencode({name: value for name, value in kept.items() if value}),
        **values,
    )


def _names(request: Request, duties: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    people: Iterable[str] = (
        duty["officer_id"] for agency in duties for duty in agency["responsible"]
    )
    return person_names(request.app.state.resources, people)
