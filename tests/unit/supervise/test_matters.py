"""What is derived from an entry does not depend on what was in memory when it came."""

import pytest

from consumers.append.control_follower import apply_entry
from consumers.supervise import control_history
from consumers.supervise.control_history import ControlHistory
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.errors import IncompleteError
from tests.support.ledger_copy import MemorySource, sample
from tests.support.supervision import (
    ONCE,
    RULE,
    ControlCopy,
    LogStreams,
    demand,
    enforce,
    judged_ledger,
    memory_matters,
    publish_rules,
)


def taken_in(matters, ledger, start=0):
    """Return rule and trigger of the alerts that the entries of log 0 from one on raise."""
    found = []
    for data in ledger.logs["0"][start:]:
        entry = decode_entry(data)
        if entry.stream_id != "ledger":
            alerts = matters.take_in("0", entry).alerts
            found += [(alert.rule_id, alert.trigger.act.event_id) for alert in alerts]
    return found


def test_enforcement_without_a_demand_is_an_alert_and_with_one_it_is_none():
    """The entry before the decision is what counts."""
    ledger = judged_ledger()
    wrong = enforce(ledger, "case:1")
    demand(ledger, "case:2")
    enforce(ledger, "case:2")

    found = taken_in(memory_matters(MemorySource(ledger.logs)), ledger)
    assert found == [(RULE, wrong), (ONCE, wrong)]


def test_a_matter_that_is_not_in_memory_is_read_again():
    """An engine that starts in the middle knows the demand that it never saw."""
    ledger = judged_ledger()
    demand(ledger, "case:1")
    middle = len(ledger.logs["0"])
    enforce(ledger, "case:1")

    assert taken_in(memory_matters(MemorySource(ledger.logs)), ledger, middle) == []


def test_reading_again_raises_nothing_anew():
    """The alerts of entries before are not derived: those entries are done."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    middle = len(ledger.logs["0"])
    second = enforce(ledger, "case:1")

    assert taken_in(memory_matters(MemorySource(ledger.logs)), ledger, middle) == [(RULE, second)]


def test_a_matter_ahead_of_what_was_committed_goes_back():
    """After a failed batch the same entries come again, and give the same."""
    ledger = judged_ledger()
    demand(ledger, "case:1")
    enforce(ledger, "case:1")
    wrong = enforce(ledger, "case:2")
    matters = memory_matters(MemorySource(ledger.logs))

    assert taken_in(matters, ledger) == [(RULE, wrong), (ONCE, wrong)]
    assert taken_in(matters, ledger) == [(RULE, wrong), (ONCE, wrong)]


def with_room_for_one_act(ledger):
    """Return matters that keep the first act of log 0 and no more, and its reads of streams."""
    source = MemorySource(ledger.logs)
    matters = memory_matters(source, len(decode_entry(ledger.logs["0"][1]).act))
    matters._streams = {"0": LogStreams(source, "0")}
    return matters, matters._streams["0"]


def test_memory_is_bounded_and_changes_nothing():
    """With room for one matter only, each entry of another one reads its stream."""
    ledger = judged_ledger()
    demand(ledger, "case:1")
    demand(ledger, "case:2")
    enforce(ledger, "case:1")
    enforce(ledger, "case:2")
    matters, streams = with_room_for_one_act(ledger)

    assert taken_in(matters, ledger) == []
    assert streams.reads == 2


def test_a_matter_that_alone_is_too_large_is_not_kept():
    """It is read again for each of its entries; nothing else changes."""
    ledger = judged_ledger()
    demand(ledger, "case:1")
    for _ in range(3):
        enforce(ledger, "case:1")
    matters, streams = with_room_for_one_act(ledger)

    assert taken_in(matters, ledger) == []
    assert streams.reads == 2


def test_a_matter_in_memory_is_not_read():
    """Its next entry is judged without a look into the database."""
    ledger = judged_ledger()
    for number in range(20):
        demand(ledger, f"case:{number % 3}")
    source = MemorySource(ledger.logs)
    matters = memory_matters(source)
    streams = LogStreams(source, "0")
    matters._streams = {"0": streams}
    taken_in(matters, ledger)

    assert streams.reads == 0


def test_a_stream_with_a_gap_is_not_judged():
    """What would be derived from it is not what the ledger says."""
    ledger = judged_ledger()
    demand(ledger, "case:1")
    middle = len(ledger.logs["0"])
    enforce(ledger, "case:1")
    source = MemorySource(ledger.logs)
    matters = memory_matters(source)
    matters._streams = {"0": LogStreams(MemorySource({**ledger.logs, "0": []}), "0")}

    with pytest.raises(IncompleteError, match="case:1 has 0 entries before"):
        taken_in(matters, ledger, middle)


def test_an_old_entry_is_judged_by_the_rules_of_its_time():
    """Read again under a newer rule set, what was no violation then is none now."""
    ledger = judged_ledger()
    publish_rules(ledger, "test.2", None)
    enforce(ledger, "case:1")
    publish_rules(ledger, "test.3", "LOW")
    middle = len(ledger.logs["0"])
    second = enforce(ledger, "case:1")
    source = MemorySource(ledger.logs)

    found = [(RULE, second), (ONCE, second)]
    assert taken_in(memory_matters(source), ledger) == found
    assert taken_in(memory_matters(source), ledger, middle) == found


def test_an_alert_names_the_rule_set_and_severity_of_its_trigger():
    """Those in force at the trigger's `controlSize`, not the newest."""
    ledger = judged_ledger()
    enforce(ledger, "case:1")
    publish_rules(ledger, "test.2", "CRITICAL")
    enforce(ledger, "case:2")
    matters = memory_matters(MemorySource(ledger.logs))
    entries = [decode_entry(data) for data in ledger.logs["0"][1:]]
    alerts = [alert for entry in entries for alert in matters.take_in("0", entry).alerts]

    assert [(it.rule_set_version, it.severity) for it in alerts if it.rule_id == RULE] == [
        ("test.1", "HIGH"),
        ("test.2", "CRITICAL"),
    ]


