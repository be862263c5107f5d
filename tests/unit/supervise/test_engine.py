"""The position of a log moves past an entry only when what follows from it is in the ledger."""

import threading

import pytest

from consumers.supervise.engine import SupervisionEngine
from consumers.supervise.judging import Judging
from ledger.errors import IncompleteError, UnavailableError
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.supervision import (
    ONCE,
    RULE,
    MemorySender,
    MemoryTracking,
    alerts_in,
    derived_anew,
    enforce,
    judged_ledger,
    memory_engine,
    memory_matters,
)


def scene(ledger):
    return MemorySource(ledger.logs), MemorySender(ledger), MemoryTracking()


def test_an_alert_becomes_an_entry_of_the_matter_and_is_not_raised_again():
    """The alert's own entry raises nothing, and a second look finds nothing new."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    source, sender, tracking = scene(ledger)
    engine = memory_engine(source, sender, tracking)

    first, second, third = (engine.supervise_batch() for _ in range(3))
    assert [one.found.rule_id for one in first.derived] == [RULE, ONCE]
    assert (second.moved, len(second.derived)) == (2, 0)
    assert (third.moved, third.reached) == (0, third.promised)
    assert alerts_in(ledger.logs) == [one.act.value for one in first.derived]


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_failed_send_moves_nothing(fault):
    """The next engine derives the same acts, and there is one entry of each."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    source, sender, tracking = scene(ledger)
    sender.fault = fault

    with pytest.raises(UnavailableError):
        memory_engine(source, sender, tracking).supervise_batch()
    assert tracking.kept == {}
    memory_engine(source, sender, tracking).supervise_batch()
    assert len(alerts_in(ledger.logs)) == 2
    assert tracking.kept["0"] >= 2


def test_an_engine_that_is_told_to_stop_moves_nothing():
    """What was not answered is derived again at the next start."""

    class StoppingSender(MemorySender):
        def send(self, acts):
            return not acts

    ledger = judged_ledger()
    enforce(ledger, "case:1")
    tracking = MemoryTracking()
    engine = memory_engine(MemorySource(ledger.logs), StoppingSender(), tracking)

    assert engine.supervise_batch() is None
    assert tracking.kept == {}
    engine.run(None, threading.Event())  # Returns by itself, without a wait.


def test_a_restart_does_not_send_again_what_is_done():
    """Ten matters with two alerts each, a restart, one more alert: 21 were ever sent."""
    ledger = judged_ledger()
    for number in range(10):
        enforce(ledger, f"case:{number}")
    source, sender, tracking = scene(ledger)
    memory_engine(source, sender, tracking).supervise_batch()
    enforce(ledger, "case:1")
    memory_engine(source, sender, tracking).supervise_batch()

    assert sender.sent == 21


def test_an_entry_waits_for_the_control_log_that_it_was_judged_by():
    """Sizes that were read too early hold it back and lose nothing."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    source, sender, tracking = scene(ledger)
    sizes = source.sizes()
    source.visible = {**sizes, "control": sizes["control"] - 1}
    engine = memory_engine(source, sender, tracking)

    held = engine.supervise_batch()
    assert not held.derived
    assert held.reached["0"] == 1
    source.visible = None
    assert len(engine.supervise_batch().derived) == 2


def test_an_entry_of_another_place_stops_the_engine():
    """A source that hands out the wrong entry is not judged by."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    wrong = {**ledger.logs, "0": ledger.logs["0"][1:]}

    with pytest.raises(IncompleteError):
        memory_engine(MemorySource(wrong), MemorySender(), MemoryTracking()).supervise_batch()


def test_streams_of_the_ledger_itself_are_not_judged():
    """Nobody could write an alert there."""
    ledger = judged_ledger()
    enforce(ledger, "log:0")

    assert derived_anew(ledger.logs) == {}


def test_a_matter_in_the_control_log_is_judged_too():
    """Its alert has the control log's trigger, and lies in a case log."""
    ledger = judged_ledger()
    enforce(ledger, "agency:1", log="control")
    source, sender, tracking = scene(ledger)
    engine = SupervisionEngine(
        source, Judging(memory_matters(source), PLATFORM.name), sender, tracking
    )

    derived, _ = engine.supervise_batch().derived
    assert derived.found.trigger.entry.leaf_index == len(ledger.logs["control"]) - 1
    assert derived.act.key == "agency:1"
    assert alerts_in({"control": ledger.logs["control"]}) == []
    assert len(alerts_in(ledger.logs)) == 2


def test_a_history_is_judged_once_it_is_told():
    """While time is simulated nothing is derived; the engine is ready, and says how much waits."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    source, sender, tracking = scene(ledger)
    waiting = source.sizes()
    stopping = threading.Event()
    looks = []

    class Waiter:
        def wait(self, timeout_s):
            if looks[-1].reached == looks[-1].promised:
                stopping.set()

    told = iter([True, True])
    engine = memory_engine(source, sender, tracking)
    engine.run(Waiter(), stopping, looks.append, is_history=lambda: next(told, False))

    assert [look.moved for look in looks[:2]] == [0, 0]
    assert [look.reached for look in looks[:2]] == [{}, {}]
    assert looks[0].promised == looks[1].promised == waiting
    assert len(looks[2].derived) == 2
    assert len(alerts_in(ledger.logs)) == 2
