"""Every violation rule by its examples: what breaks it is found, where and once; else nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ledger.rules.day_close.book import DAY_RULES_BY_ID
from ledger.rules.rule_examples import examples, verdict
from ledger.rules.violations.book import BOOK

EXAMPLES = list(examples())
NAMES = [f"{rule_id}: {example['name']}" for rule_id, example in EXAMPLES]


@pytest.mark.parametrize(("rule_id", "example"), EXAMPLES, ids=NAMES)
def test_a_rule_says_what_its_example_says(rule_id: str, example: dict[str, Any]) -> None:
    found = verdict(rule_id, example)

    assert found.found == found.wanted
    assert not found.differences


@pytest.mark.parametrize(
    "change",
    [
        lambda example: example["found"].clear(),
        lambda example: example["found"][0].update(severity="LOW"),
        lambda example: example["found"][0].update(causes=["act 0"]),
        lambda example: example["found"][0].update(subject="case:2"),
    ],
)
def test_an_example_that_says_something_else_does_not_hold(change: Any) -> None:
    example = copy.deepcopy(next(it for rule, it in EXAMPLES if rule == "V-LR-07"))
    assert verdict("V-LR-07", example).holds
    change(example)
    assert not verdict("V-LR-07", example).holds


@pytest.mark.parametrize("rule_id", sorted({*BOOK.rules, *DAY_RULES_BY_ID}))
def test_a_rule_has_an_example_of_each_kind(rule_id: str) -> None:
    """One that is found and one that is not, as the reference page says."""
    own = [example for name, example in EXAMPLES if name == rule_id]

    assert any(example["found"] for example in own)
    assert any(not example["found"] for example in own)
