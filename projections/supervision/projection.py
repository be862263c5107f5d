"""An alert is raised, acknowledged, explained, resolved: one row that goes on.

Read before: ``projections/retrieval/projection.py``. Read next: ``view``.

An alert never goes away and never goes back: it keeps the furthest state that it has come to. One
whose missing prerequisite came too late (V-TIME-03) is marked with it and stays as it is; one that
a credential's loss triggered, which the control log learnt late, is marked with that. To
acknowledge or explain it is for the agency whose act raised it; that only a supervisor resolves one
is held where acts are taken in (R3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from ledger.chain.ids import alert_event_id, uuid_text
from ledger.domain.projection import ControlReader, EntryView
from projections.rows import Rows
from projections.supervision.view import (
    ACCOUNTABILITY,
    ALERTS,
    STATES,
    TABLES,
    AccountabilityRow,
    AlertRow,
)
from projections.tables import Table

LATE_RULE: Final = "V-CRED-01"  # The rule that is asked again of what was learnt late.
CURED_LATE: Final = "V-TIME-03"  # Says of which alert, by the event id of its act.


class SupervisionProjection:
    """Feeds the supervision view; may be dropped and replayed at any time."""

    name = "supervision"
    code_version = "3"
    package = "projections.supervision"
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[EntryView, Rows], None]] = {
            "AlertAcknowledged": _acknowledged,
            "AlertExplained": _explained,
            "AlertEscalated": _escalated,
            "AlertResolved": _resolved,
            "AccountabilityDecided": _decided,
            "EventAnnulled": _annulled,
        }
        self.event_types = frozenset({"SupervisionAlertRaised", *self._handlers})

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry of a subscribed type."""
        if entry.event_type == "SupervisionAlertRaised":
            _raised(entry, facts, rows)
        else:
            self._handlers[entry.event_type](entry, rows)


def _raised(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    payload, act = view.payload, view.act
    is_loss = act.causation_id is not None and facts.is_credential_loss(
        act.causation_id, view.entry.control_size
    )
    trigger = None if act.causation_id is None else uuid_text(act.causation_id)
    causes = [uuid_text(cause) for cause in payload["causeEventIds"]]
    row = AlertRow(
        log=view.log,
        stream_id=view.entry.stream_id,
        event_id=uuid_text(view.event_id),
        alert_id=payload["alertId"],
        rule_id=payload["ruleId"],
        rule_set_version=payload["ruleSetVersion"],
        severity=payload["severity"],
        state=STATES[0],
        agency_id=act.agency_id,
        item_code=act.item_code,
        trigger_event_id=trigger,
        causes=json.dumps(causes, separators=(",", ":")),
        raised_at=act.occurred_at,
        acknowledged_by=None,
        acknowledged_at=None,
        explained_by=None,
        explained_at=None,
        escalated_to=None,
        escalated_at=None,
        resolved_by=None,
        resolved_at=None,
        outcome=None,
        late_cured_by=None,
        late_cured_at=None,
        discovered_by=trigger if is_loss and payload["ruleId"] == LATE_RULE else None,
        compared_by=payload.get("comparedBy"),
        changed_at=view.entry.received_at,
        leaf_index=view.entry.leaf_index,
    )
    rows.put(ALERTS, row)
    if row.rule_id == CURED_LATE:
        _mark(view, rows, row)


def _mark(view: EntryView, rows: Rows, raised: AlertRow) -> None:
    """Mark the alert that is named among the causes of a late cure; the first one stays."""
    for cause in view.payload["causeEventIds"]:
        cured = rows.get(ALERTS, (view.log, view.entry.stream_id, uuid_text(cause)))
        if cured is not None and cured.late_cured_by is None:
            marked = cured._replace(
                late_cured_by=raised.trigger_event_id,
                late_cured_at=raised.raised_at,
                changed_at=view.entry.received_at,
            )
            rows.put(ALERTS, marked)


def _acknowledged(view: EntryView, rows: Rows) -> None:
    _change(
        view,
        rows,
        state="ACKNOWLEDGED",
        by_owner=True,
        acknowledged_by=view.payload["by"],
        acknowledged_at=view.act.occurred_at,
    )


def _explained(view: EntryView, rows: Rows) -> None:
    _change(
        view,
        rows,
        state="EXPLAINED",
        by_owner=True,
        explained_by=view.payload["by"],
        explained_at=view.act.occurred_at,
    )


def _escalated(view: EntryView, rows: Rows) -> None:
    _change(view, rows, escalated_to=view.payload["toOrg"], escalated_at=view.act.occurred_at)


def _resolved(view: EntryView, rows: Rows) -> None:
    _change(
        view,
        rows,
        state="RESOLVED",
        resolved_by=view.payload["by"],
        resolved_at=view.act.occurred_at,
        outcome=view.payload["outcome"],
    )


def _decided(view: EntryView, rows: Rows) -> None:
    """Note under each alert that a decision names what was decided of whom."""
    payload, alert_ids = view.payload, list(dict.fromkeys(view.payload["alertIds"]))
    doc = payload["doc"]
    for number, alert_id in enumerate(alert_ids):
        row = AccountabilityRow(
            view.log,
            view.entry.stream_id,
            uuid_text(view.event_id),
            number,
            len(alert_ids),
            alert_id,
            payload["officerId"],
            payload["measure"],
            None if doc is None else doc["docNo"],
            view.act.agency_id,
            view.act.occurred_at,
            view.entry.leaf_index,
        )
        rows.put(ACCOUNTABILITY, row)


def _annulled(view: EntryView, rows: Rows) -> None:
    """Take back a decision that was recorded by mistake."""
    key = (view.log, view.entry.stream_id, uuid_text(view.payload["targetEventId"]))
    first = rows.get(ACCOUNTABILITY, (*key, 0))
    for number in range(0 if first is None else first.alerts):
        rows.delete(ACCOUNTABILITY, (*key, number))


def _change(
    view: EntryView, rows: Rows, *, state: str = "RAISED", by_owner: bool = False, **changes: Any
) -> None:
    """Write the alert that an act is about with some columns changed; an unknown one stays so."""
    event_id = uuid_text(alert_event_id(view.payload["alertId"]))
    row = rows.get(ALERTS, (view.log, view.entry.stream_id, event_id))
    if row is None or (by_owner and view.act.agency_id != row.agency_id):
        return
    furthest = max(row.state, state, key=STATES.index)
    rows.put(ALERTS, row._replace(state=furthest, changed_at=view.entry.received_at, **changes))
