"""The daily reconciliation for machines: by agency and channel, what is missing, who is silent.

Read before: ``portal/reconciliation.py``. Read next: ``portal/console/reconciliation.py``.

Behind a login, for supervisors and auditors. Where no day is given it is today, by the ledger's
clock; of the list of what is missing, any day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from ledger.errors import MalformedError
from portal.access import require
from portal.api.alerts import AgencyQuery
from portal.api.csv_table import csv_chunks
from portal.api.described import CSV, content, needs
from portal.api.faults import INVALID, Fault
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
from portal.names import agency_names
from portal.permissions import Permission
from portal.reconciliation import (
    ALWAYS,
    Line,
    channels_of,
    day_at,
    day_named,
    emitter_document,
    emitter_lines,
    line_document,
    lines,
    name_of,
    push_document,
)
from portal.resources import Resources
from portal.words import word
from projections.reading import PAGE_ROWS_MAX, Cursor, Listing
from projections.sharing.view import GAPS, Day, PushRow

router = APIRouter(prefix="/v1/reconciliation", tags=["监督"])

PATH: Final = "/v1/reconciliation"
_READERS: Final = needs(Permission.READ_RECONCILIATION)
_LINE_HEADS: Final = (
    *("日期", "机关代码", "机关", "渠道", "发出", "接收", "应推送", "已推送", "已回执", "缺口"),
)
_GAP_HEADS: Final = (
    *("公示时间", "渠道", "状态", "动作", "机关代码", "机关", "案件（事项）", "公示", "记录摘要"),
    *("批次", "推送时间", "答复时间"),
)

DayQuery = Annotated[
    str | None,
    Query(max_length=10, description="日期（北京时间）", examples=["2026-11-26"]),
]


@router.get("", summary="对账：按机关、渠道", openapi_extra=_READERS)
def list_lines(
    request: Request,
    response: Response,
    day: DayQuery = None,
    agency: AgencyQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return a day's lines, agency by agency; a page has so many agencies."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(PATH, given(day=day, agency=agency), limit, cursor)
    after, which = position(request, wanted), day_asked(resources, day)
    names = agency_names(resources)
    found = page_of_lines(resources, which, agency, limit, after)
    document = list_document(
        request, response, wanted, found, lambda line: line_document(line, names)
    )
    return {"day": name_of(which), **document}


@router.get(
    ".csv",
    summary="对账（电子表格）",
    response_class=StreamingResponse,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def list_lines_csv(
    request: Request, day: DayQuery = None, agency: AgencyQuery = None
) -> StreamingResponse:
    """Return the same lines as CSV, all pages of them."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    which, names = day_asked(resources, day), agency_names(resources)
    pages = _line_pages(resources, which, agency)
    cells = ([_line_cells(line, which, names) for line in page] for page in _read_ahead(pages))
    return _csv(_LINE_HEADS, cells, "reconciliation.csv")


