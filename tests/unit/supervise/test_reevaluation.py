"""What another rule set would have said of a history, told beside what was said."""

import pytest

from consumers.supervise.judging import Judging
from consumers.supervise.reevaluation import OneRuleSetHistory, reevaluate
from ledger.chain.partition import partition_for
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.supervision import (
    ONCE,
    RULE,
    MemorySender,
    MemoryTracking,
    alerts_in,
    enforce,
    judged_ledger,
    memory_engine,
    memory_matters,
    publish_rules,
)


@pytest.fixture(scope="module")
def ledger():
    """Two matters with two alerts each, HIGH and CRITICAL; then no rule is in force any more."""
    ledger = judged_ledger()
    for version, severity in (("test.2", "CRITICAL"), ("test.3", None)):
        number = version.partition(".")[2]
        _enforce(ledger, f"case:{number}")
        publish_rules(ledger, version, severity)
    _enforce(ledger, "case:4")
    memory_engine(
        MemorySource(ledger.logs), MemorySender(ledger), MemoryTracking()
    ).supervise_batch()
    return ledger


def _enforce(ledger, stream):
    enforce(ledger, stream, str(partition_for(stream.encode(), 2)))


def by(ledger, version):
    source = MemorySource(ledger.logs)

    def always(history):
        published = history.at(source.sizes()["control"]).rule_sets
        return OneRuleSetHistory(history, next(it for it in published if it.version == version))

    judging = Judging(memory_matters(source, judged_by=always), PLATFORM.name)
    return reevaluate(source, judging, (RULE, ONCE))


@pytest.mark.parametrize(
    ("version", "same", "added", "dropped", "changed"),
    [("test.1", 4, 2, 0, 2), ("test.2", 4, 2, 0, 2), ("test.3", 0, 0, 4, 0)],
)
def test_a_rule_set_is_held_against_the_whole_history(
    ledger, version, same, added, dropped, changed
):
    """Acts before it and after it; what is there is told under its own version, and stays."""
    before = alerts_in(ledger.logs)
    found = by(ledger, version)

    assert (found.same, len(found.added)) == (same, added)
    assert (len(found.dropped), len(found.changed)) == (dropped, changed)
    assert {it.rule_set_version for it in found.added} <= {version}
    assert {it.rule_set_version for it in found.dropped} <= {"test.1", "test.2"}
    assert {it.stream_id for it in found.added} <= {"case:4"}
    assert alerts_in(ledger.logs) == before
