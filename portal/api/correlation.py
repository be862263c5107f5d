"""What stands out across cases, for machines: in words and numbers, with the acts behind it.

Read before: ``portal/discretion/correlation.py``. Read next: ``portal/console/correlation.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from ledger.store.vault import Vault
from portal.access import require
from portal.api.csv_table import csv_response
from portal.api.described import CSV, content, needs
from portal.api.discretion import asked_document_of
from portal.api.organisation import MomentQuery
from portal.api.paging import (
    LIMIT_DEFAULT,
    CursorQuery,
    LimitQuery,
    ListRequest,
    given,
    list_document,
    position,
)
from portal.as_of import ClockName, ClockQuery
from portal.discretion.advice import date_text
from portal.discretion.correlation import (
    Correlated,
    Wanted,
    correlate,
    finding_document,
    kind_word,
    summary_document,
    text_of,
)
from portal.discretion.findings import KINDS, Finding
from portal.discretion.persons import same_persons_of
from portal.organisation.moments import moment_of
from portal.permissions import Permission
from portal.resources import Resources
from projections.discretion.postgres import PostgresDiscretionReader
from projections.discretion.view import Moment
from projections.reading import Cursor, Listing, listing_of

PATH: Final = "/v1/correlation"
router = APIRouter(prefix="/v1", tags=["裁量"])

_READERS: Final = needs(Permission.READ_CORRELATION)
KindQuery = Annotated[
    str | None, Query(pattern=f"^({'|'.join(KINDS)})?$", description="发现的种类")
]
AgencyQuery = Annotated[
    str | None, Query(pattern=r"^([A-Za-z0-9:._-]{1,128})?$", description="只看涉及该机关的")
]
ItemQuery = Annotated[
    str | None, Query(pattern="^([A-Z0-9-]{1,32})?$", description="只比较该执法事项的决定")
]


class Found(NamedTuple):
    """An answer, as of when it is, and what was asked."""

    found: Correlated
    moment: Moment
    filters: dict[str, str]


def found_for(
    request: Request,
    kind: str | None,
    agency: str | None,
    item: str | None,
    at: str | None,
    clock: ClockName,
) -> Found:
    """Return what stands out, for somebody who may see it.

    Raises:
        ProblemError: NOT_LOGGED_IN, FORBIDDEN; INVALID: ``at`` is not a time.
    """
    require(request, Permission.READ_CORRELATION)
    resources: Resources = request.app.state.resources
    moment = Moment(*moment_of(at, clock, resources.clock.now_micros()))
    wanted = Wanted(kind or None, agency or None, item or None)
    with resources.connection() as connection:
        vault = Vault(connection, resources.key_store)
        reader = PostgresDiscretionReader(connection)
        found = correlate(reader, moment, wanted, same_persons_of(vault))
    filters = given(kind=kind, agency=agency, item=item, at=at)
    if clock is not ClockName.RECEIVED:
        filters["clock"] = str(clock)
    return Found(found, moment, filters)


def page_of(findings: Correlated, limit: int, after: Cursor | None) -> Listing[Finding]:
    """Return one page of the findings, the newest first."""
    return listing_of(findings.findings, limit, after, lambda one: Cursor(one.day, one.id))


@router.get("/correlation", summary="关联分析", openapi_extra=_READERS)
def list_findings(
    request: Request,
    response: Response,
    kind: KindQuery = None,
    agency: AgencyQuery = None,
    item: ItemQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return what stands out: fines apart from similar ones, repeat offenders, shares."""
    found = found_for(request, kind, agency, item, at, clock)
    wanted = ListRequest(PATH, found.filters, limit, cursor)
    listing = page_of(found.found, limit, position(request, wanted))
    listed = list_document(request, response, wanted, listing, finding_document)
    return {**asked_document_of(found.moment), **summary_document(found.found), **listed}


@router.get(
    "/correlation.csv",
    summary="关联分析（电子表格）",
    response_class=Response,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def findings_csv(
    request: Request,
    kind: KindQuery = None,
    agency: AgencyQuery = None,
    item: ItemQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> Response:
    """Return all of it as CSV, a row a finding."""
    found = found_for(request, kind, agency, item, at, clock).found
    heads = ("种类", "对象", "名称", "机关", "日期", "说明", "案件")
    rows = [
        [
            kind_word(one.kind),
            one.subject,
            one.name or "",
            "、".join(one.agency_ids),
            date_text(one.day),
            text_of(one),
            "、".join(dict.fromkeys(it.case_id for it in one.behind)),
        ]
        for one in found.findings
    ]
    return csv_response(heads, rows, "correlation.csv")
