"""One kept and one missed example of every deadline; due days computed with another calendar."""

import pytest

from ledger.rules.deadline_missed import needs_act
from tests.support.control import days
from tests.support.deadlines import EXAMPLES, RULES, example_acts, last_instant, run

CASES = [(name, outcome) for name in EXAMPLES for outcome in ("met", "missed")]


def one(name, outcome):
    """Run an example; return the deadline it is about, and what was judged missed."""
    example = EXAMPLES[name][outcome]
    scope = example.get("scope", "STREAM")
    engine, missed = run(example_acts(example), now=example["now"], scope=scope)
    period = str(days(example["period"])) if "period" in example else ""
    found = [it for it in engine.all() if (it.deadline_id, it.period) == (name, period)]
    assert len(found) == 1, [it.deadline_id for it in engine.all()]
    return example, found[0], [it for it in missed if it.instance_id == found[0].instance_id]


def test_every_deadline_has_an_example():
    """59 ids, as in the rule set."""
    assert list(EXAMPLES) == list(RULES.rules)
    assert len(EXAMPLES) == 59


@pytest.mark.parametrize(("name", "outcome"), CASES)
def test_state_and_due_instant(name, outcome):
    """The engine finds both from the acts alone."""
    example, deadline, _ = one(name, outcome)
    assert (deadline.state, deadline.due_at) == (example["state"], last_instant(example["due"]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_miss_is_judged_once_and_a_kept_deadline_never(name):
    """And only a duty's miss is an act."""
    assert one(name, "met")[2] == []
    example, deadline, missed = one(name, "missed")
    expected = 1 if example["state"] == "MISSED" else 0
    assert len(missed) == expected
    is_act = expected == 1 and not deadline.rule.is_informational
    assert needs_act(deadline) == is_act
