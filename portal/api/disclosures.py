"""Disclosures for machines: lists, searches, the exact record, and what proves it.

Read before: ``projections/disclosure/view.py``. Read next: ``portal/public/decision.py``.

A record is served byte for byte from the object store, under the SHA-256 that the ledger's entry
carries. What has ended is not there any more, in no list, feed or file. A search that may hold a
person's name is a POST, so that names stay out of addresses and logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from portal.api.cursor import CURSOR_CHARS_MAX
from portal.api.described import JSON, exact
from portal.api.faults import SEARCH_TOO_SHORT, Fault
from portal.api.json_route import JsonRoute
from portal.api.paging import (
    LIMIT_DEFAULT,
    LIMIT_MAX,
    CursorQuery,
    LimitQuery,
    ListRequest,
    given,
    list_document,
    next_cursor,
    position,
)
from portal.api.problem import PROBLEM_TYPE, problem
from portal.api.tiles import exact_bytes
from portal.pages import calendar_date, rfc3339
from portal.public.published_act import check_withdrawn, published_act
from portal.resources import Resources
from projections.disclosure.search import QUERY_CHARS_MIN as SEARCH_CHARS_MIN
from projections.disclosure.view import PageQuery, PageRow, TombstoneRow
from projections.reading import Listing

router = APIRouter(prefix="/v1/disclosures", tags=["公示"], route_class=JsonRoute)

QUERY_CHARS_MAX: Final = 64
DisclosureId = Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,128}$", description="公示标识")]
TextQuery = Annotated[str | None, Query(max_length=QUERY_CHARS_MAX)]
_GONE: Final[dict[str, Any]] = {
    "description": "公示已撤下；问题文档的 tombstone 说明理由",
    "content": {
        PROBLEM_TYPE: {
            "schema": {
                "allOf": [
                    {"$ref": "#/components/schemas/Problem"},
                    {
                        "type": "object",
                        "required": ["tombstone"],
                        "properties": {"tombstone": {"$ref": "#/components/schemas/Tombstone"}},
                    },
                ]
            }
        }
    },
}
PARTY_NAME_FIELD: Final = "CF_XDR_MC"


class DisclosureSearch(BaseModel):
    """What is searched for, in a body instead of an address."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(default=None, max_length=QUERY_CHARS_MAX, description="任意文字")
    doc_no: str | None = Field(default=None, max_length=QUERY_CHARS_MAX, description="文号")
    agency: str | None = Field(default=None, max_length=QUERY_CHARS_MAX, description="执法主体")
    organisation: str | None = Field(
        default=None, max_length=QUERY_CHARS_MAX, description="单位名称或统一社会信用代码"
    )
    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX)
    cursor: str | None = Field(default=None, max_length=CURSOR_CHARS_MAX)


