"""An alert as a document: the same members in the HTTP API and on the command line.

Read before: ``projections/supervision/view.py``. Read next: ``portal/api/alerts.py``,
``portal/programs/alerts.py``.
"""

from __future__ import annotations

import json
from typing import Any

from portal.cli.times import iso_time
from projections.supervision.view import AlertRow


def alert_document(row: AlertRow) -> dict[str, Any]:
    """Return an alert as JSON; leaf indexes are strings, as all 64-bit numbers are."""
    return {
        "alert_id": row.alert_id,
        "rule_id": row.rule_id,
        "rule_set_version": row.rule_set_version,
        "severity": row.severity,
        "state": row.state,
        "stream_id": row.stream_id,
        "agency_id": row.agency_id,
        "item_code": row.item_code,
        "trigger_event_id": row.trigger_event_id,
        "causes": causes_of(row),
        "raised_at": iso_time(row.raised_at),
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_at": _time(row.acknowledged_at),
        "explained_by": row.explained_by,
        "explained_at": _time(row.explained_at),
        "escalated_to": row.escalated_to,
        "escalated_at": _time(row.escalated_at),
        "resolved_by": row.resolved_by,
        "resolved_at": _time(row.resolved_at),
        "outcome": row.outcome,
        "mark": row.mark,
        "late_cured_by": row.late_cured_by,
        "late_cured_at": _time(row.late_cured_at),
        "discovered_by": row.discovered_by,
        "compared_by": row.compared_by,
        "event_id": row.event_id,
        "log": row.log,
        "leaf_index": str(row.leaf_index),
    }


def causes_of(row: AlertRow) -> list[str]:
    """Return the event ids of the acts that show it, the trigger's first."""
    causes: list[str] = json.loads(row.causes)
    return causes


def _time(micros: int | None) -> str | None:
    return None if micros is None else iso_time(micros)
