"""What a person is told after a button: the entry that was made of it, and how far the list is.

Read before: ``portal/platform_desk.py``. Read next: ``portal/console/disclosure_work.py``.

The address after a button names the act, and the page looks it up in the ledger: a link that
somebody made up says nothing. Until the list's view has read the entry, the page says so and
shows no button for that matter, because a second press would only be refused.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from fastapi import Query
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_bytes, uuid_text
from portal.api.commands import done_document
from portal.api.problem import Problem
from portal.pages import error_page
from portal.payloads import payload_schema
from portal.platform_desk import Done
from portal.resources import Resources

SEE_OTHER: Final = 303
WORK_PATH: Final = "/console/disclosures"
DoneQuery = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


class CarriedOut(NamedTuple):
    """An act that is in the ledger, as the page after a button shows it."""

    term: str
    log: str
    leaf_index: int
    event_id: str
    stream_id: str
    is_shown: bool  # Whether the page's view has read it.


def back_to_list(state: str, done: Done) -> Response:
    """Lead from a button to the list it stands in, with the last act that it made.

    Raises:
        ProblemError: An act was refused or has no outcome.
    """
    event_id = done_document(done)["outcomes"][-1]["event_id"]
    return RedirectResponse(f"{WORK_PATH}?state={state}&done={event_id}", status_code=SEE_OTHER)


def carried_out(
    resources: Resources, event_id: str | None, view_sizes: dict[str, int]
) -> CarriedOut | None:
    """Return what an act became, None if the ledger has not got it."""
    if event_id is None:
        return None
    for log, recorder in resources.recorders.items():
        index = recorder.find_event(uuid_bytes(event_id))
        if index is None or index >= resources.promised_size(log):
            continue
        entry = decode_entry(resources.proven[log].entry(index))
        act = decode_act(entry.act)
        text = resources.schema_text_of(act.event_type, act.schema_version)
        is_shown = view_sizes.get(log, 0) > index
        return CarriedOut(
            payload_schema(text).term,
            log,
            index,
            uuid_text(act.event_id),
            entry.stream_id,
            is_shown,
        )
    return None


def refused(request: Request, fault: Problem, state: str) -> Response:
    """Return the page of a button that was refused, with the way back to its list."""
    trace_id = request.scope["state"]["trace_id"]
    return error_page(request, fault, trace_id=trace_id, back=f"{WORK_PATH}?state={state}")
