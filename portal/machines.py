"""Where the machines of a stream stand, as a document: the same members in API, page and command.

Read before: ``ledger/domain/machines.py``. Read next: ``portal/api/cases.py``,
``portal/cli/case.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.machines import Course, Step, fold_machines
from ledger.domain.stream import StreamAct
from portal.pages import rfc3339

ALERT: Final = "SupervisionAlertRaised"
SHOWN_MAX: Final = 200  # Of machines of one stream; a case has one for each piece of evidence.
IRREGULAR_SHOWN_MAX: Final = 10  # Of one machine, the newest.

Term = Callable[[StreamAct], str]


def machines_document(
    acts: Sequence[StreamAct], moment: int, term: Term, beside: Sequence[StreamAct] = ()
) -> dict[str, Any]:
    """Return where the machines of a stream stand.

    Args:
        acts: The acts of the stream that count (``counted_acts``), in their order.
        moment: When it is asked, microseconds UTC: what a time ends has ended by then or not.
        term: Says what an act is called.
        beside: Acts about the stream in another log, its alerts among them.
    """
    courses = fold_machines(acts)
    alerts = _alerts([*acts, *beside])
    return {
        "machines": [_course(one, moment, term, alerts) for one in courses[:SHOWN_MAX]],
        "machines_total": str(len(courses)),
    }


def _course(one: Course, moment: int, term: Term, alerts: _AlertsAt) -> dict[str, Any]:
    state = one.state_at(moment)
    return {
        "machine": one.machine.name,
        "name": one.machine.cn,
        "subject": one.subject,
        "state": state,
        "state_name": one.machine.states[state].cn,
        "is_final": one.machine.states[state].is_final,
        "led_by": None if one.led_by is None else _act(one.led_by.item, term),
        "ended_at": rfc3339(one.until) if one.until is not None and state != one.state else None,
        "acts": str(one.acts),
        "irregular_total": str(len(one.irregular)),
        "irregular": [
            _irregular(one, step, term, alerts) for step in one.irregular[-IRREGULAR_SHOWN_MAX:]
        ],
    }


def _irregular(one: Course, step: Step, term: Term, alerts: _AlertsAt) -> dict[str, Any]:
    states = one.machine.states
    key = (step.item.act.event_id, step.flag or "")
    return {
        **_act(step.item, term),
        "kind": step.kind,
        "before": step.before,
        "before_name": states[step.before].cn,
        "after": step.after,
        "rule_id": step.flag,
        "alert_ids": alerts.get(key, []),
    }


def _act(item: StreamAct, term: Term) -> dict[str, Any]:
    return {
        "version": str(item.entry.stream_version),
        "event_id": uuid_text(item.act.event_id),
        "event_type": item.event_type,
        "term": term(item),
        "occurred_at": rfc3339(item.act.occurred_at),
    }


_AlertsAt = dict[tuple[bytes, str], list[str]]


def _alerts(acts: Iterable[StreamAct]) -> _AlertsAt:
    """Return the ids of alerts by the act that raised them and the rule."""
    found: _AlertsAt = {}
    for item in acts:
        if item.event_type == ALERT and item.act.causation_id is not None:
            key = (item.act.causation_id, item.payload["ruleId"])
            found.setdefault(key, []).append(item.payload["alertId"])
    return found
