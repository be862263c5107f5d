"""A generated history judged by the violation rules, entry by entry, by the engine's own code."""

from __future__ import annotations

from collections.abc import Iterator

from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.control_history import ControlHistory
from consumers.supervise.engine import SupervisionEngine
from consumers.supervise.judging import Derived, Judging
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.own_acts import is_own_stream
from ledger.domain.stream import StreamAct
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge
from ledger.store.log_tables import origin_of
from tests.support.day_closing import MemoryDayTracking, memory_closer
from tests.support.history_copy import HistoryCopy
from tests.support.ledger_copy import LEDGER, PLATFORM, MemorySource
from tests.support.platform import LOG
from tests.support.supervision import (
    ControlCopy,
    MemorySender,
    MemoryTracking,
    alerts_in,
    memory_matters,
)


def judged(history: HistoryCopy) -> Iterator[list[Derived]]:
    """Yield what follows from each entry of the case log."""
    source = MemorySource(history.ledger.logs)
    judging = Judging(memory_matters(source, book=BOOK), PLATFORM.name)
    for data in history.ledger.logs[LOG]:
        yield judging.derive(LOG, decode_entry(data))


def judged_by_rules(history: HistoryCopy) -> Iterator[list[Alert]]:
    """Yield what the violation rules alone find at each entry of the case log."""
    source = MemorySource(history.ledger.logs)
    control, origin = ControlHistory(ControlCopy(source)), origin_of(LEDGER, LOG)
    judges: dict[str, StreamJudge] = {}
    for data in history.ledger.logs[LOG]:
        entry = decode_entry(data)
        state, act = control.at(entry.control_size), decode_act(entry.act)
        if (
            is_own_stream(entry.stream_id)
            or (act.event_type, act.schema_version) not in state.schemas
        ):
            continue
        judge = judges.get(entry.stream_id)
        if judge is None:
            judge = judges[entry.stream_id] = StreamJudge(entry.stream_id, origin, BOOK, PARTS)
        payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
        yield judge.judge(StreamAct(entry, act, payload), state)


def completed(history: HistoryCopy) -> list[Derived]:
    """Put what follows from a history into it, as the engine does once it is told.

    What follows from that follows too: rules hear of deadlines that were missed, and days are closed
    up to the last. Returns all of it but of what the copy itself published.
    """
    ledger = history.ledger
    source, sender = MemorySource(ledger.logs), MemorySender(ledger)
    sender.values |= {decode_act(act).event_id: act for act in alerts_in(ledger.logs)}
    judging = Judging(memory_matters(source, book=BOOK), PLATFORM.name)
    closer = memory_closer(source, same_persons=history.persons.same_persons)
    days = ClosedDays(closer, MemoryDayTracking())
    engine = SupervisionEngine(source, judging, sender, MemoryTracking(), days)
    found: list[Derived] = []
    while progress := engine.supervise_batch(source.sizes()[LOG]):
        found += progress.derived
        if not progress.moved + progress.days:
            break
    return [it for it in found if it.act.key != "platform:rules"]
