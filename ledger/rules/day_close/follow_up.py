"""V-ORG-04: a CRITICAL alert that was confirmed, and nothing follows in the time of the policy.

Read before: ``rule``. Basis: 任务分解表 15.3. Rows: one a confirmed alert whose time runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.rules.calendar import add_working_days
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows
from ledger.rules.violations.chronicle import severity
from ledger.rules.violations.law import number

_RESOLVED: Final = "AlertResolved"
_OF_ALERTS: Final = "AccountabilityDecided"
_OF_A_STREAM: Final = frozenset({"SupervisionOpinionIssued", "SupervisionDecisionIssued"})


class FollowUps:
    """The trigger is the confirmation, the subject ``alert:<id>``; since the last day's end.

    A supervisor's opinion or decision in the same stream follows, and a decision on accountability
    that names the alert, wherever it lies. The day of the confirmation does not count.
    """

    rule_id = "V-ORG-04"
    event_types = _OF_A_STREAM | {_RESOLVED, _OF_ALERTS}

    def take(self, act: DayAct, rows: Rows) -> None:
        """Begin to wait with a confirmation; end it with what follows."""
        kind, payload = act.act.event_type, act.payload
        if kind == _RESOLVED:
            if payload["outcome"] == "CONFIRMED":
                row = {"ref": act.ref(), "at": act.act.occurred_at, "is_checked": 0}
                rows.put(payload["alertId"], row)
            else:
                rows.drop(payload["alertId"])
        elif kind == _OF_ALERTS:
            for alert_id in payload["alertIds"]:
                rows.drop(alert_id)
        else:
            stream = act.entry.stream_id
            for alert_id, row in rows.items():
                if Ref(*row["ref"]).stream_id == stream:
                    rows.drop(alert_id)

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        """Judge what has waited long enough."""
        days = number(day.rules, "follow_up_working_days")
        for alert_id, row in rows.items():
            ref = Ref(*row["ref"])
            if not row["is_checked"]:
                if not _is_critical(day, ref, alert_id):
                    rows.drop(alert_id)
                    continue
                rows.open(alert_id, dict)["is_checked"] = 1
            due = add_working_days(day_of(row["at"]), days, day.control.calendar)
            if due.day <= day.number:
                rows.drop(alert_id)
                weight = severity(is_provisional=due.provisional)
                if day.counts(ref):
                    yield DayFinding(f"alert:{alert_id}", ref, (), weight, at=day.cut)


def _is_critical(day: Day, ref: Ref, alert_id: str) -> bool:
    acts = [it for it in day.stream(ref) if it.event_type == "SupervisionAlertRaised"]
    found: list[Any] = [it.payload for it in acts if it.payload["alertId"] == alert_id]
    return any(it["severity"] == "CRITICAL" for it in found)
