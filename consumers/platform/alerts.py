"""A supervisor's word on an alert that the engine has not raised yet, as a history has it.

Read before: ``matter``, ``ledger/rules/violations/engine.py``. Read next: ``performer``.

While a ledger's clock is simulated nothing is derived, and yet a history can tell what became of an
alert. Alerts follow from the entries, so the platform judges the matter up to the act in question
by the engine's own rules and brings the alert into the ledger with the bytes that the engine makes
of it later: that one is a duplicate then.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order, Secret
from consumers.platform.matter import Matter, ledger_of
from consumers.supervise.derived import alert_act
from consumers.supervise.judging import History
from ledger.chain.ids import alert_event_id
from ledger.errors import RejectedError
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge

RESOLVED: Final = "AlertResolved"
_SUPERVISOR: Final = "HEAD"


class Confirmation(NamedTuple):
    """Which alert is confirmed, and why."""

    rule_id: str
    event_id: bytes  # Of the act that raises it.
    reason: str  # Free text; goes into a commitment.


def confirm_acts(
    matter: Matter, control: History, writer: ActWriter, order: Order, said: Confirmation
) -> list[UnsealedAct]:
    """Return the alert, if the ledger has none yet, and the word that it is so.

    Raises:
        RejectedError: ``NO_ALERT``: the rule finds nothing at that act.
    """
    alert = _alert(matter, control, said)
    if alert is None:
        raise RejectedError("NO_ALERT", "the rule finds nothing at this act")
    acts = []
    if all(it.act.event_id != alert_event_id(alert.alert_id) for it in matter.acts):
        raised = alert_act(alert, ledger_of(matter.state).platform_key.name)
        acts.append(raised._replace(sim_time=order.at if matter.state.is_simulated else None))
    payload = {"alertId": alert.alert_id, "outcome": "CONFIRMED", "by": order.officer_id}
    secrets = {"reason": Secret(said.reason, order.stream_id)}
    aggregate = f"alert:{alert.alert_id}"
    acts.append(writer.write(order, RESOLVED, aggregate, payload, _SUPERVISOR, secrets=secrets))
    return acts


def _alert(matter: Matter, control: History, said: Confirmation) -> Alert | None:
    judge = StreamJudge(matter.stream_id, matter.origin, BOOK, PARTS)
    for item in matter.acts:
        alerts = judge.judge(item, control.at(item.entry.control_size))
        if item.act.event_id == said.event_id:
            return next((it for it in alerts if it.rule_id == said.rule_id), None)
    return None
