"""A calendar that is published while deadlines run moves what is open and nothing that is judged."""

import json

import pytest

from ledger.chain.act import decode_act
from ledger.domain.control_records import DAY_MICROS
from ledger.rules.deadline_missed import MISSED_TYPE
from schemas.loader import calendar_texts
from tests.support.control import published_text
from tests.support.deadlines import instant
from tests.support.ledger_copy import LedgerCopy, MemorySource, codec_of, sample
from tests.support.supervision import (
    TYPES,
    MemorySender,
    MemoryTracking,
    demand,
    derived_anew,
    memory_engine,
    publish_rules,
)

DECIDED = "OnSitePenaltyDecided"  # To be filed within two working days.
(YEAR,) = (it for it in map(json.loads, calendar_texts()) if it["year"] == 2026)


@pytest.fixture
def ledger():
    """A penalty was decided on Friday, 6 November; it is to be filed until Tuesday."""
    ledger = LedgerCopy(1, schemas=(*TYPES, DECIDED, MISSED_TYPE, "CalendarVersionPublished"))
    publish_rules(ledger, "test.1")
    publish(ledger, "cn.1")
    ledger.now = instant("2026-11-06 10:00")
    ledger.add(DECIDED, sample(DECIDED), stream="case:1", log="0")
    return ledger


def publish(ledger, version, **changed):
    text = json.dumps({**YEAR, "version": version, **changed}, ensure_ascii=False)
    payload = published_text(version, text)
    ledger.add("CalendarVersionPublished", payload, stream="platform:calendar")


def heartbeat(ledger, at):
    """Let time pass by an act in another matter."""
    ledger.now = instant(at)
    demand(ledger, "case:2")


def judged(ledger, sender, tracking):
    """Judge entry by entry, each with an engine that has nothing in memory."""
    source = MemorySource(ledger.logs)
    while memory_engine(source, sender, tracking, 0).supervise_batch(1).moved:
        pass
    assert sender.values == derived_anew(ledger.logs)
    missed = [it for it in map(decode_act, sender.values.values()) if it.event_type == MISSED_TYPE]
    payloads = [codec_of(MISSED_TYPE).decode(it.payload) for it in missed]
    return [(it["dueAt"], it["calendarVersion"]) for it in payloads]


def test_days_that_are_worked_now_end_an_open_deadline_earlier(ledger):
    """Saturday and Sunday count: on Monday it is missed, although Tuesday stood in the index."""
    sender, tracking = MemorySender(), MemoryTracking()
    heartbeat(ledger, "2026-11-06 11:00")
    assert judged(ledger, sender, tracking) == []
    assert tracking.agenda["0", "case:1"] == instant("2026-11-11 00:00")
    publish(ledger, "cn.2", makeup_workdays=["2026-11-07", "2026-11-08"])
    heartbeat(ledger, "2026-11-09 10:00")

    assert judged(ledger, sender, tracking) == [(instant("2026-11-09 00:00"), "cn.2")]
    assert ("0", "case:1") not in tracking.agenda


def test_holidays_published_afterwards_do_not_move_what_was_missed(ledger):
    """Read again after that, the matter is judged as it was, and nothing is sent twice."""
    sender, tracking = MemorySender(), MemoryTracking()
    heartbeat(ledger, "2026-11-11 10:00")
    missed = [(instant("2026-11-11 00:00"), "cn.1")]
    assert judged(ledger, sender, tracking) == missed
    publish(ledger, "cn.2", holidays=["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"])
    for _ in range(2):
        demand(ledger, "case:1")
    heartbeat(ledger, "2026-11-20 10:00")

    assert judged(ledger, sender, tracking) == missed
    assert sender.sent == len(sender.values) == 2  # The miss, and whether it must be public.


def test_a_stream_without_further_entries_is_judged_after_a_restart(ledger):
    """Days later, by an entry of another matter, and with nothing read in between."""
    sender, tracking = MemorySender(), MemoryTracking()
    for day in range(3):
        ledger.now += DAY_MICROS
        demand(ledger, "case:2")
        assert judged(ledger, sender, tracking) == []
    heartbeat(ledger, "2026-11-11 00:00")

    assert judged(ledger, sender, tracking) == [(instant("2026-11-11 00:00"), "cn.1")]
