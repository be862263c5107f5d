"""Alerts for supervisors: what the violation rules found, newest first, and each in full.

Read before: ``portal/api/alerts.py``. Read next: ``portal/console/replay.py``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from ledger.domain.control_records import SEVERITIES
from ledger.domain.responsible import PARTS
from portal.access import require
from portal.alerts import causes_of
from portal.api.alerts import (
    ALERT_ID,
    AgencyQuery,
    AlertStateQuery,
    CaseQuery,
    MarkQuery,
    RuleQuery,
    SeverityQuery,
    accountability_of,
    alert_of,
)
from portal.api.paging import LIMIT_DEFAULT, CursorQuery, ListRequest, given, next_path, position
from portal.names import agency_names, person_names
from portal.pages import page
from portal.permissions import Permission
from portal.resources import Resources
from portal.rule_texts import violation_line, violation_lines
from projections.supervision.view import MARKS, STATES, AlertQuery
from schemas.catalogue import load_catalogue

PATH = "/console/alerts"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show_alerts(
    request: Request,
    rule: RuleQuery = None,
    severity: SeverityQuery = None,
    state: AlertStateQuery = None,
    case: CaseQuery = None,
    agency: AgencyQuery = None,
    mark: MarkQuery = None,
    cursor: CursorQuery = None,
) -> Response:
    """Show alerts, the newest first."""
    require(request, Permission.READ_ALERTS)
    resources: Resources = request.app.state.resources
    filters = given(rule=rule, severity=severity, state=state, case=case, agency=agency, mark=mark)
    wanted = ListRequest(PATH, filters, LIMIT_DEFAULT, cursor)
    after = position(request, wanted)
    query = AlertQuery(rule, severity, state, case, agency, mark)
    with resources.supervision() as reader:
        found = reader.alerts(query, LIMIT_DEFAULT, after)
    return page(
        request,
        "alerts.html",
        view_sizes=resources.view_sizes("supervision"),
        rows=found.rows,
        rules=violation_lines(
            resources, ((row.rule_id, row.rule_set_version) for row in found.rows)
        ),
        agencies=agency_names(resources),
        filters=filters,
        severities=SEVERITIES,
        states=STATES,
        marks=MARKS,
        next_link=next_path(request, wanted, found),
        is_first=cursor is None,
    )


@router.get("/{alert_id}")
def show_alert(request: Request, alert_id: Annotated[str, Path(pattern=ALERT_ID)]) -> Response:
    """Show one alert: what was violated, which acts show it, and what became of it."""
    require(request, Permission.READ_ALERTS)
    resources: Resources = request.app.state.resources
    row = alert_of(resources, alert_id)
    with resources.cases() as reader:
        matter = reader.matter(row.stream_id)
    found = accountability_of(resources, row)
    people = [row.acknowledged_by, row.explained_by, row.resolved_by]
    people += [one.officer_id for one in found.people]
    people += [one.officer_id for one in found.decisions]
    return page(
        request,
        "alert.html",
        view_sizes=resources.view_sizes("supervision"),
        logs=[row.log],
        row=row,
        rule=violation_line(resources, row.rule_id, row.rule_set_version),
        case_no=None if matter is None else matter.case_no,
        agencies=agency_names(resources),
        causes=causes_of(row)[1:],
        names=person_names(resources, people),
        found=found,
        parts=PARTS,
        terms={one.type: one.cn for one in load_catalogue().rows.values()},
    )
