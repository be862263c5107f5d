"""Alerts of the violation rules for machines.

Read before: ``portal/alerts.py``. Read next: ``portal/console/alerts.py``.

Behind a login: supervisor, auditor. Alerts are never public.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator

from ledger.domain.control_records import SEVERITIES
from ledger.store.log_tables import CONTROL
from portal.access import require
from portal.accountability import Accountability, accountability, accountability_document
from portal.alerts import alert_document
from portal.api.described import needs
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
from portal.permissions import Permission
from portal.resources import Resources
from portal.rule_texts import violation_line
from projections.supervision.view import MARKS, STATES, AlertQuery, AlertRow

router = APIRouter(prefix="/v1/alerts", tags=["监督"])

_READERS: Final = needs(Permission.READ_ALERTS)
ALERT_ID: Final = r"^[A-Za-z0-9:._-]{1,128}$"
# A form sends what nobody filled in as an empty text. Comes last: a pattern is no rule for None.
EMPTY_IS_NONE: Final = BeforeValidator(lambda value: value or None)
RuleQuery = Annotated[str | None, Query(pattern=ALERT_ID, description="规则标识"), EMPTY_IS_NONE]
SeverityQuery = Annotated[
    str | None,
    Query(pattern=rf"^({'|'.join(SEVERITIES)})$", description="严重程度"),
    EMPTY_IS_NONE,
]
AlertStateQuery = Annotated[
    str | None,
    Query(pattern=rf"^({'|'.join(STATES)})$", description="预警状态"),
    EMPTY_IS_NONE,
]
MarkQuery = Annotated[
    str | None,
    Query(
        pattern=rf"^({'|'.join(MARKS)})$",
        description="标记：LATE_CURE 为事后补录，DISCOVERED_LATE 为事后知悉",
    ),
    EMPTY_IS_NONE,
]
CaseQuery = Annotated[
    str | None, Query(pattern=ALERT_ID, description="案件（事项）标识"), EMPTY_IS_NONE
]
AgencyQuery = Annotated[
    str | None, Query(pattern=ALERT_ID, description="机关统一社会信用代码"), EMPTY_IS_NONE
]


@router.get("", summary="预警列表", openapi_extra=_READERS)
def list_alerts(
    request: Request,
    response: Response,
    rule: RuleQuery = None,
    severity: SeverityQuery = None,
    state: AlertStateQuery = None,
    case: CaseQuery = None,
    agency: AgencyQuery = None,
    mark: MarkQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
    cursor: CursorQuery = None,
) -> dict[str, Any]:
    """Return alerts, the newest first."""
    require(request, Permission.READ_ALERTS)
    resources: Resources = request.app.state.resources
    query = AlertQuery(rule, severity, state, case, agency, mark)
    filters = given(rule=rule, severity=severity, state=state, case=case, agency=agency, mark=mark)
    wanted = ListRequest("/v1/alerts", filters, limit, cursor)
    after = position(request, wanted)
    with resources.supervision() as reader:
        found = reader.alerts(query, limit, after)
    return list_document(request, response, wanted, found, alert_document)


@router.get("/{alert_id}", summary="一条预警，含责任人员和责任追究", openapi_extra=_READERS)
def read_alert(
    request: Request, alert_id: Annotated[str, Path(pattern=ALERT_ID, description="预警标识")]
) -> dict[str, Any]:
    """Return one alert with what its rule says in the rule set that it names."""
    require(request, Permission.READ_ALERTS)
    resources: Resources = request.app.state.resources
    row = alert_of(resources, alert_id)
    line = violation_line(resources, row.rule_id, row.rule_set_version)
    return {
        **alert_document(row),
        "rule_text": line.text or None,
        "rule_basis": line.basis or None,
        **accountability_document(accountability_of(resources, row)),
    }


def accountability_of(resources: Resources, row: AlertRow) -> Accountability:
    """Return who answers for an alert, and what was decided.

    Raises:
        VerificationError: An entry of the matter is not what was promised.
    """
    with resources.supervision() as reader:
        decisions = reader.accountability(row.alert_id)
    # An alert lies in the case log, also where what it is about lies in the control log.
    logs = dict.fromkeys((row.log, CONTROL))
    entries = {log: resources.proven[log].stream_entries(row.stream_id) for log in logs}
    return accountability(entries, resources.control.state, row, decisions)


def alert_of(resources: Resources, alert_id: str) -> AlertRow:
    """Return one alert.

    Raises:
        ProblemError: NOT_FOUND.
    """
    with resources.supervision() as reader:
        row = reader.alert(alert_id)
    if row is None:
        raise problem("NOT_FOUND")
    return row
