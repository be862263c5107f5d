"""``/v1/decision-gate``: may this draft decision be made? A permit, or the rules that refuse it.

Read before: ``portal/decision_gate.py``. Read next: ``portal/api/commands.py``.

The platform emits ``DecisionGateRequested`` in the name of who is logged in and waits for what the
ledger writes behind it. A refusal is an answer of the ledger, so it is kept like a permit and found
again under its id. An agency's own system may send the act itself and ask here for the answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from portal.access import (
    address_of,
    check_csrf,
    require,
    require_agency,
    require_agency_or_overseer,
)
from portal.api.commands import CREATED, OK, IdempotencyKey
from portal.api.described import needs
from portal.api.json_route import JsonRoute
from portal.api.problem import ProblemError
from portal.commands import PERMIT_KIND, RequestPermit
from portal.decision_gate import owner_of, permit_document, read_answer, refusal, stream_of
from portal.intake.answers import problem_of
from portal.permissions import Permission
from portal.platform_desk import Asked, Done, carry_out
from portal.resources import Resources

_GATE_REFUSED: Final = "GATE_REFUSED"
_ANSWER: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/DecisionGate"}}}


class PermitRoute(JsonRoute):
    """Asks, or reads the answer; only who may gets body and id looked at."""

    def check_access(self, request: Request) -> None:
        """Check login, role and, for a browser that asks, the session's token."""
        if request.method == "POST":
            require(request, Permission.REQUEST_PERMIT)
            check_csrf(request)
        else:
            require(request, Permission.READ_CASES)


router = APIRouter(prefix="/v1/decision-gate", tags=["决定前置核验"], route_class=PermitRoute)


@router.post(
    "",
    summary="申请决定前置核验",
    response_model=None,
    status_code=CREATED,
    responses={
        CREATED: {"description": "通过，附许可回执", "content": _ANSWER},
        OK: {"description": "此前已通过，未再申请", "content": _ANSWER},
    },
    openapi_extra=needs(Permission.REQUEST_PERMIT, "限办案机关的账号。"),
)
async def request_permit(
    request: Request,
    response: Response,
    body: RequestPermit,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Ask for a permit; 409 with the rules that failed where there is none."""
    account = require(request, Permission.REQUEST_PERMIT)
    resources: Resources = request.app.state.resources
    owner = await run_in_threadpool(owner_of, resources, body.case_id)
    require_agency(resources, account, owner)
    asked = Asked(PERMIT_KIND, body, account, address_of(request), idempotency_key)
    done = await carry_out(resources, asked)
    document = await run_in_threadpool(_document, resources, body.case_id, done)
    response.status_code = OK if done.is_repeat else CREATED
    return {**document, "already_done": done.is_repeat}


@router.get(
    "/{gate_id}",
    summary="决定前置核验的结果",
    response_model=None,
    responses={OK: {"description": "许可或者未通过的规则", "content": _ANSWER}},
    openapi_extra=needs(Permission.READ_CASES, "限办案机关的账号；执法监督员、审计员不限。"),
)
def read_permit(
    request: Request,
    gate_id: Annotated[UUID, Path(description="申请行为或者许可行为的标识")],
) -> dict[str, Any]:
    """Return what the ledger said of a request, whoever sent it."""
    account = require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    told = read_answer(resources, stream_of(resources, gate_id.bytes), gate_id.bytes)
    require_agency_or_overseer(resources, account, told.owner)
    return {**permit_document(resources, told), "already_done": True}


def _document(resources: Resources, case_id: str, done: Done) -> dict[str, Any]:
    """Return the permit that a request got. Raises ProblemError where it got none."""
    event_id, told = done.event_ids[0], done.answers[0]
    fault = problem_of(told, event_id)
    if fault is not None and fault.code != _GATE_REFUSED:
        raise ProblemError(fault)
    assert event_id is not None
    found = read_answer(resources, case_id, UUID(event_id).bytes)
    if not found.answer.is_cleared:
        raise refusal(resources, found.answer)
    return permit_document(resources, found)
