"""The front page: what is published, and how to find it.

Read before: ``portal/api/disclosures.py``. Read next: ``portal/public/decision.py``.

Document number, agency and organisation may stand in an address; a free search may hold a
person's name, so it is a POST and leaves no address. Works without a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from portal.api.disclosures import QUERY_CHARS_MAX, TextQuery, page_query, party_name, search
from portal.api.downloads import csv_file
from portal.api.paging import (
    LIMIT_DEFAULT,
    CursorQuery,
    ListRequest,
    given,
    next_cursor,
    next_path,
    position,
)
from portal.pages import page
from portal.resources import Resources
from projections.disclosure.view import PageQuery, PageRow
from projections.reading import Listing

router = APIRouter(include_in_schema=False)

TOMBSTONES_SHOWN_MAX: Final = 50
OK: Final = 200
UNPROCESSABLE: Final = 422
_FIELD_TERMS: Final = {
    "text": "任意文字",
    "doc_no": "决定书文号",
    "agency": "处罚机关",
    "organisation": "单位名称或统一社会信用代码",
}
FormText = Annotated[str, Form(max_length=QUERY_CHARS_MAX)]


@router.get("/")
@router.get("/disclosures")
def show_disclosures(
    request: Request,
    doc_no: TextQuery = None,
    agency: TextQuery = None,
    organisation: TextQuery = None,
    limit: Annotated[int, Query(ge=1, le=100)] = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> Response:
    """Show published records, newest first."""
    filters = given(doc_no=doc_no, agency=agency, organisation=organisation)
    query = PageQuery(**filters)
    if query.too_short():
        return _nothing_searched(request, query, filters)
    wanted = ListRequest("/disclosures", filters, limit, cursor)
    found = search(request, query, wanted)
    following = next_path(request, wanted, found)
    return _list_page(request, found, filters, next_link=following, is_first=cursor is None)


@router.post("/disclosures/search")
def find_disclosures(
    request: Request, text: FormText = "", cursor: Annotated[str | None, Form()] = None
) -> Response:
    """Show what matches a free search."""
    filters = given(text=text)
    query = PageQuery(**filters)
    if query.too_short():
        return _nothing_searched(request, query, filters)
    wanted = ListRequest("/disclosures/search", filters, LIMIT_DEFAULT, cursor)
    found = search(request, query, wanted)
    return _list_page(
        request,
        found,
        filters,
        next_form_cursor=next_cursor(request, wanted, found),
        is_first=cursor is None,
    )


@router.post("/disclosures/search.csv")
def download_found(request: Request, text: FormText = "") -> Response:
    """Return all that matches a free search as a spreadsheet."""
    return csv_file(request.app.state.resources, page_query(given(text=text), "body"))


@router.get("/disclosures/withdrawn")
def show_withdrawn(
    request: Request,
    doc_no: TextQuery = None,
    agency: TextQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show the notices of withdrawn records, newest first."""
    resources: Resources = request.app.state.resources
    filters = given(doc_no=doc_no, agency=agency)
    query = page_query(filters, "query")
    wanted = ListRequest("/disclosures/withdrawn", filters, TOMBSTONES_SHOWN_MAX, cursor)
    after = position(request, wanted)
    with resources.disclosures() as reader:
        found = reader.tombstones(query, wanted.limit, after)
    return page(
        request,
        "withdrawn.html",
        view_sizes=resources.view_sizes("disclosure"),
        rows=found.rows,
        filters=filters,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


def _nothing_searched(request: Request, query: PageQuery, filters: Mapping[str, str]) -> Response:
    """Say which text is too short to search by, and keep what was typed."""
    return _list_page(
        request, Listing([], None), filters, is_first=True, too_short=query.too_short()
    )


def _list_page(
    request: Request,
    found: Listing[PageRow],
    filters: Mapping[str, str],
    *,
    is_first: bool,
    too_short: Sequence[str] = (),
    next_link: str | None = None,
    next_form_cursor: str | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    return page(
        request,
        "disclosures.html",
        status_code=UNPROCESSABLE if too_short else OK,
        view_sizes=resources.view_sizes("disclosure"),
        rows=[(row, party_name(resources, row)) for row in found.rows],
        filters=filters,
        query=urlencode(filters),
        too_short=[_FIELD_TERMS[name] for name in too_short],
        next_link=next_link,
        next_form_cursor=next_form_cursor,
        is_first=is_first,
    )
