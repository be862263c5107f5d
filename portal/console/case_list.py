"""Cases to choose from: by case number or document number, or the latest changed.

Read before: ``portal/api/cases.py``. Read next: ``portal/console/replay.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from portal.access import require
from portal.api.cases import NUMBER_CHARS_MAX
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.pages import page
from portal.permissions import Permission
from portal.resources import Resources
from projections.case_replay.view import MatterRow

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("")
@router.get("/cases")
def show_cases(
    request: Request,
    number: Annotated[str | None, Query(max_length=NUMBER_CHARS_MAX)] = None,
    agency_id: Annotated[str | None, Query(max_length=18)] = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show cases, most recently changed first, or those with a number."""
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    filters = given(number=number, agency_id=agency_id)
    following = None
    rows: Sequence[MatterRow]
    if "number" in filters:
        with resources.cases() as reader:
            rows = reader.find(filters["number"])
    else:
        wanted = ListRequest("/console/cases", filters, LIMIT_DEFAULT, cursor)
        after = position(request, wanted)
        with resources.cases() as reader:
            found = reader.matters(filters.get("agency_id"), LIMIT_DEFAULT, after)
        rows, following = found.rows, next_path(request, wanted, found)
    agencies = resources.control.state.agencies
    return page(
        request,
        "cases.html",
        view_sizes=resources.view_sizes("case_replay"),
        rows=rows,
        agencies={agency_id: agency.name for agency_id, agency in agencies.items()},
        filters=filters,
        next_link=following,
        is_first=cursor is None,
    )
