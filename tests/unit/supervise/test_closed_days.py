"""Days that another engine closes first are closed again from where it stands, or by nobody here."""

from __future__ import annotations

from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.day_closing import DayMove
from tests.support.day_closing import MemoryDayTracking, memory_closer
from tests.support.ledger_copy import SECOND, LedgerCopy, MemorySource, sample

DAY = 24 * 3_600 * SECOND


def two_days() -> MemorySource:
    """Return a ledger of two days that are over, each with an act of an emitter."""
    ledger = LedgerCopy(1, schemas=("EventAnnulled",))
    for number in (1, 2, 3):
        for log in ledger.logs:
            payload = sample("EventAnnulled", targetEventId=bytes(16))
            stream = "platform:rules" if log == "control" else "case:1"
            ledger.add("EventAnnulled", payload, stream=stream, log=log, emitter_seq=number)
        ledger.now += DAY
    return MemorySource(ledger.logs)


class Faster(MemoryDayTracking):
    """Another engine closes a day whenever it is asked where the days stand."""

    def closed(self):
        """Return where it stood before that."""
        stood = self.kept
        if stood.day is not None:
            self.advance(DayMove(stood, stood._replace(day=stood.day + 1), {}))
        return stood


def test_an_engine_that_is_overtaken_goes_on_from_where_the_other_stands():
    source, days = two_days(), MemoryDayTracking()
    slow, fast = (ClosedDays(memory_closer(source), days) for _ in range(2))
    assert (slow.close_some(source.sizes(), 1, []), fast.close_some(source.sizes(), 1, [])) == (
        1,
        1,
    )
    slow.keep()
    fast.keep()
    for one in (slow, fast):
        assert one.close_some(source.sizes(), 1, []) <= 1
        one.keep()
    straight = MemoryDayTracking()
    only = ClosedDays(memory_closer(source), straight)
    while only.close_some(source.sizes(), 1, []):
        only.keep()
    assert (days.kept, days.held) == (straight.kept, straight.held)


def test_an_engine_that_is_always_overtaken_leaves_the_days_to_the_other():
    source, days = two_days(), Faster()
    first = ClosedDays(memory_closer(source), days)
    assert first.close_some(source.sizes(), 1, []) == 1
    first.keep()
    derived = []
    late = ClosedDays(memory_closer(source), days)
    assert (late.close_some(source.sizes(), 1, derived), derived) == (0, [])
    stood = days.kept
    late.keep()
    assert days.kept == stood
