"""What agencies missed is told once, whoever closes days, in whatever pieces, and again from nothing."""

from __future__ import annotations

import pytest

from consumers.supervise.day_closing import close_all
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import decode_act
from ledger.errors import UnavailableError
from ledger.rules.deadline_missed import MISSED_TYPE
from tests.support.agency_story import AgencyStory
from tests.support.day_closing import (
    MemoryDayTracking,
    day_engine,
    days_closed_anew,
    memory_closer,
)
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, PLATFORM, MemorySource
from tests.support.supervision import MemorySender, MemoryTracking, memory_matters

OWN = f"agency:{AGENCY}"


@pytest.fixture(scope="module")
def story() -> AgencyStory:
    """Two agencies over two quarters; what one did is annulled after it was judged."""
    story = AgencyStory()
    story.begin(AGENCY)
    told = story.act("StaffingDeclared", "2026-01-05 10:00", OWN)
    story.act("EnforcementItemRegistered", "2026-01-08 10:00", "item:1")
    story.act("PowerListPublished", "2026-01-12 10:00", "list:1")
    story.begin(OTHER_AGENCY, "2026-01-13 10:00")
    for day in ("2026-01-16", "2026-02-20"):
        for log in story.ledger.logs:
            story.act("EventAnnulled", f"{day} 08:00", f"log:{log}", log)
    story.annul("2026-02-21 10:00", OWN, told)
    for log in story.ledger.logs:
        story.act("EventAnnulled", "2026-05-04 08:00", f"log:{log}", log)
    return story


def misses(values) -> dict[bytes, bytes]:
    return {key: it for key, it in values.items() if decode_act(it).event_type == MISSED_TYPE}


def test_two_engines_that_fail_and_start_anew_tell_the_same(story):
    """Logs become visible one after the other, each in pieces, in both orders."""
    wanted = misses(days_closed_anew(story.ledger.logs))
    assert len(wanted) == 4  # A quarter by annulment, one of each agency, and the year.
    for order in (("control", "0", "1"), ("1", "0", "control")):
        source, sender = MemorySource(story.ledger.logs), MemorySender()
        tracking, days = MemoryTracking(), MemoryDayTracking()
        source.visible = dict.fromkeys(order, 0)
        faults = ["before", "", "after", "", ""]
        for log in order:
            size = len(story.ledger.logs[log])
            for part in range(1, 5):
                source.visible[log] = size * part // 4
                sender.fault = faults[part]
                engine = day_engine(source, sender, tracking, days)
                _supervise(engine)
                sender.fault = ""
                _supervise(engine)
        source.visible = None
        last = day_engine(source, sender, tracking, days)
        while (progress := last.supervise_batch(5)).moved or progress.days:
            pass
        assert misses(sender.values) == wanted


def test_a_dry_run_finds_what_is_there_and_what_is_not(story):
    later = story.branched()
    source = MemorySource(later.ledger.logs)
    compared = _dry_run(source).deadlines
    assert (compared.derived, len(compared.missing), compared.surplus) == (4, 4, [])
    for act in misses(days_closed_anew(later.ledger.logs)).values():
        later.ledger.append(act, "0")
    compared = _dry_run(MemorySource(later.ledger.logs)).deadlines
    assert (compared.derived, compared.missing, compared.surplus) == (4, [], [])
    assert compared.different == []


def test_what_is_remembered_is_as_much_after_many_quarters(story):
    """One row an agency, its index, and what was judged."""
    later = story.branched()
    sizes = []
    for year in (2027, 2028):
        for log in later.ledger.logs:
            later.act("EventAnnulled", f"{year}-12-01 08:00", f"log:{log}", log)
        days, source = MemoryDayTracking(), MemorySource(later.ledger.logs)
        engine = day_engine(source, MemorySender(), MemoryTracking(), days)
        while (progress := engine.supervise_batch(500)).moved or progress.days:
            pass
        sizes.append(len([key for rule, key in days.held if rule == "AGENCY"]))
    assert sizes[0] == sizes[1]


def _dry_run(source):
    judging = Judging(memory_matters(source), PLATFORM.name)
    closed = close_all(memory_closer(source), source.sizes(), lambda day: True)
    return dry_run(source, judging, (), source.sizes(), of_days=closed)


def _supervise(engine) -> None:
    try:
        engine.supervise_batch(50)
    except UnavailableError:
        return
