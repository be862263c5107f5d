"""What stands out across cases, for supervisors: in words and numbers, with links to the acts.

Read before: ``portal/api/correlation.py``. Read next: ``portal/console/discretion.py``.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from portal.api.correlation import AgencyQuery, ItemQuery, KindQuery, found_for, page_of
from portal.api.organisation import MomentQuery
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, next_path, position
from portal.as_of import ClockName, ClockQuery
from portal.discretion.correlation import finding_document, summary_document
from portal.discretion.findings import KINDS
from portal.names import agency_names, is_person, person_names
from portal.organisation.moments import date_of
from portal.pages import page
from portal.resources import Resources
from projections.discretion.method import method

PATH: Final = "/console/correlation"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show_findings(
    request: Request,
    kind: KindQuery = None,
    agency: AgencyQuery = None,
    item: ItemQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    cursor: CursorQuery = None,
) -> Response:
    """Show what stands out."""
    found = found_for(request, kind, agency, item, at, clock)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(PATH, found.filters, LIMIT_DEFAULT, cursor)
    listing = page_of(found.found, LIMIT_DEFAULT, position(request, wanted))
    return page(
        request,
        "correlation.html",
        view_sizes=resources.view_sizes("discretion"),
        findings=[finding_document(one) for one in listing.rows],
        summary=summary_document(found.found),
        limits=method()["correlation"],
        kinds=KINDS,
        filters=found.filters,
        agencies=agency_names(resources),
        people=person_names(
            resources, {one.subject for one in listing.rows if is_person(one.subject)}
        ),
        next_link=next_path(request, wanted, listing),
        is_first=cursor is None,
        path=PATH,
        day=date_of(found.moment.at),
        is_now=not (at or "").strip(),
        is_occurred=found.moment.at != found.moment.known_at,
    )
