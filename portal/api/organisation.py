"""Organisations for machines: duties, staff, rules, training, equipment, tasks, opinions.

Read before: ``portal/organisation/declared.py``. Read next: ``portal/console/organisation.py``.

Behind a login: whoever works with cases. Everything can be asked as of an earlier moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from ledger.domain.control_records import RuleSet, day_of
from portal.access import require
from portal.api.csv_table import csv_response
from portal.api.described import CSV, content, needs
from portal.api.faults import MISSING, Fault
from portal.api.problem import problem
from portal.as_of import ClockName, ClockQuery
from portal.organisation import declared, due
from portal.organisation.moments import asked_document, everything, moment_of
from portal.organisation.tables import TABLES
from portal.pages import utc
from portal.permissions import Permission
from portal.resources import Resources
from projections.organisation.view import Moment, OrganisationReader

router = APIRouter(prefix="/v1/organisation", tags=["组织保障"])

_READERS: Final = needs(Permission.READ_ORGANISATION)
ID: Final = r"^[A-Za-z0-9:._-]{1,128}$"
YEAR_MIN, YEAR_MAX = 1990, 2200
MomentQuery = Annotated[
    str | None,
    Query(
        max_length=40, description="时刻，RFC 3339；只有日期时为当日终了", examples=["2026-06-30"]
    ),
]
AgencyQuery = Annotated[str | None, Query(pattern=ID, description="执法主体代码")]
AgencyPath = Annotated[str, Path(pattern=ID, description="执法主体代码")]
YearQuery = Annotated[
    int | None, Query(ge=YEAR_MIN, le=YEAR_MAX, description="年度；不填为时刻所在年度")
]


class ListQuery:
    """What every list takes: one agency or all, as of when."""

    def __init__(
        self,
        agency: AgencyQuery = None,
        at: MomentQuery = None,
        clock: ClockQuery = ClockName.RECEIVED,
    ) -> None:
        self.agency, self.at, self.clock = agency, at, clock


ListOf = Annotated[ListQuery, Depends()]


class TableName(StrEnum):
    """Lists that are there for spreadsheets."""

    STAFFING = "staffing"
    RULES_IN_FORCE = "rules-in-force"
    REFORM_TASKS = "reform-tasks"
    SUPERVISION_OPINIONS = "supervision-opinions"


class Asked(NamedTuple):
    """What a request asks of: the view, the moment, the rule set that was in force then."""

    reader: OrganisationReader
    moment: Moment
    rules: RuleSet | None


@contextmanager
def asked(request: Request, at: str | None, clock: ClockName) -> Iterator[Asked]:
    """Lend the view for one request of somebody who may.

    Raises:
        ProblemError: NOT_LOGGED_IN, FORBIDDEN; INVALID: ``at`` is not a time.
    """
    require(request, Permission.READ_ORGANISATION)
    resources: Resources = request.app.state.resources
    moment = moment_of(at, clock, resources.clock.now_micros())
    with resources.organisation() as reader:
        yield Asked(reader, moment, resources.control.state.rule_set_at(moment.at))


def listed(request: Request, wanted: ListQuery, name: str) -> dict[str, Any]:
    """Return one of ``_LISTS`` with as of when it is. Raises as ``asked``."""
    with asked(request, wanted.at, wanted.clock) as view:
        items = _LISTS[name](view, wanted.agency)
    return {**asked_document(view.moment), "items": items}


def check_agency(reader: OrganisationReader, agency_id: str) -> str:
    """Return the name of an agency that is or ever was registered.

    Raises:
        ProblemError: NOT_FOUND.
    """
    found = declared.agencies_at(reader, everything(), agency_id)
    if not found:
        raise problem("NOT_FOUND")
    return str(found[0].value("name"))


@router.get("/agencies/{agency_id}/completeness", summary="事前公开完备性", openapi_extra=_READERS)
def read_completeness(
    request: Request,
    agency_id: AgencyPath,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return for each of the 11 contents of ex-ante disclosure that it is there, or a dated gap."""
    with asked(request, at, clock) as view:
        check_agency(view.reader, agency_id)
        document = declared.completeness_document(view.reader, agency_id, view.moment)
    return {**asked_document(view.moment), **document}


