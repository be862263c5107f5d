"""A generated history judged by the violation rules, entry by entry, by the engine's own code."""

from __future__ import annotations

from collections.abc import Iterator

from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.engine import SupervisionEngine
from consumers.supervise.judging import Derived, Judging
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.rules.violations.book import BOOK
from tests.support.day_closing import MemoryDayTracking, memory_closer
from tests.support.history_copy import HistoryCopy
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.platform import LOG
from tests.support.supervision import MemorySender, MemoryTracking, alerts_in, memory_matters


def judged(history: HistoryCopy) -> Iterator[list[Derived]]:
    """Yield what follows from each entry of the case log."""
    source = MemorySource(history.ledger.logs)
    judging = Judging(memory_matters(source, book=BOOK), PLATFORM.name)
    for data in history.ledger.logs[LOG]:
        yield judging.derive(LOG, decode_entry(data))


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
