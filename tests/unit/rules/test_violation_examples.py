"""Every violation rule by its examples: what breaks it is found, where and once; else nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.rules.violations.book import BOOK
from tests.support.control import event_id
from tests.support.rule_examples import alerts_of, examples, expected, subject_of

EXAMPLES = list(examples())
NAMES = [f"{rule_id}: {example['name']}" for rule_id, example in EXAMPLES]


@pytest.mark.parametrize(("rule_id", "example"), EXAMPLES, ids=NAMES)
def test_a_rule_says_what_its_example_says(rule_id: str, example: dict[str, Any]) -> None:
    alerts = alerts_of(rule_id, example)

    names = {event_id(given["id"]): given["id"] for given in example["acts"] if "id" in given}
    found = sorted((names[it.trigger.act.event_id], it.subject) for it in alerts)
    assert found == expected(example)
    for wanted in example["found"]:
        (alert,) = (it for it in alerts if it.subject == subject_of(wanted["subject"]))
        if "severity" in wanted:
            assert alert.severity == wanted["severity"]
        if "causes" in wanted:
            assert [names[cause] for cause in alert.causes[1:]] == wanted["causes"]


@pytest.mark.parametrize("rule_id", sorted(BOOK.rules))
def test_a_rule_has_an_example_of_each_kind(rule_id: str) -> None:
    """One that is found and one that is not, as the reference page says."""
    own = [example for name, example in EXAMPLES if name == rule_id]

    assert any(example["found"] for example in own)
    assert any(not example["found"] for example in own)
