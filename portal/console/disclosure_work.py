"""The work on disclosures: what is to be drafted, reviewed, published, taken down.

Read before: ``portal/commands.py``. Read next: ``portal/api/commands.py``.

A button is shown to whose role may press it; whether it goes through is the gate's decision. A
refusal is shown with what its rules say, a success with the entry that was made of it. The forms
work without a script.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from ledger.errors import LedgerError
from portal.access import address_of, check_csrf, require
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, next_path, position
from portal.api.problem import problem, problem_of_error
from portal.commands import COMMANDS
from portal.console.carried_out import DoneQuery, back_to_list, carried_out, refused
from portal.pages import page
from portal.permissions import Permission
from portal.platform_desk import Asked, carry_out
from portal.resources import Resources
from projections.disclosure.view import DecisionRow, DisclosureRow, DutyRow
from projections.reading import Listing

router = APIRouter(prefix="/console/disclosures", include_in_schema=False)

STATES: Final = ("DRAFT", "APPROVED", "PUBLISHED", "WITHDRAWN", "ENDED", "WITHHELD")
UNDRAFTED: Final = "UNDRAFTED"
_FORM_COMMANDS: Final = frozenset(
    {
        "draft_disclosure",
        "review_disclosure",
        "publish_disclosure",
        "withhold_disclosure",
    }
)


@router.get("")
def show_work(
    request: Request,
    state: Annotated[str, Query(pattern=rf"^({'|'.join((UNDRAFTED, *STATES))})$")] = UNDRAFTED,
    done: DoneQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show decisions without a disclosure, or disclosures in one state."""
    require(request, Permission.READ_DISCLOSURE_WORK)
    resources: Resources = request.app.state.resources
    wanted = ListRequest("/console/disclosures", {"state": state}, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    decisions: Listing[DecisionRow] = Listing([], None)
    disclosures: Listing[DisclosureRow] = Listing([], None)
    duties: dict[str, DutyRow | None] = {}
    with resources.disclosures() as reader:
        if state == UNDRAFTED:
            decisions = reader.undisclosed(None, LIMIT_DEFAULT, after)
            duties = {it.event_id: reader.duty(it.stream_id, it.event_id) for it in decisions.rows}
        else:
            disclosures = reader.register(None, [state], LIMIT_DEFAULT, after)
        sources = {
            row.disclosure_id: reader.decision(row.stream_id, row.source_event_id)
            for row in disclosures.rows
            if row.source_event_id is not None
        }
    sizes = resources.view_sizes("disclosure")
    people = (one for row in disclosures.rows for one in (row.drafter, row.reviewer))
    found = decisions if state == UNDRAFTED else disclosures
    return page(
        request,
        "disclosure_work.html",
        view_sizes=sizes,
        done=carried_out(resources, done, sizes),
        state=state,
        states=STATES,
        decisions=[(row, duties[row.event_id]) for row in decisions.rows],
        disclosures=[
            (row, source, row.is_outdated(source))
            for row in disclosures.rows
            for source in [sources.get(row.disclosure_id)]
        ],
        names=resources.officer_names(people),
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


@router.post("/{kind}")
async def press_button(
    request: Request, kind: str, csrf_token: Annotated[str, Form()] = ""
) -> Response:
    """Carry out the command of a button and go back to the list."""
    if kind not in _FORM_COMMANDS:
        raise problem("NOT_FOUND")
    row = COMMANDS[kind]
    account = require(request, row.permission)
    check_csrf(request, csrf_token)
    resources: Resources = request.app.state.resources
    given = _given(await request.form())
    state = given.pop("state", UNDRAFTED)
    state = state if state in STATES else UNDRAFTED
    try:
        body = row.body.model_validate(given)
    except ValidationError as error:
        raise problem("INVALID") from error
    try:
        done = await carry_out(resources, Asked(kind, body, account, address_of(request)))
        return back_to_list(state, done)
    except LedgerError as error:
        return await run_in_threadpool(refused, request, problem_of_error(error), state)


def _given(form: FormData) -> dict[str, str]:
    """Return the fields that were filled in."""
    return {
        name: value.strip()
        for name, value in form.items()
        if isinstance(value, str) and value.strip() and name != "csrf_token"
    }
