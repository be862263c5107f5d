"""The same ledger says of the same decisions that they must be public, whoever judges, in any pieces.

What must come is said by the plainest reading of docs/spec/derived.md: after each entry of a stream
all its acts so far are folded from nothing, as a gate would. Orders to draft come in between.
"""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.platform.acts import ActWriter, Order
from consumers.platform.disclosure import Target, assessment
from consumers.platform.matter import Matter
from consumers.supervise.control_history import ControlHistory
from consumers.supervise.derived import duty_act
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import alert_id
from ledger.chain.own_acts import is_own_stream
from ledger.chain.partition import partition_for
from ledger.domain.stream import StreamAct, counted_acts
from ledger.errors import UnavailableError
from ledger.rules.disclosure_duties import ASSESSED, Duty, assessed_payload
from ledger.store.log_tables import origin_of
from schemas.loader import rule_set_text
from tests.support.control import published_text
from tests.support.ledger_copy import (
    AGENCY,
    FINGERPRINTS,
    LEDGER,
    OTHER_AGENCY,
    PLATFORM,
    LedgerCopy,
    MemorySource,
    codec_of,
    digest,
    sample,
)
from tests.support.supervision import (
    TYPES,
    ControlCopy,
    MemorySender,
    MemoryTracking,
    derived_anew,
    memory_engine,
    memory_matters,
)

LOGS = 2
EXAMPLES = 6  # Each publishes rule sets of 59 deadlines.
STREAMS = ("case:0", "case:1")
DECIDED = "PenaltyDecisionMade"
SUMMARY = "OnSitePenaltyDecided"
SCHEMAS = (*TYPES, DECIDED, SUMMARY, ASSESSED, "EventCorrected", "DeadlineMissed")
KINDS = (["FINE"], ["WARNING"], ["REVOKE_LICENCE", "FINE"])
CHANNELS = (["PORTAL"], ["PORTAL", "CREDIT"], None)

decisions = st.tuples(st.sampled_from([DECIDED, DECIDED, SUMMARY, "stranger"]), st.integers(0, 2))
changes = st.tuples(st.sampled_from(["annul", "correct"]), st.integers(0, 8))
orders = st.tuples(st.just("order"), st.integers(0, 3))
rules = st.tuples(st.just("rules"), st.integers(0, 2))
writes = st.tuples(st.one_of(decisions, decisions, changes, rules), st.sampled_from(STREAMS))
world = st.one_of(writes, writes, st.tuples(orders, st.sampled_from(STREAMS)))
engines = st.tuples(
    st.just(("judge", 0)),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, 5),  # Entries of each log in one batch.
    st.sampled_from(["", "", "before", "after"]),
)
restarts = st.tuples(st.just(("restart", 0)), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)


def decision(event_type, which):
    """Return a decision's payload."""
    penalties = [
        {"kind": kind, "amountFen": None, "objectCommitment": None, "durationDays": None}
        for kind in KINDS[which]
    ]
    doc = {"fileHash": digest("decision"), "docDate": 20_750}
    draft = {"draftHash": digest("draft")} if event_type == DECIDED else {}
    party = {"partyType": "LEGAL"}
    return sample(event_type, doc=doc, penalties=penalties, party=party, **draft)


