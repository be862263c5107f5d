"""Pages of the registers: who may enforce, and with which credential (三项制度 2.3).

Read before: ``portal/api/registers.py``. Read next: ``portal/audit/state.py``.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.api.registers import AgencyQuery, is_valid
from portal.pages import page
from portal.resources import Resources

router = APIRouter(prefix="/registers", include_in_schema=False)


@router.get("/agencies")
def show_agencies(request: Request) -> Response:
    """Show all enforcement agencies."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.agencies()
    return page(
        request,
        "agencies.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        rows=rows,
    )


@router.get("/officers")
def show_officers(
    request: Request, agency_id: AgencyQuery = None, cursor: CursorQuery = None
) -> Response:
    """Show officers with their credentials."""
    resources: Resources = request.app.state.resources
    filters = given(agency_id=agency_id)
    wanted = ListRequest("/registers/officers", filters, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    with resources.registers() as reader:
        found = reader.officers(filters.get("agency_id"), LIMIT_DEFAULT, after)
        now = resources.clock.now_micros()
        rows = [
            (row, [(one, is_valid(one, now)) for one in reader.credentials(row.officer_id)])
            for row in found.rows
        ]
        agencies = {row.agency_id: row.name for row in reader.agencies()}
    return page(
        request,
        "officers.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        rows=rows,
        agencies=agencies,
        filters=filters,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )
