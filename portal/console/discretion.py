"""Discretion for people: ask for advice, record a choice, see a decision beside its advice.

Read before: ``portal/api/discretion.py``. Read next: ``portal/console/replay.py``.

The form works without a script. What was typed stays on the page when the ledger refuses.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ledger.errors import LedgerError
from portal.access import address_of, check_csrf, require
from portal.api.commands import done_document
from portal.api.discretion import (
    CaseQuery,
    CircumstanceQuery,
    GroundsQuery,
    PartyQuery,
    asked,
    decided_of,
    question,
)
from portal.api.organisation import MomentQuery
from portal.api.problem import Problem, problem, problem_of_error
from portal.api.problem_codes import problem_kind
from portal.as_of import ClockName, ClockQuery
from portal.commands import AdviseDiscretion
from portal.console.carried_out import DoneQuery, carried_out
from portal.discretion.advice import advice_document, advise
from portal.discretion.decided import decision_document
from portal.names import agency_names, item_names, person_names
from portal.organisation.moments import date_of
from portal.pages import page
from portal.permissions import Permission
from portal.platform_desk import Asked, carry_out
from portal.resources import Resources
from portal.rule_texts import rule_lines
from schemas.loader import symbol_words

PATH: Final = "/console/discretion"
COMMAND: Final = "advise_discretion"
SEE_OTHER: Final = 303
_FEN: Final = 100
router = APIRouter(prefix=PATH, include_in_schema=False)

# Empty fields of a form ask for nothing.
ITEM, ID = "^([A-Z0-9-]{1,32})?$", r"^([A-Za-z0-9:._-]{1,128})?$"
ItemField = Annotated[str, Query(pattern=ITEM)]
AgencyField = Annotated[str, Query(pattern=ID)]


@router.get("")
def show_advice(
    request: Request,
    item: ItemField = "",
    agency: AgencyField = "",
    circumstance: CircumstanceQuery = None,
    party_type: PartyQuery = None,
    grounds: GroundsQuery = None,
    case: CaseQuery = None,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    done: DoneQuery = None,
) -> Response:
    """Show the form, and the advice on what it asks for."""
    given = {
        "item": item,
        "agency": agency,
        "circumstance": circumstance or "",
        "party_type": party_type or "",
        "grounds": grounds or "",
        "case": case or "",
        "at": at or "",
    }
    return _advice_page(request, given, clock, None, {}, done)


@router.post("")
async def record_choice(
    request: Request,
    item: Annotated[str, Form(pattern=ITEM)],
    agency: Annotated[str, Form(pattern=ID)],
    case: Annotated[str, Form(pattern=ID)],
    circumstance: Annotated[str, Form(max_length=64)] = "",
    party_type: Annotated[str, Form(max_length=32, pattern="^[A-Z_]*$")] = "",
    grounds: Annotated[str, Form(max_length=1_000, pattern="^[A-Za-z0-9:._ -]*$")] = "",
    amount: Annotated[str, Form(max_length=32)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    csrf_token: Annotated[str, Form()] = "",
) -> Response:
    """Record the advice with the choice, or show the form again with what is against it."""
    account = require(request, Permission.ADVISE_DISCRETION)
    check_csrf(request, csrf_token)
    resources: Resources = request.app.state.resources
    given = {
        "item": item,
        "agency": agency,
        "circumstance": circumstance,
        "party_type": party_type,
        "grounds": grounds,
        "case": case,
        "at": "",
    }
    try:
        body = _body(given, amount, reason)
        done = await carry_out(resources, Asked(COMMAND, body, account, address_of(request)))
        event_id = done_document(done)["outcomes"][-1]["event_id"]
        query = urlencode({"item": item, "agency": agency, "case": case, "done": event_id})
        return RedirectResponse(f"{PATH}?{query}", status_code=SEE_OTHER)
    except LedgerError as error:
        fault = problem_of_error(error)
        typed = {"amount": amount, "reason": reason}
        return await run_in_threadpool(
            _advice_page, request, given, ClockName.RECEIVED, fault, typed
        )


@router.get("/decisions/{event_id}")
def show_decision(
    request: Request,
    event_id: UUID,
    at: MomentQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
) -> Response:
    """Show a decision's amount beside the advised range, the stated reason, similar decisions."""
    resources: Resources = request.app.state.resources
    with asked(request, at, clock) as view:
        document = decision_document(view.reader, decided_of(view, str(event_id)), view.moment)
        moment = view.moment
    return page(
        request,
        "discretion_decision.html",
        view_sizes=resources.view_sizes("discretion"),
        one=document,
        agencies=agency_names(resources),
        items=item_names(resources, document["agency_id"]),
        people=person_names(resources, _people(document)),
        day=date_of(moment.at),
        is_now=not (at or "").strip(),
        is_occurred=moment.at != moment.known_at,
    )


def _advice_page(
    request: Request,
    given: dict[str, str],
    clock: ClockName,
    fault: Problem | None,
    typed: dict[str, str],
    done: str | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    with asked(request, given["at"], clock) as view:
        document = None
        if given["item"] and given["agency"]:
            names = ("item", "agency", "circumstance", "party_type", "grounds", "case")
            wanted = question(view, *(given[name] for name in names))
            document = advice_document(advise(view.reader, wanted, view.moment))
        moment = view.moment
    sizes = resources.view_sizes("discretion")
    return page(
        request,
        "discretion.html",
        status_code=200 if fault is None else fault.status,
        view_sizes=sizes,
        found=document,
        given=given,
        typed={"amount": "", "reason": "", **typed},
        clock=str(clock),
        agencies=agency_names(resources),
        items=item_names(resources, given["agency"]) if given["agency"] else {},
        party_types=symbol_words()["PartyType"],
        fault=fault,
        kind=None if fault is None else problem_kind(fault.code),
        rules=rule_lines(resources, () if fault is None else fault.failed),
        done=carried_out(resources, done, sizes),
        day=date_of(moment.at),
        is_now=not given["at"].strip(),
        is_occurred=moment.at != moment.known_at,
    )


def _body(given: dict[str, str], amount: str, reason: str) -> AdviseDiscretion:
    """Return the command. Raises ProblemError INVALID: something is missing or malformed."""
    try:
        fen = Decimal(amount.replace(",", "").strip()) * _FEN
        if not fen.is_finite() or fen != fen.to_integral_value():
            raise problem("INVALID")
        return AdviseDiscretion.model_validate(
            {
                "case_id": given["case"],
                "item_code": given["item"] or None,
                "circumstance": given["circumstance"],
                "chosen_fen": int(fen),
                "reason": reason.strip() or None,
                "grounds": given["grounds"].split(),
            }
        )
    except (ValidationError, InvalidOperation) as error:
        raise problem("INVALID") from error


def _people(document: dict[str, Any]) -> set[str]:
    people = set(document["officers"])
    if document["advice"] is not None:
        people.add(document["advice"]["officer_id"])
    return people
