"""The data of the rules of procedure, review and timing: complete, and in words the schemas know."""

from __future__ import annotations

import pytest

from ledger.errors import MalformedError
from ledger.rules.violations import (
    case_course,
    credentials,
    decision,
    hearing,
    procedure,
    review,
    summary_procedure,
    timing,
)
from ledger.rules.violations.book import BOOK
from ledger.rules.violations.law import listed, number, ordered
from schemas.loader import event_schema_files, file_json, schema_text, symbol_words
from tests.support.control import control_state

FILE = "rules/violations-procedure.json"
DATA = file_json(FILE)
MODULES = {
    it.__name__
    for it in (
        case_course,
        credentials,
        decision,
        hearing,
        procedure,
        review,
        summary_procedure,
        timing,
    )
}
KNOWN_TYPES = {event_type for event_type, _ in event_schema_files()}
LISTS_OF_TYPES = ("decisions", "two_officer_acts", "on_site_acts", "acts_of_an_open_case")
LISTS_OF_STEPS = ("decision_pauses", "steps_of_an_aggregate", "steps_of_a_matter")
LISTS_OF_SYMBOLS = {
    "natural_party_types": "PartyType",
    "hearing_penalty_kinds": "PenaltyKind",
    "summary_penalty_kinds": "PenaltyKind",
    "penalty_kinds_light_to_heavy": "PenaltyKind",
}


def test_each_rule_of_these_modules_has_its_words_and_no_other():
    entered = {it.rule_id for it in BOOK.rules.values() if it.predicate.__module__ in MODULES}
    assert set(DATA["rules"]) == entered


@pytest.mark.parametrize("rule_id", sorted(DATA["rules"]))
def test_the_words_of_a_rule_are_complete(rule_id):
    words = DATA["rules"][rule_id]
    assert set(words) == {"severity", "text", "basis", "known"}
    assert words["severity"] in symbol_words()["Severity"]
    assert words["known"] in set("LPSMR")
    assert words["text"] and words["basis"]
    assert not words["text"].isascii()


@pytest.mark.parametrize("name", LISTS_OF_TYPES)
def test_a_list_of_acts_names_event_types(name):
    assert set(DATA["lists"][name]) <= KNOWN_TYPES


@pytest.mark.parametrize("name", LISTS_OF_STEPS)
def test_a_step_goes_from_event_types_to_an_event_type(name):
    for text in DATA["lists"][name]:
        earlier, arrow, later = text.partition(">")
        assert arrow
        assert {*earlier.split("|"), later} <= KNOWN_TYPES


@pytest.mark.parametrize(("name", "enum"), LISTS_OF_SYMBOLS.items())
def test_a_list_of_kinds_names_symbols(name, enum):
    assert set(DATA["lists"][name]) <= set(symbol_words()[enum])


def test_the_order_of_penalties_has_every_kind_once():
    assert sorted(DATA["lists"]["penalty_kinds_light_to_heavy"]) == sorted(
        symbol_words()["PenaltyKind"]
    )


def test_the_file_leaves_room_in_the_published_rule_set():
    """An act has 60,000 bytes, and the rules of all families share them."""
    assert len(schema_text(FILE).encode()) <= 12_000


def test_a_published_number_comes_before_the_file():
    rules = control_state().rule_set
    assert rules is not None
    changed = rules._replace(numbers={**rules.numbers, "limitation_years": 3})
    assert number(rules, "limitation_years") == DATA["numbers"]["limitation_years"]
    assert number(changed, "limitation_years") == 3


def test_a_list_keeps_its_order_where_it_counts():
    rules = control_state().rule_set
    assert rules is not None
    name = "penalty_kinds_light_to_heavy"
    assert list(ordered(rules, name)) == DATA["lists"][name]
    assert listed(rules, name) == set(DATA["lists"][name])


def test_a_name_that_nobody_knows_is_a_fault():
    rules = control_state().rule_set
    assert rules is not None
    with pytest.raises(MalformedError):
        number(rules, "no_such_number")
