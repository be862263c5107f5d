"""What a day-close rule asks its rows for: those of the day's acts and those that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.control_records import DAY_MICROS, HOUR_MICROS
from ledger.rules.day_close.agency_deadlines import ROWS_ID, AgencyDeadlines
from ledger.rules.day_close.agency_memory import CHANGED, new_row
from ledger.rules.day_close.annual_report import AnnualReports
from ledger.rules.day_close.document_numbers import DocumentNumbers
from ledger.rules.day_close.held_rows import HeldRows
from ledger.rules.day_close.late_credentials import PAGE_ACTS, LateCredentials
from ledger.rules.day_close.rule import Day, DayAct, DayFinding, DayRule, Row, RowBase, Rows
from ledger.rules.day_close.sequence import SequenceGaps
from tests.support.control import AGENCY, DAY, START, Actor, control_state, days, stream_act

FIRST = days("2026-03-02")
STATE = control_state()
Closing: TypeAlias = tuple[list[DayFinding], set[str]]
changes = st.dictionaries(
    st.text("ab", max_size=3), st.none() | st.integers(0, 9) | st.lists(st.integers(0, 9))
)


@given(st.lists(changes, max_size=5), st.text("ab", max_size=2))
def test_rows_over_rows_are_the_rows_that_all_changes_leave(given, start):
    """Kept ones, those of days that are not kept yet, and those of the day, against a dict."""
    held, known = HeldRows(), {}
    base: RowBase = held.of("V-1")
    for place, changed in enumerate(given):
        if place < 2:
            held.apply({("V-1", key): row for key, row in changed.items()})
        else:
            base = Rows(base)
            base.changes.update(changed)
        known.update(changed)
    rows = Rows(base)
    left = {key: row for key, row in sorted(known.items()) if row is not None}

    assert [*rows.items(start)] == [it for it in left.items() if it[0].startswith(start)]
    assert {key: rows.get(key) for key in known if rows.get(key) is not None} == left
    assert rows.changes == {}


class Watched:
    """Rows that tell which of them were looked at."""

    def __init__(self, base: RowBase) -> None:
        self._base = base
        self.seen: set[str] = set()

    def get(self, key: str) -> Row | None:
        self.seen.add(key)
        return self._base.get(key)

    def items(self, start: str = "") -> Iterator[tuple[str, Row]]:
        for key, row in self._base.items(start):
            self.seen.add(key)
            yield key, row


def received(day: int, agency: str, seq: int) -> DayAct:
    """Return an act of an agency's system on a day, a decision under the same number."""
    payload = {"doc": {"docNo": f"甲〔2026〕{seq}号"}}
    fields = {"emitter_id": agency, "emitter_seq": seq, "agency_id": agency}
    item = stream_act("PenaltyDecisionMade", at=day * DAY_MICROS, **fields)
    return DayAct("0", item.entry, item.act, payload, STATE)


def day_at(day: int) -> Day:
    rules = STATE.rule_set
    assert rules is not None
    return Day(day, STATE, rules, lambda _: (), lambda _: iter(()), lambda _: iter(()))


def closed(rule: DayRule, held: HeldRows, day: int, given: Sequence[tuple[str, int]]) -> Closing:
    """Close a day; return what is found, and the keys of the kept rows that were looked at."""
    base = Watched(held.of(rule.rule_id))
    rows = Rows(base)
    for agency, seq in given:
        rule.take(received(day, agency, seq), rows)
    found = list(rule.close(day_at(day), rows))
    held.apply({(rule.rule_id, key): row for key, row in rows.changes.items()})
    return found, base.seen


class AllEmitters(SequenceGaps):
    """Looks at every emitter every day."""

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        names = {key for key, _ in rows.items()}
        for name in names:
            if not name.startswith("waits "):
                rows.put(f"waits {name}", 1)
        yield from super().close(day, rows)


class AllSeries(DocumentNumbers):
    """Looks at every series every day."""

    def close(self, day: Day, rows: Rows) -> Iterator[DayFinding]:
        for key, _ in [*rows.items("series:")]:
            rows.put(key.replace("series:", "waits:", 1), 1)
        yield from super().close(day, rows)


