"""The same ledger says of the same reviews that they lapsed, whoever judges it, in any pieces.

What must come is said by the plainest reading of docs/spec/derived.md: after each entry of a stream
all its acts so far are folded from nothing, as a gate would.
"""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.supervise.control_history import ControlHistory
from consumers.supervise.derived import lapse_act
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import alert_id
from ledger.chain.own_acts import is_own_stream
from ledger.chain.partition import partition_for
from ledger.domain.projection import CONTROL_LOG
from ledger.domain.review import INVALIDATED, fold_reviews
from ledger.domain.stream import StreamAct, counted_acts
from ledger.errors import UnavailableError
from ledger.rules.review_lapses import Lapse
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
    TYPES,
    ControlCopy,
    MemorySender,
    MemoryTracking,
    derived_anew,
    memory_engine,
    memory_matters,
    publish_rules,
)

LOGS = 2
EXAMPLES = 6  # Each publishes rule sets of 59 deadlines.
STREAMS = ("case:0", "case:1", "case:2")
CONCLUDED = "LegalReviewConcluded"
CAUSES = ("HearingHeld", "EvidenceRegistered", "InvestigationConcluded", "PenaltyPreNoticeServed")
SCHEMAS = (*TYPES, CONCLUDED, *CAUSES, INVALIDATED, "EventCorrected", "DeadlineMissed")
PENALTIES = [[], sample("InvestigationConcluded")["proposedPenalty"]]

opinions = st.tuples(st.sampled_from(["AGREE", "AGREE", "PROBLEMS_FOUND"]), st.sampled_from("12"))
writes = st.tuples(
    st.one_of(opinions, st.tuples(st.sampled_from(CAUSES), st.sampled_from([0, 1]))),
    st.sampled_from(STREAMS),
)
changes = st.tuples(
    st.tuples(st.sampled_from(["annul", "correct", "stranger"]), st.integers(0, 5)),
    st.sampled_from(STREAMS),
)
rules = st.tuples(st.just(("rules", 0)), st.booleans())
world = st.one_of(writes, writes, writes, writes, changes, changes, rules)
engines = st.tuples(
    st.just(("judge", 0)),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, 5),  # Entries of each log in one batch.
    st.sampled_from(["", "", "before", "after"]),
)
restarts = st.tuples(st.just(("restart", 0)), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)


