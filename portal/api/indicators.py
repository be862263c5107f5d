"""Indicators of supervision for machines: each number with its formula and the acts behind it.

Read before: ``portal/indicators.py``. Read next: ``portal/console/indicators.py``.

Behind a login: supervisor, auditor.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from portal.access import require
from portal.api.alerts import EMPTY_IS_NONE, AgencyQuery
from portal.api.csv_table import csv_response
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
from portal.as_of import AtQuery, ClockName, as_of
from portal.indicators import PERIOD, Wanted, detail, fact_document, how_of, summary
from portal.permissions import Permission
from portal.resources import Resources
from projections.indicators.definitions import Indicator, indicators
from projections.indicators.view import OUTCOMES, FactRow
from projections.reading import PAGE_ROWS_MAX, Cursor

router = APIRouter(prefix="/v1/indicators", tags=["监督"])

_READERS: Final = needs(Permission.READ_INDICATORS)
INDICATOR_ID: Final = r"^[A-Za-z0-9-]{1,16}$"
CSV_ROWS_MAX: Final = 10_000
_CSV_HEADS: Final = (
    *("指标", "是否计入分子", "行为编号", "类型", "案件（事项）", "机关", "日期"),
    *("发生时间", "到期时间", "符合的行为", "不符合的行为", "分类", "数值", "数值单位"),
)
IndicatorPath = Annotated[str, Path(pattern=INDICATOR_ID, description="指标标识")]
PeriodQuery = Annotated[
    str | None,
    Query(pattern=PERIOD, description="年或月", examples=["2026", "2026-11"]),
    EMPTY_IS_NONE,
]
OutcomeQuery = Annotated[
    str | None,
    Query(pattern=rf"^({'|'.join(OUTCOMES)})$", description="计入分子、未计入、尚未到期"),
    EMPTY_IS_NONE,
]


@router.get("", summary="指标", openapi_extra=_READERS)
def list_indicators(
    request: Request,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
) -> dict[str, Any]:
    """Return every indicator that is computed, with formula and counts."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    wanted = asked(resources, period, agency, at)
    with resources.indicators() as reader:
        items = [summary(reader, one, wanted) for one in indicators().values()]
    return {"items": items}


@router.get("/{indicator_id}", summary="一项指标", openapi_extra=_READERS)
def read_indicator(
    request: Request,
    indicator_id: IndicatorPath,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
) -> dict[str, Any]:
    """Return one indicator, and its counts by agency, month and word."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    indicator = known_indicator(indicator_id)
    with resources.indicators() as reader:
        return detail(reader, indicator, asked(resources, period, agency, at))


@router.get("/{indicator_id}/facts", summary="一项指标背后的行为", openapi_extra=_READERS)
def list_facts(
    request: Request,
    response: Response,
    indicator_id: IndicatorPath,
    outcome: OutcomeQuery = None,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return the acts that an indicator counts, the newest first."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    indicator = known_indicator(indicator_id)
    asked_of = asked(resources, period, agency, at)
    filters = given(outcome=outcome, period=period, agency=agency, at=at)
    wanted = ListRequest(f"/v1/indicators/{indicator_id}/facts", filters, limit, cursor)
    after = position(request, wanted)
    with resources.indicators() as reader:
        query = asked_of.query(indicator.id)
        found = reader.facts(query, outcome, limit, after, how_of(indicator))
    return list_document(
        request, response, wanted, found, lambda row: fact_document(row, asked_of.as_of)
    )


@router.get(
    "/{indicator_id}/facts.csv",
    summary="一项指标背后的行为（电子表格）",
    response_class=Response,
    responses=content(CSV, "电子表格"),
    openapi_extra=_READERS,
)
def list_facts_csv(
    request: Request,
    indicator_id: IndicatorPath,
    outcome: OutcomeQuery = None,
    period: PeriodQuery = None,
    agency: AgencyQuery = None,
    at: AtQuery = None,
) -> Response:
    """Return the same list as CSV, at most its newest ten thousand acts."""
    require(request, Permission.READ_INDICATORS)
    resources: Resources = request.app.state.resources
    indicator = known_indicator(indicator_id)
    wanted = asked(resources, period, agency, at)
    rows: list[FactRow] = []
    after: Cursor | None = None
    query, how = wanted.query(indicator.id), how_of(indicator)
    with resources.indicators() as reader:
        while len(rows) < CSV_ROWS_MAX:
            page = reader.facts(query, outcome, PAGE_ROWS_MAX, after, how)
            rows += page.rows
            after = page.next_cursor
            if after is None:
                break
    cells = [_cells(fact_document(row, wanted.as_of)) for row in rows]
    return csv_response(_CSV_HEADS, cells, f"{indicator_id}.csv")


def asked(resources: Resources, period: str | None, agency: str | None, at: str | None) -> Wanted:
    """Return what is asked: as of a moment, by default of now.

    Raises:
        ProblemError: INVALID: ``at`` is not a time.
    """
    received = as_of(at, ClockName.RECEIVED).received_at
    now = resources.clock.now_micros()
    return Wanted(now if received is None else received, agency or None, period or None)


def known_indicator(indicator_id: str) -> Indicator:
    """Return an indicator. Raises ProblemError NOT_FOUND."""
    found = indicators().get(indicator_id)
    if found is None:
        raise problem("NOT_FOUND")
    return found


def _cells(fact: dict[str, Any]) -> tuple[str, ...]:
    names = (
        *("indicator_id", "outcome", "event_id", "event_type", "stream_id", "agency_id", "day"),
        *("occurred_at", "due_at", "met_event_id", "failed_event_id", "detail"),
        *("value", "value_unit"),
    )
    return tuple(fact[name] or "" for name in names)