@pytest.mark.parametrize(
    ("rule", "whole"), [(SequenceGaps(), AllEmitters()), (DocumentNumbers(), AllSeries())]
)
@given(data=st.data())
def test_who_looks_at_what_waits_finds_what_who_looks_at_all_does(rule, whole, data):
    """Numbers of two agencies in any order over days, and long enough after the last."""
    numbers = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 12)), max_size=4)
    held, all_held, day = HeldRows(), HeldRows(), FIRST
    for given_ in [*data.draw(st.lists(numbers, max_size=6)), *[()] * 3]:
        day += data.draw(st.integers(1, 12))
        expected = closed(whole, all_held, day, given_)[0]
        assert closed(rule, held, day, given_)[0] == expected


@pytest.mark.parametrize("rule", [SequenceGaps(), DocumentNumbers()])
def test_a_day_looks_at_no_more_rows_the_more_there_are(rule):
    held = HeldRows()
    for agency in range(200):
        closed(rule, held, FIRST, [(f"agency.{agency}", 1), (f"agency.{agency}", 2)])
    found, seen = closed(rule, held, FIRST + 1, [("agency.7", 3)])

    assert found == []
    assert len(seen) <= 3
    assert closed(rule, held, FIRST + 2, [])[1] == set()


def test_agencies_with_nothing_that_can_be_over_are_not_looked_at():
    """Nor those whose acts nobody annulled; the one whose was is, however many there are."""
    held, agencies = HeldRows(), [f"agency.{number}" for number in range(50)]
    judged = {"what": "2026.3", "grounds": ["0a"]}
    row = {**new_row(), "done": {"D-ORG-02": {"20000": judged}}}
    rows = Rows(held.of(ROWS_ID))
    for agency in agencies:
        rows.put(agency, row if agency == "agency.7" else new_row())
    AgencyDeadlines().close(day_at(FIRST), rows)
    held.apply({(ROWS_ID, key): row for key, row in rows.changes.items()})
    for changed, expected in (([], set()), (["0b"], set()), (["0a"], {"agency.7"})):
        base = Watched(held.of(ROWS_ID))
        rows = Rows(base)
        rows.put(CHANGED, changed)
        AgencyDeadlines().close(day_at(FIRST + 1), rows)
        assert base.seen & set(agencies) == expected


def test_of_an_officer_whose_credential_is_lost_only_the_own_acts_are_read():
    """Of hundreds of others nothing, and of the own ones nothing from before."""
    rule, held, read = LateCredentials(), HeldRows(), []
    for place in range(3 * PAGE_ACTS):
        actor = Actor(f"officer:{place % 3}", "43010001", "HANDLER")
        item = stream_act("InquiryRecorded", at=START + place * HOUR_MICROS, actors=(actor,))
        entry = item.entry._replace(leaf_index=place)
        rows = Rows(held.of(rule.rule_id))
        rule.take(DayAct("0", entry, item.act, {}, STATE), rows)
        held.apply({(rule.rule_id, key): row for key, row in rows.changes.items()})
    fields = {"from": START, "to": None}
    loss = stream_act("CredentialSuspended", at=START + DAY, aggregate_id="officer:1")
    late = loss.entry._replace(received_at=START + 10 * DAY)
    base = Watched(held.of(rule.rule_id))
    rows = Rows(base)
    rule.take(DayAct("control", late, loss.act._replace(actors=()), fields, STATE), rows)
    day = day_at(FIRST)._replace(acts=lambda places: iter(read.extend(places) or ()))

    assert list(rule.close(day, rows)) == []
    assert read == [("0", place) for place in range(1, 3 * PAGE_ACTS, 3)]
    assert base.seen == {"page:officer:1 000000000"}


def test_a_report_of_a_year_that_has_not_begun_pushes_out_none_that_has():
    """Whatever years a system claims: the newest of them counted before, in the order of text."""
    rule, rows = AnnualReports(), Rows(HeldRows().of("V-1"))
    control = STATE.copy()

    def tell(event_type, payload, place):
        fields = {"event_id": place.to_bytes(16, "big"), "agency_id": AGENCY}
        item = stream_act(event_type, at=START, **fields)
        rule.take(DayAct("control", item.entry, item.act, payload, control), rows)

    tell("AgencyRegistered", {"uscc": AGENCY}, 1)
    tell("StatisticsReportPublished", {"year": 2025}, 2)
    for place, year in enumerate([2027, 9_990, 99, -5, *range(3_000, 3_020), 2_018, 2_019], 3):
        tell("StatisticsReportPublished", {"year": year}, place)

    row = rows.get(AGENCY)
    assert row is not None
    assert sorted(row["done"]) == ["2019", "2025"]
    assert [key for key, _ in rows.items("report ")] == [
        f"report {2:032x}",
        f"report {28:032x}",
    ]
