"""Deadlines for machines: what is due, for whom, and in how many working days.

Read before: ``portal/deadlines.py``. Read next: ``portal/console/deadlines.py``.

Behind a login: everybody who may read cases. What is overdue is reckoned from the moment that is
asked with, by the calendar published last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from portal.access import require
from portal.api.csv_table import csv_chunks
from portal.api.described import CSV, content, needs
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
from portal.as_of import moment_of
from portal.deadline_list import deadline_list, find_deadline
from portal.deadlines import Reckoning
from portal.names import agency_names
from portal.permissions import Permission
from portal.resources import Resources
from portal.words import word
from projections.deadlines.view import STATES, DeadlineQuery, DeadlineRow
from projections.reading import PAGE_ROWS_MAX, Cursor

router = APIRouter(prefix="/v1", tags=["监督"])

PATH: Final = "/v1/deadlines"
_READERS: Final = needs(Permission.READ_DEADLINES)
_ID: Final = r"^[A-Za-z0-9:._-]{1,128}$"
_TIME_CHARS_MAX: Final = 40
_HEADS: Final = (
    *("到期时间", "剩余工作日", "是否逾期", "状态", "期限", "名称", "依据", "机关", "案件（事项）"),
    *("触发行为", "触发时间", "暂按推算日历", "标识"),
)


class Filters:
    """What a list of deadlines is narrowed by, as it came in the query."""

    def __init__(
        self,
        due_before: Annotated[
            str | None,
            Query(max_length=_TIME_CHARS_MAX, description="只看在此之前到期的，RFC 3339"),
        ] = None,
        overdue: Annotated[bool, Query(description="只看逾期未办的")] = False,
        case: Annotated[str | None, Query(pattern=_ID, description="案件（事项）标识")] = None,
        agency: Annotated[
            str | None, Query(pattern=_ID, description="机关统一社会信用代码")
        ] = None,
        row: Annotated[str | None, Query(pattern=_ID, description="期限编号，如 D-PEN-01")] = None,
        state: Annotated[
            str | None,
            Query(pattern=rf"^({'|'.join(STATES)})$", description="期限状态，包括已办结的"),
        ] = None,
        everything: Annotated[bool, Query(alias="all", description="包括已办结的")] = False,
        at: Annotated[
            str | None,
            Query(max_length=_TIME_CHARS_MAX, description="以哪个时刻计算逾期，RFC 3339"),
        ] = None,
    ) -> None:
        self.texts = given(
            due_before=due_before,
            overdue="true" if overdue else None,
            case=case,
            agency=agency,
            row=row,
            state=state,
            all="true" if everything else None,
            at=at,
        )
        self._at = at
        self._due_before = due_before
        self._query = DeadlineQuery(
            stream_id=case,
            agency_id=agency,
            deadline_id=row,
            state=state,
            is_overdue=overdue,
            is_any=everything or state is not None,
        )

    @property
    def query(self) -> DeadlineQuery:
        """What the view is asked. Raises ProblemError INVALID: a time is none."""
        return self._query._replace(due_before=moment_of(self._due_before, "due_before"))

    def reckoning(self, resources: Resources) -> Reckoning:
        """Return what deadlines are looked at with. Raises ProblemError INVALID."""
        at = moment_of(self._at, "at")
        now = resources.clock.now_micros() if at is None else at
        return Reckoning(now, resources.control.state)


Filtered = Annotated[Filters, Depends()]


@router.get("/deadlines", summary="期限列表", openapi_extra=_READERS)
def list_deadlines(
    request: Request,
    response: Response,
    filters: Filtered,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return what is to be done, the earliest due first."""
    require(request, Permission.READ_DEADLINES)
    resources: Resources = request.app.state.resources
    wanted = ListRequest(PATH, filters.texts, limit, cursor)
    after, reckoning = position(request, wanted), filters.reckoning(resources)
    with resources.deadlines() as reader:
        found = deadline_list(reader, filters.query, reckoning, limit, after)
    return list_document(request, response, wanted, found, reckoning.document)


@router.get(
    "/deadlines.csv",
    summary="期限列表（电子表格）",
    response_class=StreamingResponse,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def list_deadlines_csv(request: Request, filters: Filtered) -> StreamingResponse:
    """Return the same list as CSV, all pages of it."""
    require(request, Permission.READ_DEADLINES)
    resources: Resources = request.app.state.resources
    reckoning, agencies = filters.reckoning(resources), agency_names(resources)
    pages = _pages(resources, filters.query, reckoning)
    cells = ((_cells(row, reckoning, agencies) for row in page) for page in pages)
    return StreamingResponse(
        csv_chunks(_HEADS, cells),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="deadlines.csv"'},
    )


@router.get("/deadlines/{instance_id}", summary="一个期限", openapi_extra=_READERS)
def read_deadline(
    request: Request,
    instance_id: Annotated[str, Path(pattern=_ID, description="期限标识")],
) -> dict[str, Any]:
    """Return one deadline."""
    require(request, Permission.READ_DEADLINES)
    resources: Resources = request.app.state.resources
    reckoning = Reckoning(resources.clock.now_micros(), resources.control.state)
    with resources.deadlines() as reader:
        row = find_deadline(reader, instance_id, reckoning)
    if row is None:
        raise problem("NOT_FOUND")
    return reckoning.document(row)


def _pages(
    resources: Resources, query: DeadlineQuery, reckoning: Reckoning
) -> Iterator[Sequence[DeadlineRow]]:
    """Return the pages of a list; the first is read at once, for its errors."""
    pages = _read_pages(resources, query, reckoning)
    return chain([next(pages)], pages)


def _read_pages(
    resources: Resources, query: DeadlineQuery, reckoning: Reckoning
) -> Iterator[Sequence[DeadlineRow]]:
    after: Cursor | None = None
    while True:
        with resources.deadlines() as reader:
            found = deadline_list(reader, query, reckoning, PAGE_ROWS_MAX, after)
        yield found.rows
        after = found.next_cursor
        if after is None:
            return


def _cells(row: DeadlineRow, reckoning: Reckoning, agencies: dict[str, str]) -> list[str]:
    document = reckoning.document(row)
    left = document["remaining_working_days"]
    return [
        document["due_at"] or "",
        "" if left is None else str(left),
        "是" if document["overdue"] else "否",
        word(row.state, "deadline_state"),
        row.deadline_id,
        document["name"] or "",
        document["basis"] or "",
        agencies.get(row.agency_id, row.agency_id),
        row.stream_id,
        row.trigger_type,
        document["trigger_at"],
        "是" if row.provisional else "否",
        row.instance_id,
    ]
