"""Violation rules and deadlines that state the same limit state the same number and list."""

from __future__ import annotations

import json

import pytest

from ledger.domain.published_texts import parse_rule_set
from ledger.rules.violations.book import BOOK
from schemas.loader import rule_set_text
from tests.support.control import published_text

TEXT = rule_set_text()
RULES = parse_rule_set(published_text(json.loads(TEXT)["version"], TEXT))
ROWS = RULES.deadlines.rules
LENGTHS = [
    ("filing_working_days", "D-PEN-01", "WD"),
    ("decision_days", "D-PEN-02", "CD"),
    ("pre_registration_working_days", "D-PEN-03", "WD"),
    ("on_site_filing_working_days", "D-PEN-04", "WD"),
    ("limitation_years", "D-PEN-05", "Y"),
    ("hearing_request_working_days", "D-HEA-01", "WD"),
    ("hearing_notice_working_days", "D-HEA-02", "WD"),
    ("service_working_days", "D-SRV-01", "WD"),
    ("payment_days", "D-EXE-01", "CD"),
    ("cash_working_days", "D-EXE-02", "WD"),
    ("cash_working_days", "D-EXE-03", "WD"),
    ("emergency_measure_hours", "D-COE-01", "H"),
    ("measure_days", "D-COE-02", "CD"),
    ("criminal_transfer_approval_days", "D-TRF-01", "CD"),
    ("criminal_transfer_hours", "D-TRF-02", "H"),
    ("review_working_days", "D-LR-01", "WD"),
    ("coordination_working_days", "D-LR-02", "WD"),
    ("publish_working_days", "D-DIS-01", "WD"),
    ("withdraw_working_days", "D-DIS-04", "WD"),
    ("correction_working_days", "D-DIS-06", "WD"),
    ("repair_working_days", "D-DIS-08", "WD"),
    ("recording_upload_hours", "D-REC-01", "H"),
    ("recording_retention_months", "D-REC-02", "M"),
    ("archive_days", "D-ARC-01", "CD"),
    ("retrieval_decision_working_days", "D-RET-01", "WD"),
    ("return_working_days", "D-RET-03", "WD"),
    ("retrieval_ratification_hours", "D-RET-04", "H"),
]


@pytest.mark.parametrize(("name", "row", "unit"), LENGTHS)
def test_a_term_is_as_long_in_both(name: str, row: str, unit: str) -> None:
    assert (ROWS[row].length, ROWS[row].unit) == (RULES.numbers[name], unit)


@pytest.mark.parametrize(
    ("name", "row"),
    [("decision_extension_days", "D-PEN-02"), ("measure_extension_days", "D-COE-02")],
)
def test_an_extension_goes_as_far_in_both(name: str, row: str) -> None:
    assert ROWS[row].extends[0].most == RULES.numbers[name]


def test_five_years_are_for_the_same_items() -> None:
    long = ROWS["D-PEN-05"].starts[0]

    assert long.length == RULES.numbers["limitation_long_years"]
    assert long.ref.when[0].values == RULES.lists["long_limitation_items"]


@pytest.mark.parametrize(
    ("name", "row"),
    [("measures_with_term", "D-COE-02"), ("recordings_kept_for_ever", "D-REC-02")],
)
def test_a_term_is_for_the_same_kinds(name: str, row: str) -> None:
    assert ROWS[row].starts[0].ref.when[0].values == RULES.lists[name]


def test_the_same_acts_stop_the_time_to_decide() -> None:
    pauses = ROWS["D-PEN-02"].pauses

    pairs = [(pause.ref.types, pause.ends[0].ref.types) for pause in pauses]
    steps = [tuple(pair.split(">")) for pair in RULES.lists["decision_pauses"]]
    assert [(begin[0], end[0]) for begin, end in pairs] == steps


def test_the_additional_fine_ends_at_the_same_amount() -> None:
    accrual = ROWS["D-EXE-04"].accrual

    assert accrual is not None
    assert accrual.cap_per_mille == 10 * RULES.numbers["additional_fine_percent_max"]


def test_rules_ask_for_deadlines_as_acts_name_them() -> None:
    """``DeadlineMissed`` has ids in capitals only (its pattern): another id is never there."""
    known = {row.upper() for row in ROWS}
    named = set()
    for rule in BOOK.rules.values():
        code = rule.predicate.__code__
        constants = [
            *code.co_consts,
            *(it for each in code.co_consts if isinstance(each, tuple) for it in each),
        ]
        named |= {it for it in constants if isinstance(it, str) and it.startswith("D-")}
    assert named
    assert named <= known
