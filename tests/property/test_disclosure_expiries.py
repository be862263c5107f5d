"""The same ledger ends the same disclosures, each once, whoever judges it, in any pieces.

What must come is said twice: by every stream being told of every entry, with nothing kept from
before, and, where one rule set holds throughout, by the plainest reading of docs/spec/derived.md.
"""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.supervise.control_history import ControlHistory
from consumers.supervise.derived import expiry_act, missed_act
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from consumers.supervise.matter_deadlines import MatterDeadlines
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.own_acts import is_own_stream
from ledger.chain.partition import partition_for
from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.domain.disclosure import EXPIRED, fold_disclosures
from ledger.domain.projection import CONTROL_LOG
from ledger.domain.stream import StreamAct, counted_acts
from ledger.errors import UnavailableError
from ledger.rules.calendar import end_of_day
from ledger.rules.deadline_instance import ending_event_id
from ledger.rules.deadline_missed import MISSED_TYPE
from ledger.store.log_tables import origin_of
from schemas.loader import rule_set_text
from tests.support.control import published_text
from tests.support.ledger_copy import (
    FINGERPRINTS,
    LEDGER,
    OTHER_AGENCY,
    PLATFORM,
    LedgerCopy,
    MemorySource,
    codec_of,
    sample,
)
from tests.support.supervision import (
    ONCE,
    RULE,
    TYPES,
    ControlCopy,
    MemorySender,
    MemoryTracking,
    demand,
    derived_anew,
    memory_engine,
    memory_matters,
    publish_rules,
)

LOGS = 2
EXAMPLES = 8  # Each publishes rule sets of 59 deadlines.
STREAMS = ("case:0", "case:1", "case:2")
PUBLISHED, UPDATED = "DisclosurePublished", "DisclosureUpdated"
WITHDRAWN, REPAIRED = "DisclosureWithdrawn", "DisclosureRepairEnded"
SCHEMAS = (
    *(*TYPES, MISSED_TYPE, "EventCorrected"),
    *(PUBLISHED, UPDATED, WITHDRAWN, REPAIRED, EXPIRED),
)

writes = st.tuples(
    st.sampled_from([PUBLISHED, PUBLISHED, UPDATED, WITHDRAWN, REPAIRED, EXPIRED, "stranger"]),
    st.sampled_from(STREAMS),
    st.integers(-2, 5),  # The last day, from today on; before zero: it happened the day before.
)
changes = st.tuples(
    st.sampled_from(["annul", "correct", "revive"]), st.sampled_from(STREAMS), st.integers(-2, 5)
)
days = st.tuples(st.just("days"), st.just(""), st.integers(1, 4))
rules = st.tuples(st.just("rules"), st.just(""), st.integers(0, 1))
calm = st.one_of(writes, writes, changes, days)
world = st.one_of(writes, writes, changes, days, days, rules)
engines = st.tuples(
    st.just("judge"),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, 6),  # Entries of each log in one batch.
    st.sampled_from(["", "", "before", "after"]),
)
restarts = st.tuples(st.just("restart"), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)


