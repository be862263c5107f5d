"""The retrieval log for machines: who looked at which record, why, on whose approval.

Read before: ``projections/retrieval/view.py``. Read next: ``portal/console/retrievals.py``.

Persons are ids; reasons that people wrote are sealed. Behind a login: supervisor, auditor,
archivist.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from portal.access import require
from portal.api.described import needs
from portal.api.paging import (
    LIMIT_DEFAULT,
    CursorQuery,
    LimitQuery,
    ListRequest,
    given,
    list_document,
    position,
)
from portal.api.problem import problem
from portal.pages import rfc3339
from portal.permissions import Permission
from portal.resources import Resources
from projections.retrieval.view import AccessRow, RetrievalRow

router = APIRouter(prefix="/v1/retrievals", tags=["调阅"])

_READERS: Final = needs(Permission.READ_RETRIEVALS)
STATES: Final = ("REQUESTED", "APPROVED", "REJECTED", "CLOSED", "EMERGENCY", "NONE")
StateQuery = Annotated[
    str | None,
    Query(pattern=rf"^({'|'.join(STATES)})$", description="调阅状态"),
]


@router.get("", summary="调阅列表", openapi_extra=_READERS)
def list_retrievals(
    request: Request,
    response: Response,
    state: StateQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return retrievals, most recently changed first."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    wanted = ListRequest("/v1/retrievals", given(state=state), limit, cursor)
    after = position(request, wanted)
    with resources.retrievals() as reader:
        found = reader.retrievals(None if state is None else [state], limit, after)
    return list_document(request, response, wanted, found, retrieval_document)


@router.get("/accesses", summary="查阅记录", openapi_extra=_READERS)
def list_accesses(
    request: Request,
    response: Response,
    unapproved: Annotated[bool, Query(description="只看未经批准的")] = False,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return every time somebody looked at a record or was kept from it, newest first."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    filters = given(unapproved="true" if unapproved else None)
    wanted = ListRequest("/v1/retrievals/accesses", filters, limit, cursor)
    after = position(request, wanted)
    with resources.retrievals() as reader:
        found = reader.accesses(None, limit, after, unapproved=unapproved)
    return list_document(request, response, wanted, found, access_document)


@router.get("/{retrieval_id}", summary="一次调阅", openapi_extra=_READERS)
def read_retrieval(
    request: Request,
    retrieval_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,128}$")],
) -> dict[str, Any]:
    """Return one retrieval with its accesses, oldest first."""
    require(request, Permission.READ_RETRIEVALS)
    resources: Resources = request.app.state.resources
    with resources.retrievals() as reader:
        row = reader.retrieval(retrieval_id)
        if row is None:
            raise problem("NOT_FOUND")
        accesses = reader.accesses_of(retrieval_id)
    return {**retrieval_document(row), "access_log": [access_document(one) for one in accesses]}


def retrieval_document(row: RetrievalRow) -> dict[str, Any]:
    """Return a retrieval as JSON."""
    return {
        "retrieval_id": row.retrieval_id,
        "case_id": row.stream_id,
        "state": row.state,
        "requester": row.requester,
        "org": row.org,
        "purpose": row.purpose,
        "mode": row.mode,
        "scope": None if row.scope is None else json.loads(row.scope),
        "requested_at": _time(row.requested_at),
        "approver": row.approver,
        "decided_at": _time(row.decided_at),
        "granted": None if row.granted is None else json.loads(row.granted),
        "window_id": row.window_id,
        "window_from": _time(row.window_from),
        "window_to": _time(row.window_to),
        "accesses": str(row.accesses),
        "copies": str(row.copies),
        "denials": str(row.denials),
        "closed_at": _time(row.closed_at),
        "outcome": row.outcome,
        "changed_at": rfc3339(row.changed_at),
    }


def access_document(row: AccessRow) -> dict[str, Any]:
    """Return an access as JSON."""
    return {
        "access_id": row.access_id,
        "kind": row.kind,
        "case_id": row.stream_id,
        "retrieval_id": row.retrieval_id,
        "who": row.who,
        "org": row.org,
        "target": row.target,
        "purpose": row.purpose,
        "approver": row.approver,
        "window_id": row.window_id,
        "started_at": rfc3339(row.started_at),
        "ended_at": _time(row.ended_at),
        "bytes_sent": None if row.bytes_sent is None else str(row.bytes_sent),
        "detail": row.detail,
        "event_id": row.event_id,
        "log": row.log,
        "leaf_index": str(row.leaf_index),
    }


def _time(micros: int | None) -> str | None:
    return None if micros is None else rfc3339(micros)
