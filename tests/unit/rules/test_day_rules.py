"""What day-close rules remember: dense numbers as runs, few rows, and words for each rule."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.control import ControlState
from ledger.domain.control_records import Agency
from ledger.rules.day_close.access_volume import _is_unusual
from ledger.rules.day_close.annual_report import AnnualReports
from ledger.rules.day_close.book import DAY_RULES
from ledger.rules.day_close.dates import ends_month, month_of
from ledger.rules.day_close.held_rows import HeldRows
from ledger.rules.day_close.rule import DayAct, RowBase, Rows, about_agency
from ledger.rules.day_close.runs import JUMP_MIN, RUNS_MAX, SPANS_MAX, enter, new_row, settle
from ledger.rules.violations import organisation
from ledger.rules.violations.book import BOOK
from schemas.loader import event_schema_files, file_json, symbol_words
from tests.support.control import (
    AGENCY,
    OPERATOR,
    SUPERVISOR_EMITTER,
    control_state,
    days,
    stream_act,
)

RULES = file_json("rules/violations-organisation.json")["rules"]


def act(at: int = 0) -> DayAct:
    item = stream_act("CaseFiled", at=at)
    return DayAct("0", item.entry, item.act, {}, control_state())


ACT = act()


def held_rows(base: dict[str, Any]) -> RowBase:
    held = HeldRows()
    held.apply({("V-1", key): row for key, row in base.items()})
    return held.of("V-1")


def gaps_of(row, before=1) -> list[int]:
    return [missing for missing, _ in settle(row, before)]


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 10))
def test_gaps_are_those_of_the_numbers_in_whatever_order(numbers, pieces):
    """Entered in any order, settled at the end: where a number is missing above the least one."""
    row = new_row()
    for number in numbers:
        enter(row, number, ACT)
    known = set(numbers)
    wanted = [n for n in range(min(known), max(known)) if n not in known and n - 1 in known]

    assert gaps_of(row, before=ACT.entry.received_at + 1) == wanted
    assert row == {"spans": [[min(known), max(known) + 1]], "runs": []}
    for number in numbers[:pieces]:
        enter(row, number, ACT)
    assert row["runs"] == []


def test_a_gap_waits_until_the_act_above_it_is_old_enough():
    row = new_row()
    for number in (1, 2, 5):
        enter(row, number, ACT)
    at = ACT.entry.received_at

    assert gaps_of(row, before=at) == []
    assert row["spans"] == [[1, 3]]
    enter(row, 4, ACT)
    assert gaps_of(row, before=at + 1) == [3]


def test_runs_are_bounded_and_the_first_gap_is_still_known():
    row = new_row()
    for number in range(0, 6 * RUNS_MAX, 2):
        enter(row, number, ACT)

    assert len(row["runs"]) == RUNS_MAX
    assert gaps_of(row, before=ACT.entry.received_at + 1)[0] == 1
    assert row["spans"] == [[0, 6 * RUNS_MAX - 1]]


LARGEST = 2**63 - 1


def day_gaps(row, *numbers) -> list[int]:
    """Enter the numbers of a day, and return the gaps that are settled at its end."""
    for number in numbers:
        enter(row, number, ACT)
    return gaps_of(row, before=ACT.entry.received_at + 1)


@pytest.mark.parametrize("first_day", [(1, 2, LARGEST), (LARGEST, 1, 2)])
def test_one_number_far_above_hides_nothing_that_comes_after_it(first_day):
    """It is a gap like any other, said once; counting goes on where the emitter is."""
    row = new_row()
    assert day_gaps(row, *first_day) == [3]
    assert day_gaps(row, 3, 4, LARGEST) == []
    assert day_gaps(row, 6) == [5]


def test_a_sequence_that_began_with_a_number_far_above_begins_again_below():
    row = new_row()
    assert day_gaps(row, LARGEST) == []
    assert day_gaps(row, 1, 2) == []
    assert day_gaps(row, 4) == [3]


def test_an_emitter_that_goes_on_far_above_is_counted_there():
    row = new_row()
    assert day_gaps(row, 1, 2, 2**40) == [3]
    assert day_gaps(row, 2**40 + 1, 2**40 + 2) == []
    assert day_gaps(row, 2**40 + 4) == [2**40 + 3]


def test_numbers_that_come_late_into_a_gap_undo_nothing_and_add_nothing():
    row = new_row()
    assert day_gaps(row, 1, JUMP_MIN) == [2]
    assert day_gaps(row, *range(2, JUMP_MIN, 2)) == []
    assert day_gaps(row, 2 * JUMP_MIN + 2) == [JUMP_MIN + 1]
    assert day_gaps(row, JUMP_MIN + 1, JUMP_MIN + 2) == []


def test_many_jumps_keep_a_row_small_and_the_longest_sequence():
    """Nor does a number above the last run that fits swallow all between."""
    row = new_row()
    day_gaps(row, 1, 2, 3)
    for place in range(20, 60):
        assert len(day_gaps(row, 2**place)) == 1
    assert len(row["spans"]) == SPANS_MAX
    assert day_gaps(row, 4, 6) == [5]

    flooded = new_row()
    day_gaps(flooded, *range(0, 2 * RUNS_MAX, 2), LARGEST)
    assert day_gaps(flooded, 2 * RUNS_MAX) == [2 * RUNS_MAX - 1]


def test_a_row_of_the_older_form_goes_on():
    row = {"next": 4, "runs": []}
    assert day_gaps(row, 2, 6) == [4]
    assert day_gaps({"next": None, "runs": []}, 2, 4) == [3]


def test_rows_keep_changes_apart():
    held = held_rows({"a": [1], "b": [2]})
    rows = Rows(held)
    rows.open("a", list).append(3)
    rows.open("c", list).append(4)
    rows.drop("b")

    assert dict(held.items()) == {"a": [1], "b": [2]}
    assert dict(rows.items()) == {"a": [1, 3], "c": [4]}
    assert dict(rows.items("c")) == dict([*rows.touched()][1:]) == {"c": [4]}
    assert rows.open("b", lambda: [5]) == [5]
    assert rows.changes == {"a": [1, 3], "b": [5], "c": [4]}


@pytest.mark.parametrize(("count", "unusual"), [(5, False), (6, True), (1, False)])
def test_three_standard_deviations_are_counted_in_whole_numbers(count, unusual):
    """Mean 3, deviation 1: more than 6 is unusual; of equal days anything above is."""
    one_off = (2, 6, 20)  # 2 and 4.
    assert _is_unusual(count, one_off) == (count > 6)
    assert _is_unusual(count, (4, 20, 100)) == unusual


def test_months_end_where_the_calendar_says():
    assert month_of(days("2024-02-29")) == "2024-02"
    assert [ends_month(days(f"2024-02-{day}")) for day in (28, 29)] == [False, True]


def test_each_rule_has_its_words_and_knows_its_types():
    of_days = {rule.rule_id for rule in DAY_RULES}
    of_streams = {
        one.rule_id
        for one in BOOK.rules.values()
        if one.predicate.__module__ == organisation.__name__
    }
    assert set(RULES) == (of_days - {"V-CRED-01"}) | of_streams
    known = {event_type for event_type, _ in event_schema_files()}
    for rule in DAY_RULES:
        assert rule.event_types is None or rule.event_types <= known
    for words in RULES.values():
        assert words["severity"] in symbol_words()["Severity"]
        assert words["known"] in set("LPSMR")
        assert words["text"] and words["basis"] and not words["text"].isascii()


REPORTED = "StatisticsReportSubmitted"
OWN_STREAM = f"agency:{AGENCY}"
BOTH = (AGENCY, OPERATOR)
BY_SUPERVISOR = {"agency_id": OPERATOR, "emitter_id": SUPERVISOR_EMITTER}


def annual_rows(*given: DayAct) -> dict[str, Any]:
    """Return what is remembered of an agency that reported, and of its supervisor, by agency."""
    rows, rule = Rows(held_rows({})), AnnualReports()
    for code in BOTH:
        rule.take(told("AgencyRegistered", {"uscc": code}, stream=f"agency:{code}"), rows)
    rule.take(told(REPORTED, {"year": 2026}, stream="stat:2026"), rows)
    for one in given:
        rule.take(one, rows)
    return {key: row for key, row in rows.items() if key in BOTH}


def told(event_type: str, payload: dict[str, Any], **fields: Any) -> DayAct:
    item = stream_act(event_type, payload, **fields)
    return DayAct("control", item.entry, item.act, payload, registered())


@cache
def registered() -> ControlState:
    """Return a ledger that knows both agencies."""
    state = control_state()
    known = {it: Agency(it, it, "430000", "CITY", "ADMINISTRATIVE_ORGAN") for it in BOTH}
    state.agencies = known
    return state


def test_whose_qualification_is_revoked_says_the_stream():
    """The supervisor that keeps the register names itself as the act's agency."""
    revoked = told("AgencyQualificationRevoked", {}, stream=OWN_STREAM, **BY_SUPERVISOR)
    assert set(annual_rows(revoked)) == {OPERATOR}
    assert about_agency(revoked) == AGENCY
    assert about_agency(told("AgencyProfileChanged", {}, stream=f"agency:{OPERATOR}")) == AGENCY
    strange = told("AgencyQualificationRevoked", {}, stream="agency:none", **BY_SUPERVISOR)
    assert about_agency(strange) == OPERATOR


@pytest.mark.parametrize(("stream", "left"), [("stat:2026", set()), (OWN_STREAM, {REPORTED})])
def test_a_report_is_annulled_in_its_own_stream_only(stream, left):
    target = told(REPORTED, {}, stream="stat:2026").act.event_id
    annulled = told("EventAnnulled", {"targetEventId": target}, stream=stream, **BY_SUPERVISOR)
    assert set(annual_rows(annulled)[AGENCY]["done"]["2026"]) == left
