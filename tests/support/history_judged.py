"""A generated history judged by the violation rules, entry by entry, by the engine's own code."""

from __future__ import annotations

from collections.abc import Iterator

from consumers.supervise.judging import Derived, Judging
from ledger.chain.entry import decode_entry
from ledger.rules.violations.book import BOOK
from tests.support.history_copy import HistoryCopy
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.platform import LOG
from tests.support.supervision import memory_matters


def judged(history: HistoryCopy) -> Iterator[list[Derived]]:
    """Yield what follows from each entry of the case log."""
    source = MemorySource(history.ledger.logs)
    judging = Judging(memory_matters(source, book=BOOK), PLATFORM.name)
    for data in history.ledger.logs[LOG]:
        yield judging.derive(LOG, decode_entry(data))
