"""Days of a ledger give the same alerts, whoever closes them, in whatever pieces, however often."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.supervise import day_closing
from consumers.supervise.day_closing import close_all
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import decode_act
from ledger.errors import UnavailableError
from schemas.loader import rule_set_text
from tests.support.control import published_text
from tests.support.day_closing import (
    MemoryDayTracking,
    day_engine,
    days_closed_anew,
    memory_closer,
)
from tests.support.ledger_copy import PLATFORM, SECOND, LedgerCopy, MemorySource, sample
from tests.support.supervision import (
    TYPES,
    MemorySender,
    MemoryTracking,
    alerts_in,
    memory_matters,
)

LOGS = 2
HOUR = 3_600 * SECOND
ONE = "V-LED-01"

written = st.lists(
    st.tuples(
        st.sampled_from(["control", "0", "1"]),
        st.sampled_from(["agy.one", "agy.two"]),
        st.integers(0, 2),  # Numbers that the emitter leaves out before it.
        st.integers(0, 30),  # Hours since the act before it.
    ),
    max_size=25,
)
steps = st.lists(
    st.tuples(
        st.integers(0, 1),  # Which of two engines.
        st.sampled_from(["", "", "before", "after", "restart"]),
    ),
    max_size=20,
)


@pytest.fixture(autouse=True, scope="module")
def small_pages():
    """A day's entries lie on several pages, and a page has those of several days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(day_closing, "PAGE_ENTRIES", 3)
        yield


def ledger_of(acts) -> LedgerCopy:
    """Return a ledger with these acts, whose days are all over but the last."""
    ledger = LedgerCopy(LOGS, schemas=TYPES)
    payload = published_text(*one_rule())
    ledger.add("RuleSetPublished", payload, stream="platform:rules", emitter_seq=None)
    numbers: dict[str, int] = {}
    for log, emitter, left_out, hours in acts:
        ledger.now += hours * HOUR
        numbers[emitter] = numbers.get(emitter, 0) + left_out + 1
        note(ledger, log, emitter, numbers[emitter])
    quiet(ledger)
    return ledger


@cache
def one_rule() -> tuple[str, str]:
    """Return version and text of a rule set that is read fast: one rule, no deadlines."""
    text = json.loads(rule_set_text())
    del text["deadlines"]
    text["violations"] = {ONE: text["violations"][ONE]}
    return text["version"], json.dumps(text)


def note(ledger: LedgerCopy, log: str, emitter: str, number: int) -> None:
    """Write an act of an emitter, of a type that no rule of single streams looks at."""
    stream = "platform:rules" if log == "control" else f"case:{log}"
    payload = sample("EventAnnulled", targetEventId=bytes(16))
    ledger.add(
        "EventAnnulled", payload, stream=stream, log=log, emitter_id=emitter, emitter_seq=number
    )


def quiet(ledger: LedgerCopy) -> None:
    """Let a day pass in every log."""
    ledger.now += 48 * HOUR
    for log in ledger.logs:
        note(ledger, log, f"beat.{log}", 1)


@settings(max_examples=60)
@given(written, steps, st.data())
def test_days_give_the_same_alerts_in_any_pieces(acts, taken, data):
    """Two engines, faults, restarts, and logs that become visible bit by bit."""
    logs = ledger_of(acts).logs
    source, sender = MemorySource(logs), MemorySender()
    tracking, days = MemoryTracking(), MemoryDayTracking()
    source.visible = dict.fromkeys(logs, 0)
    both = [day_engine(source, sender, tracking, days) for _ in range(2)]
    for which, fault in taken:
        for log, entries in logs.items():
            seen = source.visible[log]
            source.visible[log] = data.draw(st.integers(seen, len(entries)))
        if fault == "restart":
            both[which] = day_engine(source, sender, tracking, days)
            continue
        sender.fault = fault
        _supervise(both[which])
        sender.fault = ""
    source.visible = None
    _finish(both[0])
    _finish(both[1])

    of_days = {
        event_id: value
        for event_id, value in sender.values.items()
        if decode_act(value).stream_key.startswith("emitter:")
    }
    assert of_days == days_closed_anew(logs)


@settings(max_examples=30)
@given(written)
def test_rows_stay_few_and_a_second_closing_leaves_the_same(acts):
    """One row an emitter, however many acts; and nothing of the order in which logs are read."""
    logs = ledger_of(acts).logs
    kept = []
    for source in (MemorySource(logs), MemorySource(dict(reversed(logs.items())))):
        days = MemoryDayTracking()
        _finish(day_engine(source, MemorySender(), MemoryTracking(), days))
        kept.append((days.kept.day, days.held))
    assert kept[0] == kept[1]
    emitters = {name for _, name, _, _ in acts} | {f"beat.{log}" for log in logs}
    of_rule = [row for (rule, _), row in days.held.items() if rule == ONE]
    assert len(of_rule) <= len(emitters) + 1
    assert all(not row["runs"] for row in of_rule)


@pytest.fixture
def living():
    """A ledger with one gap, whose alert is among its entries, and the days that were closed."""
    ledger = ledger_of([("0", "agy.one", 0, 1), ("1", "agy.one", 2, 1), ("0", "agy.one", 0, 1)])
    days = MemoryDayTracking()
    source = MemorySource(ledger.logs)
    _finish(day_engine(source, MemorySender(ledger), MemoryTracking(), days))
    return ledger, days


def compared(ledger, done):
    source = MemorySource(ledger.logs)
    judging = Judging(memory_matters(source), PLATFORM.name)
    closed = close_all(memory_closer(source), source.sizes(), lambda day: day <= done)
    return dry_run(source, judging, {ONE}, source.sizes(), of_days=closed).alerts


def test_a_dry_run_finds_the_alerts_of_days(living):
    ledger, days = living
    (alert,) = [decode_act(value) for value in alerts_in(ledger.logs)]
    found = compared(ledger, days.kept.day)

    assert alert.stream_key == "emitter:agy.one"
    assert (found.derived, found.missing, found.pending, found.surplus) == (1, [], 0, [])
    assert (found.different, found.others) == ([], 0)


def test_a_dry_run_misses_an_alert_once_its_day_is_closed(living):
    ledger, days = living
    bare = ledger_of([("0", "agy.one", 0, 1), ("1", "agy.one", 2, 1), ("0", "agy.one", 0, 1)])
    (alert,) = [decode_act(value) for value in alerts_in(ledger.logs)]

    done = compared(bare, days.kept.day)
    assert done.missing == [alert.aggregate_id.removeprefix("alert:")]
    behind = compared(bare, 0)
    assert (behind.missing, behind.pending) == ([], 1)


def _supervise(engine) -> None:
    try:
        engine.supervise_batch(5)
    except UnavailableError:
        return


def _finish(engine) -> None:
    while (progress := engine.supervise_batch(5)).moved or progress.days:
        pass
