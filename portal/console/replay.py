"""The replay of a case: everything that was recorded of it, as it stood at any moment.

Read before: ``portal/api/cases.py``. Read next: ``portal/console/retrievals.py``.

The list is that of the chain, oldest first, with both clocks on every entry and a mark where they
lie far apart. It works without a script and prints. What a value was is sealed; that it was given,
by whom and when, is here.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ledger.chain.ids import uuid_text
from ledger.clock import MICROS_PER_SECOND
from ledger.domain.case import fold_case
from ledger.limits import CASE_VIEW_ENTRIES_MAX
from portal.access import require
from portal.api.cases import CaseId, counted_acts, entry_rows, matter_row
from portal.as_of import AtQuery, ClockName, ClockQuery, VersionQuery, as_of
from portal.pages import page
from portal.payloads import Line, payload_schema
from portal.permissions import Permission
from portal.resources import Resources
from projections.case_replay.view import CaseEntry

router = APIRouter(prefix="/console", include_in_schema=False)

LATE_AFTER_MICROS: Final = 24 * 3_600 * MICROS_PER_SECOND
LINES_SHOWN_MAX: Final = 200


class ShownEntry(NamedTuple):
    """One entry of the timeline."""

    row: CaseEntry
    lines: list[Line]
    is_late: bool
    kind: str  # flag, platform or agency: the colour of its dot.
    cause: int | None  # Version of the entry that caused it, if it is on this page.


@router.get("/cases/{case_id}")
def show_case(
    request: Request,
    case_id: CaseId,
    at: AtQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    version: VersionQuery = None,
    after: Annotated[int, Query(ge=0, lt=1 << 53)] = 0,
) -> Response:
    """Show a case as of a moment, by either clock."""
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    matter = matter_row(resources, case_id)
    moment = as_of(at, clock, version)
    rows = entry_rows(resources, case_id, moment, after=after, limit=CASE_VIEW_ENTRIES_MAX)
    versions = {row.event_id: row.version for row in rows}
    agency = resources.control.state.agencies.get(matter.agency_id)
    case = fold_case(counted_acts(resources, matter, moment))
    persons = {actor.officer_id for row in rows for actor in row.act.actors} | case.handlers
    return page(
        request,
        "case.html",
        view_sizes=resources.view_sizes("case_replay"),
        logs=[matter.log],
        matter=matter,
        agency_name=matter.agency_id if agency is None else agency.name,
        case=case,
        names=resources.officer_names(persons),
        entries=[_shown(resources, row, versions) for row in rows],
        asked={"at": at or "", "clock": str(clock), "version": version},
        is_everything=moment == (None, None, None),
    )


def _shown(resources: Resources, row: CaseEntry, versions: dict[str, int]) -> ShownEntry:
    act, state = row.act, resources.control.state
    schema = payload_schema(resources.schema_text_of(act.event_type, act.schema_version))
    value: Any = state.codec(act.event_type, act.schema_version).decode(act.payload)
    return ShownEntry(
        row=row,
        lines=schema.lines(value)[:LINES_SHOWN_MAX],
        is_late=row.received_at - act.occurred_at > LATE_AFTER_MICROS,
        kind=_kind(act.event_type, state.emitter_kind(act.emitter_id)),
        cause=None if act.causation_id is None else versions.get(uuid_text(act.causation_id)),
    )


def _kind(event_type: str, emitter_kind: str | None) -> str:
    if event_type in {"SupervisionAlertRaised", "GateRefused", "DecisionGateRefused"}:
        return "flag"
    return "agency" if emitter_kind == "AGENCY" else "platform"
