"""The same ledger gives the same alerts, whoever judges it, in whatever pieces, however often."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.act import decode_act
from ledger.chain.partition import partition_for
from ledger.errors import UnavailableError
from tests.support.ledger_copy import LedgerCopy, MemorySource, sample
from tests.support.supervision import (
    MemorySender,
    MemoryTracking,
    alerts_in,
    demand,
    derived_anew,
    enforce,
    judged_ledger,
    memory_engine,
    publish_rules,
)

LOGS = 2
STREAMS = tuple(f"case:{number}" for number in range(5))
WORDS = ("HIGH", "CRITICAL", None)

acts = st.tuples(st.sampled_from(["demand", "enforce", "annul"]), st.sampled_from(STREAMS))
rules = st.tuples(st.just("rules"), st.sampled_from(WORDS))
world = st.one_of(acts, acts, acts, rules)
engines = st.tuples(
    st.just("judge"),
    st.integers(0, 1),  # Which of two engines.
    st.integers(1, 4),  # Entries of each log in one batch.
    st.sampled_from(["", "", "before", "after"]),
)
restarts = st.tuples(st.just("restart"), st.integers(0, 1))
rooms = st.integers(0, 8 * 200)  # Bytes that an engine keeps in memory; an act has some 200.


class World:
    """Writes acts into a ledger."""

    def __init__(self) -> None:
        self.ledger: LedgerCopy = judged_ledger(LOGS)
        self._newest: dict[str, bytes] = {}
        self._versions = 1

    def write(self, kind: str, what: str | None) -> None:
        """Write one act, or publish a rule set."""
        if kind == "rules":
            self._versions += 1
            publish_rules(self.ledger, f"test.{self._versions}", what)
            return
        assert what is not None
        log = str(partition_for(what.encode(), LOGS))
        if kind == "annul":
            payload = sample("EventAnnulled", targetEventId=self._newest.get(what, bytes(16)))
            self.ledger.add("EventAnnulled", payload, stream=what, log=log)
        else:
            write = demand if kind == "demand" else enforce
            self._newest[what] = write(self.ledger, what, log)


@given(st.lists(world, max_size=30), st.lists(engines | restarts, max_size=30), rooms, st.data())
def test_a_fixed_ledger_gives_the_same_alerts_in_any_pieces(written, steps, room, data):
    """Two engines, batches, faults, restarts, and logs that become visible bit by bit."""
    world_of = World()
    for kind, what in written:
        world_of.write(kind, what)
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


@given(st.lists(st.one_of(world, world, engines, restarts), max_size=50), rooms)
def test_a_living_ledger_holds_each_alert_once(steps, room):
    """Alerts become entries among the others; at the end it holds what a replay derives."""
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

    found = alerts_in(logs)
    assert sorted(found) == sorted(derived_anew(logs).values())
    assert len({decode_act(act).event_id for act in found}) == len(found)


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
