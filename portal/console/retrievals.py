"""The retrieval log: who looked at which record, why, on whose approval, for how long.

Read before: ``portal/api/retrievals.py``. Read next: ``portal/console/disclosure_work.py``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from portal.access import require
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.api.problem import problem
from portal.api.retrievals import StateQuery
from portal.pages import page
from portal.permissions import Permission
from portal.resources import Resources

router = APIRouter(prefix="/console/retrievals", include_in_schema=False)


@router.get("")
def show_accesses(
    request: Request,
    unapproved: Annotated[str | None, Query(max_length=4)] = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show every time somebody looked at a record, newest first."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    filters = given(unapproved=unapproved)
    wanted = ListRequest("/console/retrievals", filters, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    with resources.retrievals() as reader:
        found = reader.accesses(None, LIMIT_DEFAULT, after, unapproved=bool(filters))
    names = resources.officer_names(one for row in found.rows for one in (row.who, row.approver))
    return page(
        request,
        "accesses.html",
        view_sizes=resources.view_sizes("retrieval"),
        rows=found.rows,
        names=names,
        unapproved=bool(filters),
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


@router.get("/requests")
def show_retrievals(
    request: Request, state: StateQuery = None, cursor: CursorQuery = None
) -> Response:
    """Show retrievals, most recently changed first."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    filters = given(state=state)
    wanted = ListRequest("/console/retrievals/requests", filters, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    with resources.retrievals() as reader:
        found = reader.retrievals(list(filters.values()) or None, LIMIT_DEFAULT, after)
    people = (one for row in found.rows for one in (row.requester, row.approver))
    names = resources.officer_names(people)
    return page(
        request,
        "retrievals.html",
        view_sizes=resources.view_sizes("retrieval"),
        rows=found.rows,
        names=names,
        state=state or "",
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


@router.get("/requests/{retrieval_id}")
def show_retrieval(
    request: Request,
    retrieval_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,128}$")],
) -> Response:
    """Show one retrieval with everything that was looked at under it."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    with resources.retrievals() as reader:
        row = reader.retrieval(retrieval_id)
        if row is None:
            raise problem("NOT_FOUND")
        accesses = reader.accesses_of(retrieval_id)
    names = resources.officer_names([row.requester, row.approver, *(a.who for a in accesses)])
    return page(
        request,
        "retrieval.html",
        view_sizes=resources.view_sizes("retrieval"),
        logs=[row.log],
        row=row,
        accesses=accesses,
        names=names,
    )
