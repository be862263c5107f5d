"""A published rule set says which violation rules are in force, and in which words."""

import json

import pytest

from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleWords
from ledger.domain.published_texts import parse_rule_set
from ledger.domain.rule_values import GATE_NUMBERS
from ledger.errors import MalformedError
from schemas.loader import RULE_SETS, file_json, rule_set_text
from tests.support.control import change, ledger_created, published_text

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


def changed(part, name, value):
    text = json.loads(rule_set_text())
    text[part][name] = value
    return published_text(text["version"], json.dumps(text))


def without(part, name):
    text = json.loads(rule_set_text())
    text[part].pop(name)
    return published_text(text["version"], json.dumps(text))


def assert_is_needed(part, name):
    """Rules read it; what only other programs read may be missing, and they know what to do."""
    if name in SHARING[part]:
        assert name not in getattr(parse_rule_set(without(part, name)), part)
    else:
        with pytest.raises(MalformedError):
            parse_rule_set(without(part, name))


SHARING = file_json("rules/sharing.json")
INSTALLED = json.loads(rule_set_text())
KINDS = INSTALLED["lists"]["penalty_kinds_light_to_heavy"]


@pytest.mark.parametrize("name", INSTALLED["numbers"])
def test_a_number_that_rules_read_is_there_and_within_bounds(name):
    """A term of 10**12 working days is counted for ever; after 9,000 years there is no calendar."""
    least = 0 if "fen" in name.split("_") else 1
    for value in (least - 1, 10**16, str(least), True, 1.5, None):
        with pytest.raises(MalformedError):
            parse_rule_set(changed("numbers", name, value))
    assert_is_needed("numbers", name)
    assert parse_rule_set(changed("numbers", name, least)).numbers[name] == least


@pytest.mark.parametrize(
    ("name", "value"), [("service_working_days", 10**12), ("limitation_long_years", 9_000)]
)
def test_a_term_that_no_calendar_ends_is_refused(name, value):
    with pytest.raises(MalformedError):
        parse_rule_set(changed("numbers", name, value))


@pytest.mark.parametrize("name", INSTALLED["lists"])
def test_a_list_that_rules_read_is_there_and_one_of_identifiers(name):
    for value in ("FINE", None, [""], [1], ["a\nb"], ["A" * 600]):
        with pytest.raises(MalformedError):
            parse_rule_set(changed("lists", name, value))
    assert_is_needed("lists", name)


@pytest.mark.parametrize("value", [KINDS[1:], [*KINDS, "FINE"], [*KINDS, "HANGING"]])
def test_the_order_of_penalties_has_every_kind_once(value):
    """A decision may have any kind, and the rule asks for its place."""
    with pytest.raises(MalformedError):
        parse_rule_set(changed("lists", "penalty_kinds_light_to_heavy", value))


@pytest.mark.parametrize("step", ["CaseFiled", "CaseFiled>", ">CaseClosed"])
def test_a_step_goes_from_something_to_something(step):
    with pytest.raises(MalformedError):
        parse_rule_set(changed("lists", "steps_of_a_matter", [step]))


def test_a_rule_set_from_before_a_rule_needs_not_what_that_rule_reads():
    """A ledger goes on with what it published under the program before."""
    rules = parse_rule_set(published_text("2026.2", rule_set_text(RULE_SETS[1])))
    assert "V-LR-08" not in rules.violations
    assert "review_staff_percent_min" not in rules.numbers


def test_without_violation_rules_only_gates_want_their_numbers():
    """What was published before there were such rules has no lists and fewer numbers."""
    text = json.loads(rule_set_text(RULE_SETS[0]))
    text["numbers"] = {name: text["numbers"][name] for name in GATE_NUMBERS}

    rules = parse_rule_set(published_text(text["version"], json.dumps(text)))
    assert rules.numbers == text["numbers"]


def test_a_version_names_one_rule_set():
    """Said again it changes nothing; another text or another day under its name is refused."""
    state = ControlState()
    change(state, "LedgerCreated", ledger_created())
    same = published(**{"V-COE-07": WORDS})
    for _ in range(2):
        change(state, "RuleSetPublished", same)

    milder = published(**{"V-COE-07": {**WORDS, "severity": "LOW"}})
    for other in (milder, {**same, "effectiveFrom": same["effectiveFrom"] + 1}):
        with pytest.raises(MalformedError, match="another rule set has this version"):
            change(state, "RuleSetPublished", other)
    assert {it.violations["V-COE-07"].severity for it in state.rule_sets} == {"HIGH"}