@router.get("/responsibilities", summary="责任人与协调会", openapi_extra=_READERS)
def list_responsibilities(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return of each agency who answers for what since when, and its last meeting."""
    return listed(request, wanted, "responsibilities")


@router.get("/staffing", summary="法制审核人员配备", openapi_extra=_READERS)
def list_staffing(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return of each agency its legal reviewers against the share that the rule set requires."""
    return listed(request, wanted, TableName.STAFFING)


@router.get("/rules-in-force", summary="有效制度文件", openapi_extra=_READERS)
def list_rules(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return the rules in force at a moment, with document numbers and file digests."""
    return listed(request, wanted, TableName.RULES_IN_FORCE)


@router.get("/training", summary="培训学时", openapi_extra=_READERS)
def list_training(
    request: Request,
    agency: AgencyQuery = None,
    year: YearQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> dict[str, Any]:
    """Return the training hours of an agency's officers in a year, by lists and by records."""
    with asked(request, at, clock) as view:
        if agency is None:
            raise problem("INVALID", errors=[Fault("/query/agency", MISSING)])
        check_agency(view.reader, agency)
        asked_year = year_of(view.moment, year)
        span = days_of(asked_year)
        items = due.training_documents(view.reader, view.moment, agency, *span)
        lists = due.training_lists(view.reader, view.moment, agency, *span)
    return {**asked_document(view.moment), "year": asked_year, "items": items, "held": lists}


@router.get("/equipment", summary="装备文件与经费", openapi_extra=_READERS)
def list_equipment(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return the four equipment documents of each agency and category, or the gap."""
    with asked(request, wanted.at, wanted.clock) as view:
        items = declared.equipment_list(view.reader, view.moment, wanted.agency)
    categories = declared.equipment_categories(items)
    return {**asked_document(view.moment), "categories": categories, "items": items}


@router.get("/assessments", summary="考评结果", openapi_extra=_READERS)
def list_assessments(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return the recorded results of assessments, the newest first."""
    return listed(request, wanted, "assessments")


@router.get("/reform-tasks", summary="改革任务", openapi_extra=_READERS)
def list_tasks(
    request: Request, at: MomentQuery = None, clock: ClockQuery = ClockName.RECEIVED
) -> dict[str, Any]:
    """Return the reform tasks by row, item and level: due, done, late or not."""
    with asked(request, at, clock) as view:
        items = due.task_documents(view.reader, view.moment)
    return {**asked_document(view.moment), "items": items}


@router.get("/supervision-opinions", summary="监督意见与整改", openapi_extra=_READERS)
def list_opinions(request: Request, wanted: ListOf) -> dict[str, Any]:
    """Return the supervision opinions with their rectification report, open or overdue."""
    return listed(request, wanted, TableName.SUPERVISION_OPINIONS)


@router.get(
    "/{table}.csv",
    summary="组织保障清单（电子表格）",
    response_class=Response,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def list_csv(
    request: Request,
    table: Annotated[str, Path(pattern=ID, description=f"清单：{'、'.join(TableName)}")],
    wanted: ListOf,
) -> Response:
    """Return one of the lists as CSV."""
    with asked(request, wanted.at, wanted.clock) as view:
        if table not in TABLES:
            raise problem("NOT_FOUND")
        items = _LISTS[table](view, wanted.agency)
    sheet = TABLES[table]
    return csv_response(sheet.heads, [sheet.cells(item) for item in items], f"{table}.csv")


def year_of(moment: Moment, year: int | None) -> int:
    """Return the year that is asked for, in China that of the moment."""
    return int(utc(day_of(moment.at) * 86_400_000_000).year) if year is None else year


def days_of(year: int) -> tuple[int, int]:
    """Return the first and the last day of a year, days since 1970-01-01."""
    first_day, next_first = (
        utc(0).date().replace(year=one).toordinal() for one in (year, year + 1)
    )
    epoch = utc(0).date().toordinal()
    return first_day - epoch, next_first - epoch - 1


def staffing_of(view: Asked, agency: str | None) -> list[dict[str, Any]]:
    """Return of each agency, or one, its reviewers against the share of the rule set then."""
    return declared.staffing_documents(view.reader, view.rules, view.moment, agency)


_LISTS: Final[dict[str, Callable[[Asked, str | None], list[dict[str, Any]]]]] = {
    "responsibilities": lambda view, agency: declared.responsibility_documents(
        view.reader, view.moment, agency
    ),
    "assessments": lambda view, agency: declared.assessment_documents(
        view.reader, view.moment, agency
    ),
    TableName.STAFFING: staffing_of,
    TableName.RULES_IN_FORCE: lambda view, agency: declared.policy_list(
        view.reader, view.moment, agency
    ),
    TableName.REFORM_TASKS: lambda view, _agency: due.task_documents(view.reader, view.moment),
    TableName.SUPERVISION_OPINIONS: lambda view, agency: due.opinion_documents(
        view.reader, view.moment, agency
    ),
}