class World:
    """Writes acts into a ledger whose rule set says what follows."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(LOGS, schemas=SCHEMAS)
        self._written: dict[str, list[bytes]] = {stream: [] for stream in STREAMS}
        self._versions = 0
        self.write(("rules", 0), True)

    def write(self, what, where) -> None:
        """Write one act, or publish a rule set."""
        kind, which = what
        if kind == "rules":
            self._publish(is_told=where)
            return
        log = str(partition_for(where.encode(), LOGS))
        written = self._written[where]
        if kind in ("annul", "correct"):
            if written:
                self._amend(kind, written[-1 - which % len(written)], where, log)
            return
        written.append(self._add(kind, which, where, log))

    def _add(self, kind, which, stream, log) -> bytes:
        if kind in CAUSES:
            proposal = {"proposedPenalty": PENALTIES[which]} if kind in CAUSES[2:] else {}
            return self.ledger.add(kind, sample(kind, **proposal), stream=stream, log=log)
        agency = {"agency_id": OTHER_AGENCY} if kind == "stranger" else {}
        word = "AGREE" if kind == "stranger" else kind
        return self.ledger.add(
            CONCLUDED,
            sample(CONCLUDED, conclusion=word),
            stream=stream,
            log=log,
            aggregate=f"review:{which}",
            aggregate_type="LegalReview",
            **agency,
        )

    def _amend(self, kind, target, stream, log) -> None:
        if kind == "annul":
            payload = sample("EventAnnulled", targetEventId=target)
            self.ledger.add("EventAnnulled", payload, stream=stream, log=log)
            return
        agreed = codec_of(CONCLUDED).encode(sample(CONCLUDED, conclusion="AGREE"))
        payload = sample(
            "EventCorrected",
            targetEventId=target,
            payloadSchema=FINGERPRINTS[CONCLUDED, 1],
            payload=agreed,
        )
        self.ledger.add("EventCorrected", payload, stream=stream, log=log)

    def _publish(self, *, is_told: bool) -> None:
        self._versions += 1
        version = f"test.{self._versions}"
        if is_told:
            publish_rules(self.ledger, version)
            return
        text = json.loads(rule_set_text()) | {"version": version, "violations": {}}
        del text["lists"]["derived_acts"]
        payload = published_text(version, json.dumps(text))
        self.ledger.add("RuleSetPublished", payload, stream="platform:rules")


def expected(logs) -> dict[bytes, bytes]:
    """Return the acts that follow, by event id."""
    control = ControlHistory(ControlCopy(MemorySource(logs)))
    found: dict[bytes, bytes] = {}
    for log, entries in logs.items():
        streams: dict[str, tuple[list[StreamAct], set[object]]] = {}
        for data in entries:
            entry = decode_entry(data)
            if log == CONTROL_LOG or is_own_stream(entry.stream_id):
                continue
            state, act = control.at(entry.control_size), decode_act(entry.act)
            payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
            acts, told = streams.setdefault(entry.stream_id, ([], set()))
            acts.append(StreamAct(entry, act, payload))
            for lapse in _lapses(acts, told, state, origin_of(LEDGER, log)):
                made = lapse_act(lapse, PLATFORM.name).value
                found[decode_act(made).event_id] = made
    return found


def _lapses(acts, told, state, origin):
    item = acts[-1]
    lists = state.rule_set_at(item.entry.received_at).lists
    for review in fold_reviews(counted_acts(acts, state, origin)).values():
        opinion = f"{review.review_id}:{(review.concluded_by or b'').hex()}"
        if review.has_passed and review.stale and opinion not in told:
            told.add(opinion)
            cause, event_id = next(iter(review.stale.items()))
            lapse_id = alert_id(INVALIDATED, opinion, f"{origin}#{item.entry.leaf_index}")
            if INVALIDATED in lists.get("derived_acts", ()):
                yield Lapse(lapse_id, review.review_id, cause, event_id, item)


def lapses_in(logs) -> dict[bytes, bytes]:
    """Return the acts of lapsed reviews that are in a ledger."""
    acts = [decode_entry(data).act for entries in logs.values() for data in entries]
    return {
        decode_act(act).event_id: act for act in acts if decode_act(act).event_type == INVALIDATED
    }


@settings(max_examples=EXAMPLES)
@given(st.lists(world, max_size=20), st.lists(engines | restarts, max_size=10), rooms, st.data())
def test_a_fixed_ledger_gives_the_same_lapses_in_any_pieces(written, steps, room, data):
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
    assert _of_reviews(sender.values) == expected(logs)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.one_of(world, world, engines, restarts), max_size=25), rooms)
def test_a_living_ledger_says_of_each_opinion_once_that_it_lapsed(steps, room):
    """What is said becomes entries among the others, late or early, and nothing follows from it."""
    world_of = World()
    logs = world_of.ledger.logs
    source, tracking = MemorySource(logs), MemoryTracking()
    sender = MemorySender(world_of.ledger)
    both = [memory_engine(source, sender, tracking, room) for _ in range(2)]
    for step in steps:
        if step[0][0] in ("judge", "restart"):
            _take(step, both, source, sender, tracking, room)
        else:
            world_of.write(*step)
    _finish(both[0], sender)
    _finish(both[1], sender)

    found = lapses_in(logs)
    assert found == _of_reviews(sender.values) == expected(logs)
    compared = dry_run(source, Judging(memory_matters(source), PLATFORM.name), (), source.sizes())
    assert (compared.is_sound, compared.is_complete) == (True, True)
    assert compared.reviews.derived == len(found)


def _of_reviews(values):
    """Return the acts that say that a review lapsed: deadlines pass in these matters too."""
    return {
        event_id: act
        for event_id, act in values.items()
        if decode_act(act).event_type == INVALIDATED
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
