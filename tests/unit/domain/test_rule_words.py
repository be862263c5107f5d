"""A published rule set says which violation rules are in force, and in which words."""

import json

import pytest

from ledger.domain.control_records import RuleWords
from ledger.domain.published_texts import parse_rule_set
from ledger.errors import MalformedError
from schemas.loader import rule_set_text
from tests.support.control import published_text

WORDS = {"severity": "HIGH", "text": "未经催告", "basis": "行政强制法第三十五条", "known": "L"}


def published(**violations):
    text = json.loads(rule_set_text()) | {"violations": violations}
    return published_text(text["version"], json.dumps(text))


def test_rules_are_in_force_with_their_words():
    rules = parse_rule_set(published(**{"V-COE-07": WORDS}))

    words = RuleWords("HIGH", "未经催告", "行政强制法第三十五条", "L")
    assert rules.violations == {"V-COE-07": words}


def test_a_rule_set_from_before_has_none_in_force():
    """What was published before there were violation rules stays as it is."""
    text = json.loads(rule_set_text())
    text.pop("violations", None)

    assert parse_rule_set(published_text(text["version"], json.dumps(text))).violations == {}


@pytest.mark.parametrize(
    "words",
    [
        {**WORDS, "severity": "SEVERE"},
        {name: word for name, word in WORDS.items() if name != "basis"},
        "HIGH",
    ],
    ids=["severity", "no basis", "no object"],
)
def test_words_that_are_none_are_refused_whole(words):
    """So what is in the log can always be applied."""
    with pytest.raises(MalformedError):
        parse_rule_set(published(**{"V-COE-07": words}))
