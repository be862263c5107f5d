"""The same ledger gives the same missed deadlines and alerts, whoever judges it, in whatever pieces.

What must come is said by the plainest reading of docs/spec/deadlines.md: every stream of a log is
told of every entry of it, with nothing left out and nothing kept from before.
"""

from __future__ import annotations

import datetime as dt
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.supervise.control_history import ControlHistory
from consumers.supervise.derived import missed_act
from consumers.supervise.matter_deadlines import MatterDeadlines
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.own_acts import is_own_stream
from ledger.chain.partition import partition_for
from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.domain.stream import StreamAct
from ledger.errors import UnavailableError
from ledger.rules.deadline_missed import MISSED_TYPE
from ledger.rules.disclosure_duties import ASSESSED
from ledger.store.log_tables import origin_of
from schemas.loader import calendar_texts
from tests.support.control import published_text
from tests.support.ledger_copy import (
    FINGERPRINTS,
    LEDGER,
    PLATFORM,
    LedgerCopy,
    MemorySource,
    codec_of,
    sample,
)
from tests.support.supervision import (
    TYPES,
    ControlCopy,
    MemorySender,
    MemoryTracking,
    alerts_in,
    demand,
    derived_anew,
    memory_engine,
    publish_rules,
)

LOGS = 2
EXAMPLES = 15  # Each publishes rule sets of 59 deadlines and several calendars.
STREAMS = tuple(f"case:{number}" for number in range(4))
# Terms of fifteen and of two working days and of 24 hours, and what ends them.
ACTS = ("LeadRegistered", "CaseFiled", "OnSitePenaltyDecided", "OnSitePenaltyFiled")
DUTIES = ("RecordingStopped", "RecordingUploaded")
BREACH = "EnforcementDecisionMade"  # Raises alerts beside the misses, which raise some too.
ALL_TYPES = (
    *(*TYPES, *ACTS, *DUTIES),
    *(MISSED_TYPE, "CalendarVersionPublished", "EventCorrected"),
)
CALENDARS = [json.loads(text) for text in calendar_texts()]

writes = st.tuples(
    st.sampled_from((*ACTS, *DUTIES, BREACH, "annul", "correct")), st.sampled_from(STREAMS)
)
days = st.tuples(st.just("days"), st.integers(1, 25))
holidays = st.tuples(st.just("holidays"), st.integers(-9, 40))
rules = st.tuples(st.just("rules"), st.just("HIGH"))
world = st.one_of(writes, writes, writes, days, days, holidays, rules)
engines = st.tuples(
    st.just("judge"),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, 6),  # Entries of each log in one batch.
    st.sampled_from(["", "", "before", "after", "unkept", "kept"]),
)
restarts = st.tuples(st.just("restart"), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)  # Bytes that an engine keeps in memory.


class World:
    """Writes acts into a ledger, lets time pass there, and moves holidays."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(LOGS, schemas=ALL_TYPES)
        self._versions = 1
        self._newest: dict[str, bytes] = {}
        self._kinds: dict[bytes, str] = {}
        publish_rules(self.ledger, "test.1")
        for year in CALENDARS:
            self._publish(year)

    def write(self, kind, what):
        """Write one act, publish something, or let days pass up to a heartbeat of every log."""
        self._versions += 1
        if kind == "rules":
            publish_rules(self.ledger, f"test.{self._versions}", what)
        elif kind == "holidays":
            self._move_holiday(day_of(self.ledger.now) + what)
        elif kind == "days":
            self.ledger.now += what * DAY_MICROS
            for log in map(str, range(LOGS)):
                demand(self.ledger, "case:quiet", log)
        else:
            self._act(kind, what, str(partition_for(what.encode(), LOGS)))

    def _act(self, kind, stream, log):
        if kind == "annul":
            payload = sample("EventAnnulled", targetEventId=self._newest.get(stream, bytes(16)))
            self.ledger.add("EventAnnulled", payload, stream=stream, log=log)
        elif kind == "correct":
            payload = self._correction(self._newest.get(stream, bytes(16)))
            made = self.ledger.add("EventCorrected", payload, stream=stream, log=log)
            self._newest[stream] = made
        else:
            made = self.ledger.add(kind, sample(kind), stream=stream, log=log)
            self._newest[stream], self._kinds[made] = made, kind

    def _correction(self, target):
        kind = self._kinds.get(target, BREACH)
        schema, data = FINGERPRINTS[kind, 1], codec_of(kind).encode(sample(kind))
        return sample("EventCorrected", targetEventId=target, payloadSchema=schema, payload=data)

    def _move_holiday(self, day):
        """Make a day and the next ones free, in the year that the ledger's time is in or later."""
        for year in CALENDARS:
            first = year["holidays"]
            dates = [date_of(it) for it in range(day, day + 4)]
            of_year = [it for it in dates if it.startswith(str(year["year"]))]
            free = sorted({*first, *of_year} - set(year["makeup_workdays"]))
            if free != first:
                self._publish({**year, "holidays": free, "version": f"cn.{self._versions}"})

    def _publish(self, year):
        published = published_text(year["version"], json.dumps(year, ensure_ascii=False))
        self.ledger.add("CalendarVersionPublished", published, stream="platform:calendar")


