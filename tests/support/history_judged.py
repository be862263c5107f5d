"""A generated history judged by the violation rules, entry by entry, as the engine does it."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge
from tests.support.history_copy import HistoryCopy
from tests.support.platform import LOG

_OWN_STREAMS = ("ledger", "log:")


def judged(history: HistoryCopy) -> Iterator[list[Alert]]:
    """Yield the alerts that each entry of the case log raises."""
    state = ControlState()
    control = history.ledger.logs["control"]
    judges: dict[str, StreamJudge] = {}
    for data in history.ledger.logs[LOG]:
        entry = decode_entry(data)
        for earlier in control[state.size : entry.control_size]:
            _follow(state, earlier)
        if entry.stream_id.startswith(_OWN_STREAMS):
            continue
        act = decode_act(entry.act)
        payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
        judge = judges.get(entry.stream_id)
        if judge is None:
            judge = StreamJudge(entry.stream_id, f"history/log/{LOG}", BOOK, PARTS)
            judges[entry.stream_id] = judge
        yield judge.judge(StreamAct(entry, act, payload), state)


def _follow(state: ControlState, data: bytes) -> None:
    entry = decode_entry(data)
    act = decode_act(entry.act)
    payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
    state.apply(entry, act, payload)
