"""Open holds (保全) and open alerts of a stream.

Read before: ``stream``. Read next: ``ledger/rules/gate_rules.py``.

A hold lies in the stream it protects; while one is open nothing it names is disposed of and no
key of its subjects is destroyed. An alert stays open until a supervisor has resolved it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.domain.stream import StreamAct


class Hold(NamedTuple):
    """One open hold."""

    event_id: bytes  # Of the ``HoldPlaced``.
    target: str  # The stream's id, or one aggregate or subject in it.
    ground: str


def open_holds(acts: Iterable[StreamAct]) -> list[Hold]:
    """Return the holds that were placed and not lifted, in the order of placing."""
    held: dict[bytes, Hold] = {}
    for act in acts:
        if act.event_type == "HoldPlaced":
            event_id = act.act.event_id
            held[event_id] = Hold(event_id, act.payload["target"], act.payload["ground"])
        elif act.event_type == "HoldLifted":
            held.pop(act.payload["holdEventId"], None)
    return list(held.values())


def open_alerts(acts: Iterable[StreamAct]) -> set[str]:
    """Return the ids of critical alerts that nobody has resolved."""
    raised: set[str] = set()
    for act in acts:
        if act.event_type == "SupervisionAlertRaised" and act.payload["severity"] == "CRITICAL":
            raised.add(act.payload["alertId"])
        elif act.event_type == "AlertResolved":
            raised.discard(act.payload["alertId"])
    return raised
