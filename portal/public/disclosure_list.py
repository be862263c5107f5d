"""The front page: what is published, and how to find it.

Read before: ``portal/api/disclosures.py``. Read next: ``portal/public/decision.py``.

Document number, agency and organisation may stand in an address; a free search may hold a
person's name, so it is a POST and leaves no address. Works without a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from portal.api.disclosures import QUERY_CHARS_MAX, TextQuery, record_bytes, search
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
PARTY_NAME_FIELD: Final = "CF_XDR_MC"
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
    wanted = ListRequest("/disclosures", filters, limit, cursor)
    found = search(request, PageQuery(**filters), wanted)
    following = next_path(request, wanted, found)
    return _list_page(request, found, filters, next_link=following, is_first=cursor is None)


@router.post("/disclosures/search")
def find_disclosures(
    request: Request, text: FormText = "", cursor: Annotated[str | None, Form()] = None
) -> Response:
    """Show what matches a free search."""
    filters = given(text=text)
    wanted = ListRequest("/disclosures/search", filters, LIMIT_DEFAULT, cursor)
    found = search(request, PageQuery(**filters), wanted)
    return _list_page(
        request,
        found,
        filters,
        next_form_cursor=next_cursor(request, wanted, found),
        is_first=cursor is None,
    )


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
    wanted = ListRequest("/disclosures/withdrawn", filters, TOMBSTONES_SHOWN_MAX, cursor)
    after = position(request, wanted)
    with resources.disclosures() as reader:
        found = reader.tombstones(PageQuery(**filters), wanted.limit, after)
    return page(
        request,
        "withdrawn.html",
        view_sizes=resources.view_sizes("disclosure"),
        rows=found.rows,
        filters=filters,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


def _list_page(
    request: Request,
    found: Listing[PageRow],
    filters: Mapping[str, str],
    *,
    is_first: bool,
    next_link: str | None = None,
    next_form_cursor: str | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    return page(
        request,
        "disclosures.html",
        view_sizes=resources.view_sizes("disclosure"),
        rows=[(row, _party_name(resources, row)) for row in found.rows],
        filters=filters,
        next_link=next_link,
        next_form_cursor=next_form_cursor,
        is_first=is_first,
    )


def _party_name(resources: Resources, row: PageRow) -> str:
    """Return the name as the public record has it; natural persons' masked names are only there."""
    if row.org_name is not None:
        return row.org_name
    record: dict[str, Any] = json.loads(record_bytes(resources, row.content_hash))
    name = record["fields"].get(PARTY_NAME_FIELD, "")
    return str(name)
