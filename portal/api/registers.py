"""Registers for machines: agencies, officers, emitters, items, forms, and the published schemas.

Read before: ``projections/registers/view.py``. Read next: ``portal/public/registers.py``.

All of it is public by law or by design: officials act under their names, emitters under their
keys, and a schema is what an outsider decodes an entry with. Why a credential is not valid is not
public; that it is not, is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from ledger.domain.control_records import day_of
from ledger.domain.law_lists import Template
from portal.api.csv_table import csv_response
from portal.api.described import AVRO_JSON, CSV, content, exact
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
from portal.api.review_catalogues import OnQuery, day_asked
from portal.api.tiles import IMMUTABLE, exact_bytes
from portal.pages import calendar_date, rfc3339
from portal.resources import Resources
from portal.words import word
from projections.registers.view import AgencyRow, CredentialRow, EmitterRow, ItemRow, OfficerRow

router = APIRouter(prefix="/v1", tags=["登记信息"])

IdPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,128}$")]
AgencyQuery = Annotated[str | None, Query(max_length=18, description="执法主体代码")]
AGENCY_HEADS: Final = ("代码", "名称", "行政区划", "层级", "是否具备主体资格", "公告文号")


@router.get("/registers/agencies", summary="执法主体")
def list_agencies(request: Request) -> dict[str, Any]:
    """Return all enforcement agencies, by region and code."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        return {"items": [agency_document(row) for row in reader.agencies()]}


@router.get(
    "/registers/agencies.csv",
    summary="执法主体（电子表格）",
    response_class=Response,
    responses=content(CSV, "电子表格"),
)
def list_agencies_csv(request: Request) -> Response:
    """Return the same list as CSV."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.agencies()
    return csv_response(AGENCY_HEADS, [_agency_cells(row) for row in rows], "agencies.csv")


@router.get("/registers/agencies/{agency_id}", summary="一个执法主体")
def read_agency(request: Request, agency_id: IdPath) -> dict[str, Any]:
    """Return one agency."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        row = reader.agency(agency_id)
    if row is None:
        raise problem("NOT_FOUND")
    return agency_document(row)


