"""Cases for machines: list, entries, and the state at any moment. Behind a login.

Read before: ``projections/case_replay/view.py``. Read next: ``portal/console/replay.py``.

The state is folded from the entries themselves, not from a view, so it is the ledger's answer; a
case has at most some hundred entries, however large the ledger is. Personal and secret values
are commitments here; opening them is a retrieval, with its own gate and record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from ledger.chain.ids import uuid_text
from ledger.domain.amendments import amended
from ledger.domain.case import Case, fold_case
from ledger.domain.case_stages import case_stages
from ledger.domain.stream import StreamAct, owners_acts, read_stream
from ledger.limits import CASE_VIEW_ENTRIES_MAX
from ledger.store.log_tables import origin_of
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
from portal.as_of import AtQuery, ClockName, ClockQuery, VersionQuery, as_of
from portal.machines import machines_document
from portal.pages import rfc3339
from portal.payloads import payload_schema
from portal.permissions import Permission
from portal.proven_rows import check_rows
from portal.resources import Resources
from portal.stages import stage_document
from projections.case_replay.view import AsOf, CaseEntry, MatterRow

router = APIRouter(prefix="/v1/cases", tags=["案件"])

NUMBER_CHARS_MAX: Final = 64
_STAFF: Final = needs(Permission.READ_CASES)
CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,128}$", description="案件标识")]


@router.get("", summary="案件列表", openapi_extra=_STAFF)
def list_cases(
    request: Request,
    response: Response,
    number: Annotated[
        str | None, Query(max_length=NUMBER_CHARS_MAX, description="案号或决定书文号")
    ] = None,
    agency_id: Annotated[str | None, Query(max_length=18)] = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return cases, most recently changed first, or those with a case or document number."""
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    if number:
        with resources.cases() as reader:
            return {
                "items": [matter_document(row) for row in reader.find(number)],
                "next_cursor": None,
            }
    wanted = ListRequest("/v1/cases", given(agency_id=agency_id), limit, cursor)
    after = position(request, wanted)
    with resources.cases() as reader:
        found = reader.matters(agency_id, limit, after)
    return list_document(request, response, wanted, found, matter_document)


@router.get("/{case_id}", summary="案件概况", openapi_extra=_STAFF)
def read_case(request: Request, case_id: CaseId) -> dict[str, Any]:
    """Return a case's line in the list."""
    require(request, Permission.READ_CASES)
    return matter_document(matter_row(request.app.state.resources, case_id))


@router.get("/{case_id}/entries", summary="案件的全部条目", openapi_extra=_STAFF)
def read_case_entries(
    request: Request,
    case_id: CaseId,
    at: AtQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    version: VersionQuery = None,
    after: Annotated[int, Query(ge=0, lt=1 << 53, description="从本链第几条之后开始")] = 0,
    limit: Annotated[int, Query(ge=1, le=CASE_VIEW_ENTRIES_MAX)] = 200,
) -> dict[str, Any]:
    """Return a case's entries with their decoded payloads, in the order of the chain."""
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    matter_row(resources, case_id)
    rows = entry_rows(resources, case_id, as_of(at, clock, version), after=after, limit=limit + 1)
    following = rows[limit - 1].version if len(rows) > limit else None
    return {
        "items": [entry_document(resources, row) for row in rows[:limit]],
        "next_after": None if following is None else str(following),
    }


@router.get("/{case_id}/state", summary="案件在某一时刻的状态", openapi_extra=_STAFF)
def read_case_state(
    request: Request,
    case_id: CaseId,
    at: AtQuery = None,
    clock: ClockQuery = ClockName.RECEIVED,
    version: VersionQuery = None,
) -> dict[str, Any]:
    """Return what the case was at a moment, by either clock.

    Annulled acts and those of other agencies are among ``entries`` and count for nothing else.
    ``machines`` are at most 200: where each machine stands, the act that led there, acts without
    an arrow with the rule that judges them.
    """
    require(request, Permission.READ_CASES)
    resources: Resources = request.app.state.resources
    row = matter_row(resources, case_id)
    moment = as_of(at, clock, version)
    acts = promised_acts(resources, row, moment)
    counted = counted_acts(resources, row, moment)
    case = fold_case(counted)
    return {
        "case_id": case_id,
        "clock": clock,
        "entries": str(len(acts)),
        "version": str(acts[-1].entry.stream_version) if acts else "0",
        "status": case.status,
        "case_no": case.case_no,
        "item_code": case.item_code,
        "handlers": sorted(case.handlers),
        "milestones": milestone_times(case),
        "stages": [stage_document(stage) for stage in case_stages(counted)],
        **machines_at(resources, counted, moment),
    }


