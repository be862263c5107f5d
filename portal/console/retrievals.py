"""The retrieval log: who looked at which record, why, on whose approval, for how long.

Read before: ``portal/api/retrievals.py``. Read next: ``portal/console/disclosure_work.py``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response

from portal.access import require
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.api.problem import problem
from portal.api.retrievals import StateQuery
from portal.names import agency_names, field_names, person_names
from portal.pages import page
from portal.permissions import Permission
from portal.resources import Resources
from projections.retrieval.view import AccessRow

SCOPE_LABELS: Final = {"mediaIds": "音像记录", "docIds": "文书", "fields": "字段"}


class ScopeLine(NamedTuple):
    """One kind of record in a scope, with the ids of the records."""

    label: str
    ids: list[str]


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
    names = person_names(resources, (one for row in found.rows for one in (row.who, row.approver)))
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
    names = person_names(resources, people)
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
    with resources.cases() as reader_of_cases:
        matter = reader_of_cases.matter(row.stream_id)
    people = [row.requester, row.approver, row.second_approver]
    names = person_names(resources, [*people, *(a.who for a in accesses), *_approvers(accesses)])
    return page(
        request,
        "retrieval.html",
        view_sizes=resources.view_sizes("retrieval"),
        logs=[row.log],
        row=row,
        case_no=matter.case_no if matter is not None else None,
        is_afterwards=row.requested_at is None,
        asked=scope_lines(row.scope),
        granted=scope_lines(row.granted),
        agencies=agency_names(resources),
        accesses=accesses,
        names=names,
    )


def scope_lines(scope: str | None) -> list[ScopeLine]:
    """Return what a scope names, kind by kind; empty kinds left out."""
    if scope is None:
        return []
    document: dict[str, list[str]] = json.loads(scope)
    labels = field_names()
    return [
        ScopeLine(label, [labels.get(one, one) for one in document[member]])
        for member, label in SCOPE_LABELS.items()
        if document.get(member)
    ]


def _approvers(accesses: Sequence[AccessRow]) -> list[str | None]:
    return [access.approver for access in accesses]
