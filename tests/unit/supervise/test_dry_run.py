"""Judging a ledger again from nothing says which of its alerts are missing, wrong or too many."""

import pytest

from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import decode_act, encode_act
from ledger.chain.partition import partition_for
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


def compared(logs, done=None, rules=(RULE, ONCE)):
    source = MemorySource(logs)
    judging = Judging(memory_matters(source), PLATFORM.name)
    sizes = source.sizes() if done is None else done
    return dry_run(source, judging, rules, sizes)


def log_of(stream):
    return str(partition_for(stream.encode(), 2))


@pytest.fixture
def ledger():
    """Two matters, each in its log, with two alerts each, all raised."""
    ledger = judged_ledger()
    for stream in ("case:1", "case:2"):
        enforce(ledger, stream, log_of(stream))
    sender = MemorySender(ledger)
    memory_engine(MemorySource(ledger.logs), sender, MemoryTracking()).supervise_batch()
    return ledger


def id_of(value):
    return decode_act(value).aggregate_id.removeprefix("alert:")


def test_a_ledger_has_the_alerts_that_follow_from_it(ledger):
    found = compared(ledger.logs)

    assert (found.alerts.derived, found.alerts.pending, found.alerts.others) == (4, 0, 0)
    assert found.is_sound
    assert found.is_complete
    assert found.entries == sum(map(len, ledger.logs.values()))


def test_an_alert_that_was_not_raised_is_missing_once_its_entry_is_done(ledger):
    """Before that the engine is only behind."""
    log = log_of("case:3")
    wrong = enforce(ledger, "case:3", log)
    missing = sorted(
        id_of(value)
        for value in derived_anew(ledger.logs).values()
        if decode_act(value).causation_id == wrong
    )

    done = compared(ledger.logs)
    assert (done.alerts.missing, done.alerts.pending, done.is_complete, done.is_sound) == (
        missing,
        0,
        False,
        True,
    )
    last = len(ledger.logs[log]) - 1
    behind = compared(ledger.logs, {**MemorySource(ledger.logs).sizes(), log: last})
    assert (behind.alerts.missing, behind.alerts.pending, behind.is_complete) == ([], 2, True)


def test_an_alert_that_does_not_follow_is_too_many(ledger):
    """Whoever holds the platform's key could make one."""
    first = decode_act(alerts_in(ledger.logs)[0])
    ledger.append(encode_act(first._replace(event_id=bytes(16))), "0")

    found = compared(ledger.logs)
    assert (len(found.alerts.surplus), found.is_sound, found.is_complete) == (1, False, True)


def test_an_alert_with_other_bytes_is_named():
    """The right id and another word in it."""
    ledger = judged_ledger()
    enforce(ledger, "case:1", "0")
    forged, right = derived_anew(ledger.logs).values()
    ledger.append(encode_act(decode_act(forged)._replace(item_code="other")), "0")
    ledger.append(right, "0")

    found = compared(ledger.logs)
    assert (found.alerts.different, found.alerts.surplus, found.alerts.missing) == (
        [id_of(forged)],
        [],
        [],
    )
    assert not found.is_sound


def test_an_alert_that_comes_before_its_trigger_does_not_follow():
    """Nothing has to be kept of what came: log 0 is read before log 1, where the trigger lies."""
    ledger = judged_ledger()
    enforce(ledger, "case:1", "1")
    early = list(derived_anew(ledger.logs).values())
    for value in early:
        ledger.append(value, "0")

    found = compared(ledger.logs)
    assert found.alerts.surplus == found.alerts.missing == sorted(map(id_of, early))
    assert found.alerts.derived == 2


def test_alerts_of_rules_that_are_not_judged_here_are_only_counted(ledger):
    """Those over several streams are derived elsewhere."""
    found = compared(ledger.logs, rules=(RULE,))

    assert found.alerts.others == 2