def matter_row(resources: Resources, case_id: str) -> MatterRow:
    """Return a matter's line. Raises ProblemError NOT_FOUND."""
    with resources.cases() as reader:
        row = reader.matter(case_id)
    if row is None:
        raise problem("NOT_FOUND")
    return row


def entry_rows(
    resources: Resources, case_id: str, moment: AsOf, *, after: int = 0, limit: int
) -> Sequence[CaseEntry]:
    """Return the entries of a matter that count at a moment.

    Raises:
        VerificationError: The view shows what the ledger has not got.
    """
    with resources.cases() as reader:
        rows = reader.entries(case_id, moment, after, limit)
    check_rows(resources.proven, rows, moment, after)
    return rows


def promised_acts(resources: Resources, row: MatterRow, moment: AsOf) -> list[StreamAct]:
    """Return the promised acts of a matter at a moment, in the order of the chain."""
    return [item for item in _stream(resources, row) if _counts(item, moment)]


def counted_acts(resources: Resources, row: MatterRow, moment: AsOf) -> list[StreamAct]:
    """Return those that count: without a stranger's and annulled ones, with corrections done."""
    state = resources.control.state
    assert state.ledger is not None
    acts = owners_acts(_stream(resources, row), state, origin_of(state.ledger.name, row.log))
    return amended([item for item in acts if _counts(item, moment)], state)


def _stream(resources: Resources, row: MatterRow) -> list[StreamAct]:
    entries = resources.proven[row.log].stream_entries(row.stream_id)
    return read_stream(entries, resources.control.state)


def machines_at(resources: Resources, counted: Sequence[StreamAct], moment: AsOf) -> dict[str, Any]:
    """Return where the machines of a matter stood at a moment."""
    at = moment.received_at if moment.received_at is not None else moment.occurred_at
    return machines_document(
        counted,
        resources.clock.now_micros() if at is None else at,
        lambda item: (
            payload_schema(resources.schema_text_of(item.event_type, item.act.schema_version)).term
        ),
    )


def milestone_times(case: Case) -> dict[str, str]:
    """Return when each type of act first happened."""
    return {event_type: rfc3339(at) for event_type, at in case.milestones.items()}


def matter_document(row: MatterRow) -> dict[str, Any]:
    """Return a matter's line as JSON."""
    return {
        "case_id": row.stream_id,
        "log": row.log,
        "agency_id": row.agency_id,
        "case_no": row.case_no,
        "doc_no": row.doc_no,
        "organisation": row.org_name,
        "item_code": row.item_code,
        "stage": row.stage,
        "entries": str(row.entries),
        "alerts": str(row.alerts),
        "first_received_at": rfc3339(row.first_received_at),
        "last_received_at": rfc3339(row.last_received_at),
        "last_leaf_index": str(row.last_leaf_index),
    }


def entry_document(resources: Resources, row: CaseEntry) -> dict[str, Any]:
    """Return an entry as JSON; the act's own members keep their names."""
    act = row.act
    schema = payload_schema(resources.schema_text_of(act.event_type, act.schema_version))
    codec = resources.control.state.codec(act.event_type, act.schema_version)
    return {
        "log": row.log,
        "leaf_index": str(row.leaf_index),
        "version": str(row.version),
        "event_id": row.event_id,
        "event_type": act.event_type,
        "schema_version": act.schema_version,
        "term": row.cn,
        "aggregate_id": act.aggregate_id,
        "agency_id": act.agency_id,
        "emitter_id": act.emitter_id,
        "actors": [actor._asdict() for actor in act.actors],
        "occurred_at": rfc3339(act.occurred_at),
        "recorded_at": rfc3339(act.recorded_at),
        "received_at": rfc3339(row.received_at),
        "late_reason": act.late_entry,
        "control_size": str(row.control_size),
        "opened": row.opened,
        "causation_id": None if act.causation_id is None else uuid_text(act.causation_id),
        "payload": schema.document(codec.decode(act.payload)),
    }


def _counts(item: StreamAct, moment: AsOf) -> bool:
    received, occurred, version = moment
    return (
        (received is None or item.entry.received_at <= received)
        and (occurred is None or item.act.occurred_at <= occurred)
        and (version is None or item.entry.stream_version <= version)
    )