def date_of(day):
    """Return a day as a calendar writes it."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


class UnsureTracking(MemoryTracking):
    """Fails once where it is told to, before or after it kept the moves."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""

    def advance(self, moves):
        fault, self.fault = self.fault, ""
        if fault == "unkept":
            raise UnavailableError("lost before")
        super().advance(moves)
        if fault == "kept":
            raise UnavailableError("lost after")


def missed_plainly(logs):
    """Return the acts of missed deadlines by event id: all streams are told of all entries."""
    source = MemorySource(logs)
    control = ControlHistory(ControlCopy(source))
    found = {}
    for log in logs:
        streams: dict[str, MatterDeadlines] = {}
        for entry in map(decode_entry, logs[log]):
            state, missed = control.at(entry.control_size), []
            for name, stream in streams.items():
                if name != entry.stream_id:
                    missed += stream.pass_time(entry.received_at, state)
            act = decode_act(entry.act)
            if not is_own_stream(entry.stream_id) and (act.event_type, 1) in state.schemas:
                item = StreamAct(entry, act, codec_of(act.event_type).decode(act.payload))
                its = streams.setdefault(entry.stream_id, MatterDeadlines(origin_of(LEDGER, log)))
                missed += its.take_in(item, state)
            for deadline in missed:
                value = missed_act(deadline, PLATFORM.name).value
                assert decode_act(value).event_id not in found
                found[decode_act(value).event_id] = value
    return found


def missed_of(values):
    """Return those acts that say that a deadline was missed."""
    return {key: it for key, it in values.items() if decode_act(it).event_type == MISSED_TYPE}


def acts_in(logs):
    """Return all acts of missed deadlines that are in a ledger."""
    acts = [decode_entry(data).act for entries in logs.values() for data in entries]
    return [it for it in acts if decode_act(it).event_type == MISSED_TYPE]


@settings(max_examples=EXAMPLES)
@given(st.lists(world, max_size=30), st.lists(engines | restarts, max_size=25), rooms, st.data())
def test_a_fixed_ledger_gives_the_same_misses_in_any_pieces(written, steps, room, data):
    """Two engines, batches, faults, restarts, and logs that become visible bit by bit."""
    world_of = World()
    for kind, what in written:
        world_of.write(kind, what)
    logs = world_of.ledger.logs
    source, sender, tracking = MemorySource(logs), MemorySender(), UnsureTracking()
    source.visible = dict.fromkeys(logs, 0)
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        for log, entries in logs.items():
            seen = source.visible[log]
            source.visible[log] = data.draw(st.integers(seen, len(entries)))
        _take(step, both, source, sender, tracking, room)
    source.visible = None
    _finish(both[0], sender, tracking)

    assert missed_of(sender.values) == missed_plainly(logs)
    assert sender.values == derived_anew(logs)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.one_of(world, world, engines, restarts), max_size=50), rooms)
def test_a_living_ledger_holds_each_miss_once(steps, room):
    """Misses become entries among the others; at the end it holds what a replay derives."""
    world_of = World()
    logs = world_of.ledger.logs
    source, tracking = MemorySource(logs), UnsureTracking()
    sender = MemorySender(world_of.ledger)
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        if step[0] in ("judge", "restart"):
            _take(step, both, source, sender, tracking, room)
        else:
            world_of.write(*step)
    _finish(both[0], sender, tracking)
    _finish(both[1], sender, tracking)

    anew = derived_anew(logs)
    assert sorted(acts_in(logs)) == sorted(missed_plainly(logs).values())
    told = [it for it in anew.values() if decode_act(it).event_type != ASSESSED]
    assert sorted(told) == sorted([*acts_in(logs), *alerts_in(logs)])


@settings(max_examples=EXAMPLES)
@given(st.lists(world, max_size=30), st.integers(1, 8))
def test_what_is_kept_is_never_too_late(written, entries_max):
    """An engine that starts from it looks at every stream in time, with nothing in memory."""
    world_of = World()
    for kind, what in written:
        world_of.write(kind, what)
    logs = world_of.ledger.logs
    source, sender, tracking = MemorySource(logs), MemorySender(), MemoryTracking()
    while memory_engine(source, sender, tracking, 0).supervise_batch(entries_max).moved:
        pass

    assert missed_of(sender.values) == missed_plainly(logs)
    assert sender.sent == len(sender.values)


def _take(step, both, source, sender, tracking, room):
    if step[0] == "restart":
        both[step[1]] = memory_engine(source, sender, tracking, room)
        return
    _, which, entries_max, fault = step
    sender.fault = fault if fault in ("before", "after") else ""
    tracking.fault = fault
    try:
        both[which].supervise_batch(entries_max)
    except UnavailableError:
        assert fault
    sender.fault = tracking.fault = ""


def _finish(engine, sender, tracking):
    sender.fault = tracking.fault = ""
    while engine.supervise_batch().moved:
        pass