@pytest.mark.parametrize("states_max", [1, 2, 100])
def test_the_control_log_is_known_at_any_size(states_max):
    """Asked for in any order, and with few states kept, a state is that of exactly its size."""
    ledger = judged_ledger()
    for number in range(5):
        publish_rules(ledger, f"test.{number + 2}")
    last = len(ledger.logs["control"])
    history = ControlHistory(ControlCopy(MemorySource(ledger.logs)), states_max)
    sizes = [last, 1, last - 1, last - 3, last, last - 2, 0, last - 3]

    states = [history.at(size) for size in sizes]
    assert [state.size for state in states] == sizes
    assert [len(state.rule_sets) for state in states] == [6, 0, 5, 3, 6, 4, 0, 3]
    assert history.newest() is history.at(last)
    with pytest.raises(IncompleteError):
        history.at(last + 1)


def test_an_old_size_costs_a_page_whatever_was_asked_for_since(monkeypatch):
    """Method: count the entries applied for it, after more sizes than are kept."""
    applied = []
    monkeypatch.setattr(control_history, "PAGE_ENTRIES", 4)
    monkeypatch.setattr(
        control_history,
        "apply_entry",
        lambda state, index, data: (applied.append(index), apply_entry(state, index, data)),
    )
    ledger = judged_ledger()
    for number in range(20):
        publish_rules(ledger, f"test.{number + 2}")
    history = ControlHistory(ControlCopy(MemorySource(ledger.logs)), 2)
    for size in range(1, len(ledger.logs["control"]) + 1):
        history.at(size)
    applied.clear()

    for old in (7, 15):
        assert history.at(old).size == old
    assert applied == [4, 5, 6, 12, 13, 14]


def test_an_annulled_act_is_judged_as_before():
    """What was raised stays; the act itself counts no longer."""
    ledger = judged_ledger()
    wrong = demand(ledger, "case:1")
    payload = sample("EventAnnulled", targetEventId=wrong)
    ledger.add("EventAnnulled", payload, stream="case:1", log="0")
    middle = len(ledger.logs["0"])
    second = enforce(ledger, "case:1")
    source = MemorySource(ledger.logs)

    found = [(RULE, second), (ONCE, second)]
    assert taken_in(memory_matters(source), ledger) == found
    assert taken_in(memory_matters(source), ledger, middle) == found
    assert decode_act(decode_entry(ledger.logs["0"][-1]).act).event_id == second
