"""The whole register of disclosures as one file: read page by page, never held whole.

Read before: ``portal/api/disclosures.py``. Read next: ``portal/public/disclosure_list.py``.

Each page takes its own connection and goes on by key, so a slow reader holds none, and what is
published meanwhile is left for the next download. A store that fails in the middle breaks the
answer off: a file that looks whole is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from portal.api.csv_table import csv_chunks
from portal.api.described import CSV, JSON, content
from portal.api.disclosures import TextQuery, disclosure_document, page_query, party_name
from portal.api.paging import given
from portal.pages import calendar_date, rfc3339
from portal.resources import Resources
from portal.words import words
from projections.disclosure.view import PageQuery, PageRow
from projections.reading import PAGE_ROWS_MAX

CSV_HEADS: Final = (
    "公示标识", "类别", "执法主体", "执法主体代码", "决定书文号", "决定日期", "行政相对人",
    "单位名称", "统一社会信用代码", "违法行为类型", "处罚种类", "发布时间", "公示截止日",
    "内容摘要", "叶序号",
)  # fmt: skip
CSV_TYPE: Final = "text/csv; charset=utf-8"

router = APIRouter(prefix="/v1/disclosures", tags=["公示"])


def filtered(
    doc_no: TextQuery = None,
    agency: TextQuery = None,
    organisation: TextQuery = None,
    agency_id: TextQuery = None,
) -> PageQuery:
    """Return the query of a download; a filter that is too short is refused (422)."""
    filters = given(doc_no=doc_no, agency=agency, organisation=organisation, agency_id=agency_id)
    return page_query(filters, "query")


Filtered = Annotated[PageQuery, Depends(filtered)]


@router.get(
    ".json",
    summary="公示列表（文件）",
    response_class=StreamingResponse,
    responses=content(JSON, "全部记录"),
)
def download_json(request: Request, query: Filtered) -> StreamingResponse:
    """Return the list with all its records."""
    return json_file(request.app.state.resources, query)


@router.get(
    ".csv",
    summary="公示列表（电子表格）",
    response_class=StreamingResponse,
    responses=content(CSV, "全部记录"),
)
def download_csv(request: Request, query: Filtered) -> StreamingResponse:
    """Return the list with all its records as CSV."""
    return csv_file(request.app.state.resources, query)


def csv_file(resources: Resources, query: PageQuery) -> StreamingResponse:
    """Return every record that matches as a spreadsheet.

    Raises:
        UnavailableError: The database is away.
    """
    pages = _pages(resources, query)
    cells = ([_cells(resources, row) for row in rows] for rows in pages)
    return _file(csv_chunks(CSV_HEADS, cells), CSV_TYPE, "disclosures.csv")


def json_file(resources: Resources, query: PageQuery) -> StreamingResponse:
    """Return every record that matches as one JSON object; like the list's, with no next page.

    Raises:
        UnavailableError: The database is away.
    """
    return _file(_json_chunks(_pages(resources, query)), "application/json", "disclosures.json")


def _pages(resources: Resources, query: PageQuery) -> Iterator[Sequence[PageRow]]:
    """Return the pages of a list, newest first; the first is read at once, for its errors."""
    pages = _read_pages(resources, query)
    return chain([next(pages)], pages)


def _read_pages(resources: Resources, query: PageQuery) -> Iterator[Sequence[PageRow]]:
    now = resources.clock.now_micros()
    after = None
    while True:
        with resources.disclosures() as reader:
            found = reader.search(query, now, PAGE_ROWS_MAX, after)
        yield found.rows
        after = found.next_cursor
        if after is None:
            return


def _json_chunks(pages: Iterable[Sequence[PageRow]]) -> Iterator[bytes]:
    before = '{"items":['
    for rows in pages:
        documents = (disclosure_document(row) for row in rows)
        texts = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in documents]
        yield (before + ",".join(texts)).encode()
        before = "," if texts else before
    yield b'],"next_cursor":null}'


def _cells(resources: Resources, row: PageRow) -> list[str]:
    return [
        row.disclosure_id,
        row.view,
        row.agency_name or "",
        row.agency_id,
        row.doc_no or "",
        "" if row.doc_date is None else calendar_date(row.doc_date),
        party_name(resources, row),
        row.org_name or "",
        row.uscc or "",
        row.violation_type or "",
        words(row.penalty_kinds, "penalty_kind") if row.penalty_kinds else "",
        rfc3339(row.published_at),
        "" if row.until is None else calendar_date(row.until),
        row.content_hash,
        str(row.leaf_index),
    ]


def _file(chunks: Iterator[bytes], media_type: str, name: str) -> StreamingResponse:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-cache",
    }
    return StreamingResponse(chunks, media_type=media_type, headers=headers)
