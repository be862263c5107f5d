"""The daily reconciliation for people: by agency and channel, with everything that is missing.

Read before: ``portal/api/reconciliation.py``. Read next: ``portal/console/alerts.py``.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from portal.access import require
from portal.api.alerts import AgencyQuery
from portal.api.paging import CursorQuery, ListRequest, given, next_path, position
from portal.api.reconciliation import (
    DayQuery,
    day_asked,
    ledger_now,
    page_of_lines,
)
from portal.names import sender_names
from portal.pages import page
from portal.permissions import Permission
from portal.reconciliation import before, emitter_lines, name_of, silent_hours
from portal.resources import Resources
from projections.sharing.view import GAPS, Day

PATH = "/console/reconciliation"
AGENCIES_SHOWN: Final = 20
GAPS_SHOWN: Final = 50
EMITTERS_SHOWN: Final = 50
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show_reconciliation(
    request: Request,
    day: DayQuery = None,
    agency: AgencyQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show a day: its lines, what no channel has acknowledged, and the systems that send."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    filters = given(day=day, agency=agency)
    wanted = ListRequest(PATH, filters, AGENCIES_SHOWN, cursor)
    after, which = position(request, wanted), day_asked(resources, day)
    found = page_of_lines(resources, which, agency, AGENCIES_SHOWN, after)
    state, now = resources.control.state, ledger_now(resources)
    emitters = sorted(
        name for name, one in state.emitters.items() if agency in {None, *one.agency_ids}
    )
    with resources.sharing() as reader:
        gaps = reader.pushes(GAPS, which, agency, GAPS_SHOWN)
        older = reader.pushes(GAPS, Day(-(2**63), which.start), agency, 1)
        heard = emitter_lines(reader, state, which, now, emitters[:EMITTERS_SHOWN])
    return page(
        request,
        "reconciliation.html",
        view_sizes=resources.view_sizes("sharing"),
        day=name_of(which),
        day_before=name_of(before(which)),
        lines=found.rows,
        gaps=gaps,
        has_older=bool(older.rows),
        emitters=heard,
        more_emitters=len(emitters) - len(heard),
        silent_hours=silent_hours(state),
        agencies=sender_names(resources),
        filters=filters,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )
