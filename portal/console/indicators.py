"""Indicators for supervisors: every number with its formula, and the acts behind it.

Read before: ``portal/api/indicators.py``. Read next: ``portal/console/replay.py``.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from portal.access import require
from portal.api.alerts import AgencyQuery
from portal.api.indicators import (
    IndicatorPath,
    OutcomeQuery,
    PeriodQuery,
    asked,
    known_indicator,
)
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.as_of import AtQuery
from portal.indicators import detail, fact_document, how_of, summary
from portal.names import agency_names
from portal.pages import page
from portal.permissions import Permission
from portal.resources import Resources
from projections.indicators.definitions import groups, indicators

PATH: Final = "/console/indicators"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show_indicators(
    request: Request,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
) -> Response:
    """Show every indicator that is computed."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    wanted = asked(resources, period, agency, at)
    with resources.indicators() as reader:
        rows = [summary(reader, one, wanted) for one in indicators().values()]
    return page(
        request,
        "indicators.html",
        view_sizes=resources.view_sizes("indicators"),
        groups=groups(),
        rows=rows,
        agencies=agency_names(resources),
        filters=given(period=period, agency=agency, at=at),
    )


@router.get("/{indicator_id}")
def show_indicator(
    request: Request,
    indicator_id: IndicatorPath,
    outcome: OutcomeQuery = None,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show one indicator with the acts behind it."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    indicator = known_indicator(indicator_id)
    filters = given(outcome=outcome, period=period, agency=agency, at=at)
    listed = ListRequest(f"{PATH}/{indicator_id}", filters, LIMIT_DEFAULT, cursor)
    after = position(request, listed)
    wanted = asked(resources, period, agency, at)
    with resources.indicators() as reader:
        whole = detail(reader, indicator, wanted)
        query, how = wanted.query(indicator.id), how_of(indicator)
        found = reader.facts(query, outcome, LIMIT_DEFAULT, after, how)
    catalogue = resources.control.state.catalogue
    terms = {} if catalogue is None else {row.type: row.cn for row in catalogue.rows.values()}
    return page(
        request,
        "indicator.html",
        view_sizes=resources.view_sizes("indicators"),
        indicator=whole,
        counted=[fact_document(row, wanted.as_of) for row in found.rows],
        terms=terms,
        agencies=agency_names(resources),
        filters=filters,
        path=listed.path,
        next_link=next_path(request, listed, found),
        is_first=cursor is None,
    )