class World:
    """Writes acts of disclosures into a ledger, and lets time pass there."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(LOGS, schemas=SCHEMAS)
        self._count = 0
        self._shown = {stream: "disclosure:none" for stream in STREAMS}
        self._written: dict[str, list[tuple[bytes, str]]] = {stream: [] for stream in STREAMS}
        self.write("rules", "", 1)

    def write(self, kind, stream, number) -> None:
        """Write one act, publish a rule set, or let days pass up to a heartbeat of every log."""
        self._count += 1
        log = str(partition_for(stream.encode(), LOGS))
        if kind == "days":
            self.ledger.now += number * DAY_MICROS
            for name in map(str, range(LOGS)):
                demand(self.ledger, "case:quiet", name)
        elif kind == "rules":
            self._publish(is_told=bool(number))
        elif kind in ("annul", "revive", "correct"):
            self._change(kind, stream, log, number)
        else:
            self._act(kind, stream, log, number)

    def _act(self, kind, stream, log, number) -> None:
        stranger = {"agency_id": OTHER_AGENCY} if kind == "stranger" else {}
        kind = PUBLISHED if kind == "stranger" else kind
        if kind == PUBLISHED:
            self._shown[stream] = f"disclosure:{self._count}"
        at = self.ledger.now - (DAY_MICROS if number < 0 else 0)
        made = self.ledger.add(
            kind,
            self._payload(kind, number),
            stream=stream,
            log=log,
            aggregate=self._shown[stream],
            aggregate_type="Disclosure",
            occurred_at=at,
            **stranger,
        )
        self._written[stream].append((made, kind))

    def _payload(self, kind, number):
        last = {"until": day_of(self.ledger.now) + number} if kind in (PUBLISHED, UPDATED) else {}
        return sample(kind, **last)

    def _change(self, kind, stream, log, number) -> None:
        """Annul what the engine derived, or an act that was written; or correct such an act."""
        written = self._written[stream]
        if kind == "revive":
            ended = [
                event_id
                for event_id in expiries_in(self.ledger.logs)
                if event_id in {it.act.event_id for it in stream_acts(self.ledger, log, stream)}
            ]
            target, of = (ended[-1], EXPIRED) if ended else (bytes(16), EXPIRED)
        elif written:
            target, of = written[-1 - number % len(written)]
        else:
            return
        if kind == "correct":
            payload = sample(
                "EventCorrected",
                targetEventId=target,
                payloadSchema=FINGERPRINTS[of, 1],
                payload=codec_of(of).encode(self._payload(of, number)),
            )
            self.ledger.add("EventCorrected", payload, stream=stream, log=log)
        else:
            payload = sample("EventAnnulled", targetEventId=target)
            self.ledger.add("EventAnnulled", payload, stream=stream, log=log)

    def _publish(self, *, is_told: bool) -> None:
        version = f"test.{self._count}"
        if is_told:
            publish_rules(self.ledger, version)
            return
        text = json.loads(rule_set_text()) | {"version": version, "violations": {}}
        del text["lists"]["derived_acts"]
        payload = published_text(version, json.dumps(text))
        self.ledger.add("RuleSetPublished", payload, stream="platform:rules")


def items(entries, control):
    """Yield a log's acts of matters with the control state that they are judged by."""
    for data in entries:
        entry = decode_entry(data)
        act, state = decode_act(entry.act), control.at(entry.control_size)
        payload = None
        if not is_own_stream(entry.stream_id) and (act.event_type, 1) in state.schemas:
            payload = codec_of(act.event_type).decode(act.payload)
        yield StreamAct(entry, act, payload), state


def stream_acts(ledger, log, stream):
    """Return the acts of a stream."""
    control = ControlHistory(ControlCopy(MemorySource(ledger.logs)))
    return [it for it, _ in items(ledger.logs[log], control) if it.entry.stream_id == stream]


def told_plainly(logs) -> dict[bytes, bytes]:
    """Return ends and misses by event id: all streams are told of all entries."""
    control = ControlHistory(ControlCopy(MemorySource(logs)))
    found: dict[bytes, bytes] = {}
    for log, entries in logs.items():
        streams: dict[str, MatterDeadlines] = {}
        for item, state in items(entries, control):
            known, told = streams.get(item.entry.stream_id), []
            for stream in streams.values():
                if stream is not known:
                    told += stream.pass_time(item.entry.received_at, state)
            if item.payload is not None:
                known = streams.setdefault(
                    item.entry.stream_id, MatterDeadlines(origin_of(LEDGER, log))
                )
                told += known.take_in(item, state)
            for one in told:
                made = expiry_act if one.is_ended else missed_act
                value = made(one, PLATFORM.name).value
                assert decode_act(value).event_id not in found
                found[decode_act(value).event_id] = value
    return found


def ended_plainly(logs) -> dict[bytes, tuple[str, int]]:
    """Return aggregate and instant of each end, by event id, from the words of the specification.

    The rule set names the type all the time.
    """
    control = ControlHistory(ControlCopy(MemorySource(logs)))
    found: dict[bytes, tuple[str, int]] = {}
    for log, entries in logs.items():
        streams: dict[str, list[StreamAct]] = {}
        for item, state in items(entries, control):
            now, origin = item.entry.received_at, origin_of(LEDGER, log)
            for acts in streams.values():
                _end_due(acts, now, state, origin, found)
            if log != CONTROL_LOG and item.payload is not None:
                acts = streams.setdefault(item.entry.stream_id, [])
                acts.append(item)
                _end_due(acts, now, state, origin, found)
    return found


def _end_due(acts, now, state, origin, found) -> None:
    counted = counted_acts(acts, state, origin)
    for at, item in enumerate(counted):
        act = item.act
        if item.event_type != PUBLISHED:
            continue
        event_id = ending_event_id(EXPIRED, act.stream_key, act.event_id)
        due = end_of_day(item.payload["until"])
        is_over = False
        for later in (it for it in counted[at:] if it.act.aggregate_id == act.aggregate_id):
            in_time = later.act.occurred_at <= due
            if later.event_type == UPDATED and in_time and not is_over:
                due = max(due, end_of_day(later.payload["until"]))
            is_since = day_of(later.act.occurred_at) >= day_of(act.occurred_at)
            is_end = later.event_type in (WITHDRAWN, REPAIRED) and in_time
            is_over = is_over or is_end or (later.event_type == EXPIRED and is_since)
        if not is_over and due < now and item.entry.received_at < now and event_id not in found:
            found[event_id] = (act.aggregate_id, due)