@router.get("/gaps", summary="对账：缺口", openapi_extra=_READERS)
def list_gaps(
    request: Request,
    response: Response,
    day: DayQuery = None,
    agency: AgencyQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return what no channel has acknowledged, the newest first; of one day or of all."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(f"{PATH}/gaps", given(day=day, agency=agency), limit, cursor)
    after, which = position(request, wanted), _day_or_all(resources, day)
    with resources.sharing() as reader:
        found = reader.pushes(GAPS, which, agency, limit, after)
    return list_document(request, response, wanted, found, push_document)


@router.get(
    "/gaps.csv",
    summary="对账：缺口（电子表格）",
    response_class=StreamingResponse,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def list_gaps_csv(
    request: Request, day: DayQuery = None, agency: AgencyQuery = None
) -> StreamingResponse:
    """Return the same list as CSV, all pages of it."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    which, names = _day_or_all(resources, day), agency_names(resources)
    pages = _gap_pages(resources, which, agency)
    cells = ([_gap_cells(row, names) for row in page] for page in _read_ahead(pages))
    return _csv(_GAP_HEADS, cells, "reconciliation-gaps.csv")


@router.get("/emitters", summary="对账：接入系统", openapi_extra=_READERS)
def list_emitters(
    request: Request,
    response: Response,
    day: DayQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return each registered system: numbers not received on a day, and when it was last heard."""
    require(request, Permission.READ_RECONCILIATION)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(f"{PATH}/emitters", given(day=day), limit, cursor)
    after, which = position(request, wanted), day_asked(resources, day)
    state, last = resources.control.state, "" if after is None else after.id
    names = sorted(name for name in state.emitters if name > last)
    shown = names[:limit]
    with resources.sharing() as reader:
        found = emitter_lines(reader, state, which, ledger_now(resources), shown)
    following = Cursor(0, shown[-1]) if len(names) > limit else None
    listing = Listing(found, following)
    document = list_document(request, response, wanted, listing, emitter_document)
    return {"day": name_of(which), **document}


def ledger_now(resources: Resources) -> int:
    """Return the ledger's time: the system's, or the simulated one while that counts."""
    state = resources.control.state
    return state.received_at if state.is_simulated else resources.clock.now_micros()


def day_asked(resources: Resources, text: str | None) -> Day:
    """Return the day that was asked for, else today. Raises ProblemError INVALID."""
    if not (text and text.strip()):
        return day_at(ledger_now(resources))
    try:
        return day_named(text.strip())
    except MalformedError as error:
        raise problem("INVALID", errors=[Fault("/query/day", INVALID)]) from error


def page_of_lines(
    resources: Resources, day: Day, agency: str | None, limit: int, after: Cursor | None
) -> Listing[Line]:
    """Return the lines of so many agencies."""
    with resources.sharing() as reader:
        last = "" if after is None else after.id
        found = [agency] if agency else list(reader.agencies(day, limit + 1, last))
        channels = channels_of(resources.control.state, day)
        shown = lines(reader, day, channels, found[:limit])
    return Listing(shown, Cursor(0, found[limit - 1]) if len(found) > limit else None)


def _day_or_all(resources: Resources, text: str | None) -> Day:
    return day_asked(resources, text) if text and text.strip() else ALWAYS


def _line_pages(resources: Resources, day: Day, agency: str | None) -> Iterator[Listing[Line]]:
    after: Cursor | None = None
    while True:
        found = page_of_lines(resources, day, agency, PAGE_ROWS_MAX, after)
        yield found
        after = found.next_cursor
        if after is None:
            return


def _gap_pages(resources: Resources, day: Day, agency: str | None) -> Iterator[Listing[PushRow]]:
    after: Cursor | None = None
    while True:
        with resources.sharing() as reader:
            found = reader.pushes(GAPS, day, agency, PAGE_ROWS_MAX, after)
        yield found
        after = found.next_cursor
        if after is None:
            return


def _read_ahead(pages: Iterator[Listing[Any]]) -> Iterator[list[Any]]:
    """Yield the rows of pages; the first is read at once, for its errors."""
    first = next(pages)

    def rows() -> Iterator[list[Any]]:
        yield list(first.rows)
        for page in pages:
            yield list(page.rows)

    return rows()


def _csv(heads: tuple[str, ...], pages: Iterator[list[list[str]]], name: str) -> StreamingResponse:
    return StreamingResponse(
        csv_chunks(heads, pages),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _line_cells(line: Line, day: Day, names: dict[str, str]) -> list[str]:
    counts = (line.emitted, line.received, line.published, line.pushed, line.acknowledged)
    return [
        name_of(day),
        line.agency_id,
        names.get(line.agency_id, ""),
        word(line.channel, "channel"),
        *(str(count) for count in counts),
        str(line.gaps),
    ]


def _gap_cells(row: PushRow, names: dict[str, str]) -> list[str]:
    document = push_document(row)
    return [
        document["due_from"],
        word(row.target, "channel"),
        word(row.state, "push_state"),
        word(row.action, "push_action"),
        row.agency_id,
        names.get(row.agency_id, ""),
        row.stream_id,
        row.disclosure_id,
        row.record_hash,
        row.batch_id or "",
        document["pushed_at"] or "",
        document["answered_at"] or "",
    ]