class World:
    """Writes acts into a ledger whose rule set says what follows, and takes orders."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(LOGS, schemas=SCHEMAS)
        self.sender = MemorySender(self.ledger)
        self._written: dict[str, list[tuple[str, bytes]]] = {stream: [] for stream in STREAMS}
        self._versions = 0
        self.write(("rules", 0), "")

    def write(self, what, stream) -> None:
        """Write one act, publish a rule set, or give an order."""
        kind, which = what
        if kind == "rules":
            self._publish(CHANNELS[which])
            return
        log = str(partition_for(stream.encode(), LOGS))
        written = self._written[stream]
        if kind in (DECIDED, SUMMARY, "stranger"):
            event_type = DECIDED if kind == "stranger" else kind
            agency = {"agency_id": OTHER_AGENCY} if kind == "stranger" else {}
            payload = decision(event_type, which)
            event_id = self.ledger.add(event_type, payload, stream=stream, log=log, **agency)
            written.append((event_type, event_id))
        elif written:
            target = written[-1 - which % len(written)]
            if kind == "order":
                self._order(target[1], stream, log)
            else:
                self._amend(kind, target, which, stream, log)

    def _amend(self, kind, target, which, stream, log) -> None:
        event_type, event_id = target
        if kind == "annul":
            payload = sample("EventAnnulled", targetEventId=event_id)
            made = self.ledger.add("EventAnnulled", payload, stream=stream, log=log)
        else:
            payload = sample(
                "EventCorrected",
                targetEventId=event_id,
                payloadSchema=FINGERPRINTS[event_type, 1],
                payload=codec_of(event_type).encode(decision(event_type, which % 3)),
            )
            made = self.ledger.add("EventCorrected", payload, stream=stream, log=log)
        if kind == "correct":
            self._written[stream].append((event_type, made))  # May be annulled in its turn.

    def _order(self, event_id, stream, log) -> None:
        """Have a draft ordered: nobody but the ledger knows how far the engine has come."""
        state = ControlHistory(ControlCopy(MemorySource(self.ledger.logs))).newest()
        matter = Matter(log, stream, self.ledger.stream(log, stream), state)
        item = next((it for it in matter.counted if it.act.event_id == event_id), None)
        if item is None or item.event_type not in (DECIDED, SUMMARY):
            return
        order = Order(stream, AGENCY, "officer:1", self.ledger.now, reference=event_id.hex())
        writer = ActWriter(matter, bytes)
        acts, _ = assessment(matter, writer, order, Target("disclosure:1", event_id), item)
        for act in acts:
            made = decode_act(act.value)
            if made.causation_id is not None:
                self.sender.send([act])
            elif made.event_id not in {it.act.event_id for it in matter.acts}:
                self.ledger.append(act.value, log)  # The order's own.

    def _publish(self, channels) -> None:
        self._versions += 1
        version = f"test.{self._versions}"
        text = json.loads(rule_set_text()) | {"version": version, "violations": {}}
        if channels is None:
            text["lists"]["derived_acts"] = []
        else:
            text["lists"]["assessed_channels"] = channels
        payload = published_text(version, json.dumps(text))
        self.ledger.add("RuleSetPublished", payload, stream="platform:rules")


def expected(logs) -> dict[bytes, bytes]:
    """Return the acts that follow, by event id."""
    control = ControlHistory(ControlCopy(MemorySource(logs)))
    found: dict[bytes, bytes] = {}
    for log in map(str, range(LOGS)):
        streams: dict[str, tuple[list[StreamAct], dict[object, object]]] = {}
        for data in logs[log]:
            entry = decode_entry(data)
            if is_own_stream(entry.stream_id):
                continue
            state, act = control.at(entry.control_size), decode_act(entry.act)
            payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
            acts, said = streams.setdefault(entry.stream_id, ([], {}))
            acts.append(StreamAct(entry, act, payload))
            for duty in _duties(acts, said, state, origin_of(LEDGER, log)):
                made = duty_act(duty, PLATFORM.name).value
                found[decode_act(made).event_id] = made
    return found


def _duties(acts, said, state, origin):
    """Yield what is told at the newest act: of it, or of the decision that it changes."""
    item = acts[-1]
    rules = state.rule_set_at(item.entry.received_at)
    counted = {it.act.event_id: it for it in counted_acts(acts, state, origin)}
    before = {it.act.event_id: it for it in counted_acts(acts[:-1], state, origin)}
    if item.event_type == ASSESSED:
        place = item.payload["sourceEventId"], item.payload["channel"]
        said.setdefault(place, _told(item.payload))
    for event_id, one in counted.items():
        if one == before.get(event_id) or ASSESSED not in rules.lists["derived_acts"]:
            continue
        for channel in rules.lists["assessed_channels"]:
            payload = assessed_payload(one, channel, rules, state.calendar)
            if payload is None or said.get((event_id, channel)) == _told(payload):
                continue
            said[event_id, channel] = _told(payload)
            place = f"{origin}#{item.entry.leaf_index}"
            yield Duty(alert_id(ASSESSED, f"{event_id.hex()}:{channel}", place), payload, item)


def _told(payload):
    return payload["result"], payload["creditClass"], payload["dueDate"]


def duties_in(logs) -> dict[bytes, bytes]:
    """Return the acts of duties that name a cause and are in a ledger."""
    acts = [decode_entry(data).act for entries in logs.values() for data in entries]
    return _of_duties({decode_act(act).event_id: act for act in acts})


@settings(max_examples=EXAMPLES)
@given(st.lists(writes, max_size=20), st.lists(engines | restarts, max_size=10), rooms, st.data())
def test_a_fixed_ledger_gives_the_same_duties_in_any_pieces(written, steps, room, data):
    """Two engines, batches, faults, restarts, and logs that become visible bit by bit."""
    world_of = World()
    for what, where in written:
        world_of.write(what, where)
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
    assert _of_duties(sender.values) == expected(logs)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.one_of(world, world, engines, restarts), max_size=25), rooms)
def test_engine_and_orders_say_of_each_decision_the_very_same(steps, room):
    """Whoever comes first; what the other sends is there already, byte by byte."""
    world_of = World()
    logs, sender = world_of.ledger.logs, world_of.sender
    source, tracking = MemorySource(logs), MemoryTracking()
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        if step[0][0] in ("judge", "restart"):
            _take(step, both, source, sender, tracking, room)
        else:
            sender.fault = ""
            world_of.write(*step)
    _finish(both[0], sender)
    _finish(both[1], sender)

    found = duties_in(logs)
    assert found == _of_duties(sender.values) == expected(logs)
    compared = dry_run(source, Judging(memory_matters(source), PLATFORM.name), (), source.sizes())
    assert (compared.is_sound, compared.is_complete) == (True, True)
    assert compared.duties.derived == len(found)


def test_a_corrected_decision_is_judged_again_where_that_changes_what_is_due():
    """A fine becomes a warning, and the warning's words change: two judgements in all."""
    world_of = World()
    for step in ((DECIDED, 0), ("correct", 1), ("correct", 1)):
        world_of.write(step, STREAMS[0])
    sent = [decode_act(it) for it in _of_duties(derived_anew(world_of.ledger.logs)).values()]

    results = [codec_of(ASSESSED).decode(it.payload)["result"] for it in sent]
    assert results == ["MUST", "MUST_NOT"]
    assert len({it.aggregate_id for it in sent}) == 1


def _of_duties(values):
    """Return the acts that say so by themselves: deadlines pass in these matters too."""
    acts = {event_id: decode_act(act) for event_id, act in values.items()}
    return {
        event_id: values[event_id]
        for event_id, act in acts.items()
        if act.event_type == ASSESSED and act.causation_id is not None
    }


def _take(step, both, source, sender, tracking, room):
    if step[0][0] == "restart":
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