def expiries_in(logs) -> dict[bytes, bytes]:
    """Return what the engine said of the ends of disclosures, and is in a ledger."""
    acts = [decode_entry(data).act for entries in logs.values() for data in entries]
    derived = [it for it in acts if decode_act(it).emitter_id == PLATFORM.name]
    return {decode_act(it).event_id: it for it in derived if decode_act(it).event_type == EXPIRED}


@settings(max_examples=EXAMPLES)
@given(st.lists(world, max_size=25), st.lists(engines | restarts, max_size=10), rooms, st.data())
def test_a_fixed_ledger_ends_the_same_disclosures_in_any_pieces(written, steps, room, data):
    """Two engines, batches, faults, restarts, and logs that become visible bit by bit."""
    world_of = World()
    for step in written:
        world_of.write(*step)
    logs = world_of.ledger.logs
    source, sender, tracking = MemorySource(logs), MemorySender(), MemoryTracking()
    source.visible = dict.fromkeys(logs, 0)
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        for log, entries in logs.items():
            seen = source.visible[log]
            source.visible[log] = data.draw(st.integers(seen, len(entries)))
        _take(step, both, source, sender, tracking, room)
    source.visible = None
    _finish(both[0], sender)

    assert sender.values == derived_anew(logs)
    assert _of_deadlines(sender.values) == told_plainly(logs)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.one_of(calm, calm, engines, restarts), max_size=35), rooms)
def test_a_living_ledger_ends_each_disclosure_once_on_its_last_day(steps, room):
    """What is said becomes entries among the others, late or early, and is not said again."""
    world_of = World()
    logs = world_of.ledger.logs
    source, tracking = MemorySource(logs), MemoryTracking()
    sender = MemorySender(world_of.ledger)
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        if step[0] in ("judge", "restart"):
            _take(step, both, source, sender, tracking, room)
        else:
            world_of.write(*step)
    _finish(both[0], sender)
    _finish(both[1], sender)

    found = expiries_in(logs)
    said = {
        it.event_id: (it.aggregate_id, it.occurred_at) for it in map(decode_act, found.values())
    }
    assert said == ended_plainly(logs)
    assert _of_deadlines(sender.values) == told_plainly(logs) == _of_deadlines(derived_anew(logs))
    compared = dry_run(
        source, Judging(memory_matters(source), PLATFORM.name), (RULE, ONCE), source.sizes()
    )
    assert (compared.is_sound, compared.is_complete) == (True, True)
    assert compared.disclosures.derived == len(found)
    _nothing_ended_is_shown(world_of, found)


def _nothing_ended_is_shown(world_of, found) -> None:
    """An end that counts leaves its disclosure public nowhere, and is no missed deadline."""
    ledger = world_of.ledger
    control = ControlHistory(ControlCopy(MemorySource(ledger.logs)))
    for log in map(str, range(LOGS)):
        for stream in STREAMS:
            acts = stream_acts(ledger, log, stream)
            state = control.at(len(ledger.logs[CONTROL_LOG]))
            counted = counted_acts(acts, state, origin_of(LEDGER, log))
            disclosures = fold_disclosures(counted)
            ends = [it.act for it in counted if it.act.event_id in found]
            # An update after the end comes through no gate: these acts were put in without one.
            updated = {it.act.aggregate_id for it in counted if it.event_type == UPDATED}
            for end in ends:
                if end.aggregate_id not in updated:
                    assert disclosures.of(end.aggregate_id).state != "PUBLISHED"
            missed = Counter(it.act.causation_id for it in acts if it.event_type == MISSED_TYPE)
            assert not any(missed[end.causation_id] for end in ends)


def _of_deadlines(values):
    """Return the acts that follow from deadlines: rules are asked of these matters too."""
    types = (EXPIRED, MISSED_TYPE)
    return {key: act for key, act in values.items() if decode_act(act).event_type in types}


def _take(step, both, source, sender, tracking, room):
    if step[0] == "restart":
        both[step[1]] = memory_engine(source, sender, tracking, room)
        return
    _, which, entries_max, fault = step
    sender.fault = fault
    try:
        both[which].supervise_batch(entries_max)
    except UnavailableError:
        assert fault
    sender.fault = ""


def _finish(engine, sender):
    sender.fault = ""
    while engine.supervise_batch().moved:
        pass