@router.get("/registers/officers", summary="执法人员")
def list_officers(
    request: Request,
    response: Response,
    agency_id: AgencyQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return officers with their credentials, most recently registered first."""
    resources: Resources = request.app.state.resources
    wanted = ListRequest("/v1/registers/officers", given(agency_id=agency_id), limit, cursor)
    after = position(request, wanted)
    with resources.registers() as reader:
        found = reader.officers(agency_id, limit, after)

        def document(row: OfficerRow) -> dict[str, Any]:
            credentials = reader.credentials(row.officer_id)
            return officer_document(row, credentials, resources.clock.now_micros())

        return list_document(request, response, wanted, found, document)


@router.get("/registers/officers/{officer_id}", summary="一名执法人员")
def read_officer(request: Request, officer_id: IdPath) -> dict[str, Any]:
    """Return one officer with the credentials of the office."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        row = reader.officer(officer_id)
        if row is None:
            raise problem("NOT_FOUND")
        credentials = reader.credentials(officer_id)
    return officer_document(row, credentials, resources.clock.now_micros())


@router.get("/registers/emitters", summary="接入系统")
def list_emitters(request: Request) -> dict[str, Any]:
    """Return all systems that may send acts, with their newest keys."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        return {"items": [emitter_document(row) for row in reader.emitters()]}


@router.get("/registers/items", summary="执法事项")
def list_items(request: Request) -> dict[str, Any]:
    """Return all enforcement items, by code."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        return {"items": [item_document(row) for row in reader.items()]}


@router.get("/registers/templates", summary="文书格式")
def list_templates(
    request: Request,
    on: OnQuery = None,
) -> dict[str, Any]:
    """Return the version of every document form that is in force on a day, by its id."""
    resources: Resources = request.app.state.resources
    day = day_asked(resources, on)
    held = sorted(resources.control.state.templates.items())
    newest = ((name, [it for it in versions if it.is_in_force(day)]) for name, versions in held)
    return {
        "on": calendar_date(day),
        "items": [template_document(name, found[-1]) for name, found in newest if found],
    }


@router.get("/schemas", summary="已发布的模式")
def list_schemas(request: Request) -> dict[str, Any]:
    """Return all published schemas without their texts."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.schemas()
    return {
        "items": [
            {
                "event_type": row.subject,
                "schema_version": row.version,
                "term": row.cn,
                "fingerprint": row.fingerprint,
                "text_hash": row.text_hash,
                "leaf_index": str(row.leaf_index),
                "url": f"/v1/schemas/{row.fingerprint}",
            }
            for row in rows
        ]
    }


@router.get(
    "/schemas/{fingerprint}",
    summary="一个模式的原文",
    response_class=Response,
    responses=exact(AVRO_JSON, "模式的原文"),
)
def read_schema(
    request: Request, fingerprint: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
) -> Response:
    """Return the exact text of the schema with this fingerprint (as in a header, hex)."""
    resources: Resources = request.app.state.resources
    schema = resources.control.state.schema_by_fingerprint.get(bytes.fromhex(fingerprint))
    if schema is None:
        raise problem("NOT_FOUND")
    return exact_bytes(
        request,
        schema.text.encode(),
        media_type="application/vnd.apache.avro+json",
        cache_control=IMMUTABLE,
    )


def agency_document(row: AgencyRow) -> dict[str, Any]:
    """Return an agency as JSON."""
    return {
        "agency_id": row.agency_id,
        "name": row.name,
        "region_code": row.region_code,
        "level": row.level,
        "kind": row.kind,
        "superior_id": row.superior_id,
        "is_qualified": row.is_qualified,
        "scope": row.scope.split(",") if row.scope else [],
        "notice_doc_no": row.notice_doc_no,
        "qualified_from": None if row.qualified_from is None else calendar_date(row.qualified_from),
        "leaf_index": str(row.leaf_index),
    }


def officer_document(
    row: OfficerRow, credentials: Sequence[CredentialRow], now: int
) -> dict[str, Any]:
    """Return an officer as JSON: what is public of him or her in office."""
    return {
        "officer_id": row.officer_id,
        "name": row.name,
        "agency_id": row.agency_id,
        "category": row.category,
        "credentials": [
            {
                "credential_no": credential.credential_no,
                "scope": credential.scope.split(",") if credential.scope else [],
                "region_code": credential.region_code,
                "valid_from": calendar_date(credential.valid_from),
                "valid_to": calendar_date(credential.valid_to),
                "is_valid": is_valid(credential, now),
            }
            for credential in credentials
        ],
    }


def is_valid(credential: CredentialRow, now: int) -> bool:
    """Return whether a credential counts now; why it does not is nobody's business."""
    if credential.state in {"REVOKED", "REPLACED"}:
        return False
    if not credential.valid_from <= day_of(now) <= credential.valid_to:
        return False
    if credential.state != "SUSPENDED" or credential.suspended_from is None:
        return True
    ends = credential.suspended_to
    return now < credential.suspended_from or (ends is not None and now >= ends)


def emitter_document(row: EmitterRow) -> dict[str, Any]:
    """Return an emitter as JSON."""
    return {
        "emitter_id": row.emitter_id,
        "kind": row.kind,
        "agency_ids": row.agency_ids.split(",") if row.agency_ids else [],
        "event_types": row.event_types.split(",") if row.event_types else [],
        "vkey": row.vkey,
        "valid_from": rfc3339(row.valid_from),
        "revoked_at": None if row.revoked_at is None else rfc3339(row.revoked_at),
        "leaf_index": str(row.leaf_index),
    }


def item_document(row: ItemRow) -> dict[str, Any]:
    """Return an enforcement item as JSON."""
    return {
        "item_code": row.item_code,
        "name": row.name,
        "act_kind": row.act_kind,
        "basis": row.basis.split("\n") if row.basis else [],
        "agency_id": row.agency_id,
        "leaf_index": str(row.leaf_index),
    }


def template_document(template_id: str, template: Template) -> dict[str, Any]:
    """Return a version of a document form as JSON; its file is known by its digest."""
    ends = template.retired_from
    return {
        "template_id": template_id,
        "version": template.version,
        "doc_type": template.doc_type,
        "file_hash": template.file_hash,
        "in_force_from": calendar_date(template.effective_from),
        "retired_from": None if ends is None else calendar_date(ends),
    }


def _agency_cells(row: AgencyRow) -> list[str]:
    return [
        row.agency_id,
        row.name,
        row.region_code,
        word(row.level, "level"),
        "是" if row.is_qualified else "否",
        row.notice_doc_no or "",
    ]