@router.get("", summary="公示列表")
def list_disclosures(
    request: Request,
    response: Response,
    doc_no: TextQuery = None,
    agency: TextQuery = None,
    organisation: TextQuery = None,
    agency_id: TextQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return published records, newest first."""
    filters = given(doc_no=doc_no, agency=agency, organisation=organisation, agency_id=agency_id)
    wanted = ListRequest("/v1/disclosures", filters, limit, cursor)
    found = search(request, page_query(filters, "query"), wanted)
    return list_document(request, response, wanted, found, disclosure_document)


@router.post("/search", summary="公示检索")
def search_disclosures(request: Request, body: DisclosureSearch) -> dict[str, Any]:
    """Return published records that match; for searches that may hold a person's name."""
    filters = given(
        text=body.text, doc_no=body.doc_no, agency=body.agency, organisation=body.organisation
    )
    wanted = ListRequest("/v1/disclosures/search", filters, body.limit, body.cursor)
    found = search(request, page_query(filters, "body"), wanted)
    items = [disclosure_document(row) for row in found.rows]
    return {"items": items, "next_cursor": next_cursor(request, wanted, found)}


@router.get(
    "/{disclosure_id}",
    summary="公开记录的原始字节",
    response_class=Response,
    responses={**exact(JSON, "固定下来的公开记录"), 410: _GONE},
)
def read_record(request: Request, disclosure_id: DisclosureId) -> Response:
    """Return the public record exactly as it was fixed; its SHA-256 is the content hash."""
    resources: Resources = request.app.state.resources
    row = public_row(resources, disclosure_id)
    if isinstance(row, TombstoneRow):
        raise problem("WITHDRAWN", members={"tombstone": tombstone_document(row)})
    answer = exact_bytes(
        request,
        record_bytes(resources, published_act(resources, row).content_hash),
        media_type="application/json",
        cache_control="no-cache",
    )
    answer.headers["link"] = (
        f'</v1/entries/{row.log}/{row.leaf_index}>; rel="describedby", '
        f'</v1/receipts/{row.event_id}>; rel="alternate"; type="text/plain"'
    )
    return answer


@router.get("/{disclosure_id}/proof", summary="公开记录的证明材料")
def read_proof(request: Request, disclosure_id: DisclosureId) -> dict[str, Any]:
    """Return the hash, the entry, the receipt and the keys that prove a record."""
    resources: Resources = request.app.state.resources
    row = public_row(resources, disclosure_id)
    if isinstance(row, PageRow):
        published_act(resources, row)
    facts = resources.facts
    return {
        "disclosure_id": row.disclosure_id,
        "content_hash": row.content_hash,
        "origin": facts.origin(row.log),
        "index": str(row.leaf_index),
        "event_id": row.event_id,
        "entry": f"/v1/entries/{row.log}/{row.leaf_index}",
        "receipt": f"/v1/receipts/{row.event_id}",
        "vkeys": list(facts.vkeys[row.log]),
    }


def page_query(filters: Mapping[str, str], place: str) -> PageQuery:
    """Return what is searched for.

    Args:
        filters: Fields of ``PageQuery``, as they were given.
        place: Where they stand in the request: ``query`` or ``body``.

    Raises:
        ProblemError: INVALID: a text is too short to search by; every such one is named.
    """
    query = PageQuery(**filters)
    limits = {"min_length": SEARCH_CHARS_MIN}
    faults = [Fault(f"/{place}/{name}", SEARCH_TOO_SHORT, limits) for name in query.too_short()]
    if faults:
        raise problem("INVALID", errors=faults)
    return query


def search(request: Request, query: PageQuery, wanted: ListRequest) -> Listing[PageRow]:
    """Return one page of published records."""
    resources: Resources = request.app.state.resources
    after = position(request, wanted)
    with resources.disclosures() as reader:
        return reader.search(query, resources.clock.now_micros(), wanted.limit, after)


def public_row(resources: Resources, disclosure_id: str) -> PageRow | TombstoneRow:
    """Return what the public may see of a disclosure.

    Raises:
        ProblemError: NOT_FOUND: nothing, or not any more; the two look the same.
        VerificationError: The view shows another withdrawal than the ledger has.
    """
    with resources.disclosures() as reader:
        row = reader.page(disclosure_id, resources.clock.now_micros())
    if row is None:
        raise problem("NOT_FOUND")
    if isinstance(row, TombstoneRow):
        check_withdrawn(resources, row)
    return row


def record_bytes(resources: Resources, content_hash: str) -> bytes:
    """Return the bytes of a record by its hash.

    Raises:
        UnavailableError: The object store has not got them.
    """
    return resources.objects.get(content_hash)


def party_name(resources: Resources, row: PageRow) -> str:
    """Return the name as the public record has it; natural persons' masked names are only there.

    Raises:
        UnavailableError: The object store has not got the record.
    """
    if row.org_name is not None:
        return row.org_name
    record: dict[str, Any] = json.loads(record_bytes(resources, row.content_hash))
    return str(record["fields"].get(PARTY_NAME_FIELD, ""))


def disclosure_document(row: PageRow) -> dict[str, Any]:
    """Return a published record's row as JSON."""
    return {
        "disclosure_id": row.disclosure_id,
        "view": row.view,
        "agency_id": row.agency_id,
        "agency_name": row.agency_name,
        "doc_no": row.doc_no,
        "doc_date": None if row.doc_date is None else calendar_date(row.doc_date),
        "party_type": row.party_type,
        "organisation": row.org_name,
        "uscc": row.uscc,
        "violation_type": row.violation_type,
        "penalty_kinds": row.penalty_kinds.split(",") if row.penalty_kinds else [],
        "version": str(row.version),
        "content_hash": row.content_hash,
        "published_at": rfc3339(row.published_at),
        "updated_at": rfc3339(row.updated_at),
        "until": None if row.until is None else calendar_date(row.until),
        "log": row.log,
        "leaf_index": str(row.leaf_index),
        "record": f"/v1/disclosures/{row.disclosure_id}",
        "page": f"/disclosures/{row.disclosure_id}",
    }


def tombstone_document(row: TombstoneRow) -> dict[str, Any]:
    """Return what stays of a withdrawn record: that it was, and why it is gone."""
    return {
        "disclosure_id": row.disclosure_id,
        "view": row.view,
        "agency_id": row.agency_id,
        "agency_name": row.agency_name,
        "doc_no": row.doc_no,
        "published_at": rfc3339(row.published_at),
        "withdrawn_at": rfc3339(row.withdrawn_at),
        "ground": row.ground,
        "public_reason": row.public_reason,
        "content_hash": row.content_hash,
    }
