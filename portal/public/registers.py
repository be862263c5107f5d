"""Pages of the registers: who may enforce, and with which credential (三项制度 2.3).

Read before: ``portal/api/registers.py``. Read next: ``portal/audit/state.py``.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from ledger.domain.control_records import day_of
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.api.registers import AgencyQuery, is_valid
from portal.pages import page
from portal.resources import Resources
from projections.reading import Listing
from projections.registers.postgres import PostgresRegisterReader
from projections.registers.view import CredentialRow, OfficerRow

WHO_CHARS_MAX: Final = 64  # Of a name or a credential number.

router = APIRouter(prefix="/registers", include_in_schema=False)


@router.get("/agencies")
def show_agencies(request: Request) -> Response:
    """Show all enforcement agencies."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.agencies()
    return page(
        request,
        "agencies.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        rows=rows,
    )


@router.get("/officers")
def show_officers(
    request: Request,
    who: Annotated[str | None, Query(max_length=WHO_CHARS_MAX)] = None,
    agency_id: AgencyQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show officers with their credentials, or those with a name or a credential number."""
    resources: Resources = request.app.state.resources
    filters = given(who=who, agency_id=agency_id)
    wanted = ListRequest("/registers/officers", filters, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    with resources.registers() as reader:
        if "who" in filters:
            found = Listing(_with_name(reader, filters), None)
        else:
            found = reader.officers(filters.get("agency_id"), LIMIT_DEFAULT, after)
        now = resources.clock.now_micros()
        rows = [
            (row, [(one, standing(one, now)) for one in reader.credentials(row.officer_id)])
            for row in found.rows
        ]
        agencies = {row.agency_id: row.name for row in reader.agencies()}
    return page(
        request,
        "officers.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        rows=rows,
        agencies=agencies,
        filters=filters,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


def standing(credential: CredentialRow, now: int) -> str:
    """Return whether a credential counts now, and why not where its public dates tell.

    Whether it was suspended, revoked or replaced, and for what, is nobody's business.
    """
    if is_valid(credential, now):
        return "有效"
    if day_of(now) > credential.valid_to:
        return "无效（已过有效期）"
    if day_of(now) < credential.valid_from:
        return "无效（未到有效期）"
    return "无效（已暂扣、吊销、注销或者换发）"


def _with_name(reader: PostgresRegisterReader, filters: dict[str, str]) -> list[OfficerRow]:
    found = reader.find_officers(filters["who"].strip(), LIMIT_DEFAULT)
    return [row for row in found if filters.get("agency_id") in {None, row.agency_id}]
