"""V-ORG-04: a CRITICAL alert that was confirmed, and nothing follows in the time of the policy.

Read before: ``rule``. Basis: 任务分解表 15.3. Rows: one a confirmed alert whose time runs, with
what followed on it so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.domain.amendments import CORRECTED
from ledger.domain.control_records import day_of
from ledger.rules.calendar import add_working_days
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, Ref, Rows, told
from ledger.rules.violations.chronicle import severity
from ledger.rules.violations.law import number

_RESOLVED: Final = "AlertResolved"
_OF_ALERTS: Final = "AccountabilityDecided"
FOLLOWS_MAX: Final = 64
_FOLLOWS: Final = "follows"
_OF_A_STREAM: Final = frozenset({"SupervisionOpinionIssued", "SupervisionDecisionIssued"})


class FollowUps:
    """The trigger is the confirmation, the subject ``alert:<id>``; since the last day's end.

    A supervisor's opinion or decision in the same stream follows, and a decision on accountability
    that names the alert, wherever it lies, if it counts and reads so on the day that is due. The
    day of the confirmation does not count.
    """

    rule_id = "V-ORG-04"
    event_types = _OF_A_STREAM | {_RESOLVED, _OF_ALERTS, CORRECTED}

    def take(self, act: DayAct, rows: Rows) -> None:
        """Begin to wait with a confirmation; note what follows."""
        kind, payload = act.act.event_type, act.payload
        if kind == _RESOLVED and payload["outcome"] == "CONFIRMED":
            row = {"ref": act.ref(), "at": act.act.occurred_at, "is_checked": 0}
            rows.put(payload["alertId"], row)
        elif kind == _RESOLVED:
            _follow(act, payload["alertId"], rows)
        elif (said := told(act, {_OF_ALERTS})) is not None:
            for alert_id in dict.fromkeys(said["alertIds"]):
                _follow(act, alert_id, rows)
        elif kind in _OF_A_STREAM:
            stream = act.entry.stream_id
            for alert_id, row in rows.items():
                if Ref(*row["ref"]).stream_id == stream:
                    _follow(act, alert_id, rows)

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
                is_followed = any(_follows(day, Ref(*it), alert_id) for it in row.get(_FOLLOWS, ()))
                if not is_followed and day.counts(ref):
                    yield DayFinding(f"alert:{alert_id}", ref, (), weight, at=day.cut)


def _follow(act: DayAct, alert_id: str, rows: Rows) -> None:
    """Note what follows on a confirmation; of very many the last ones."""
    if rows.get(alert_id) is not None:
        row = rows.open(alert_id, dict)
        row[_FOLLOWS] = [*row.get(_FOLLOWS, ()), act.ref()][-FOLLOWS_MAX:]


def _follows(day: Day, ref: Ref, alert_id: str) -> bool:
    """Tell whether what was noted counts, and is still about the alert, by the end of the day."""
    item = day.current(ref)
    if item is None:
        return False
    if item.event_type == _OF_ALERTS:
        return bool(alert_id in item.payload["alertIds"])
    if item.event_type == _RESOLVED:
        return bool(item.payload["outcome"] != "CONFIRMED")
    return item.event_type in _OF_A_STREAM


def _is_critical(day: Day, ref: Ref, alert_id: str) -> bool:
    acts = [it for it in day.stream(ref) if it.event_type == "SupervisionAlertRaised"]
    found: list[Any] = [it.payload for it in acts if it.payload["alertId"] == alert_id]
    return any(it["severity"] == "CRITICAL" for it in found)
