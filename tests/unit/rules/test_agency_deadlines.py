"""Deadlines of agencies over all of their acts: who owes what, by what was received, and once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.domain.control_records import DAY_MICROS, Agency, day_of
from ledger.rules.day_close import agency_memory
from ledger.rules.day_close.agency_memory import (
    FACT_DAYS_MAX,
    FACTS_A_DAY,
    STARTS_A_DAY,
    AgencyMemory,
    new_row,
)
from ledger.rules.day_close.held_rows import HeldRows
from ledger.rules.day_close.rule import DayAct, Rows
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadline_missed import missed_envelope, missed_payload
from ledger.rules.example_ledger import control_state, event_id
from ledger.rules.rule_examples import day_findings, micros
from schemas.loader import rule_examples
from tests.support.control import AGENCY, OPERATOR, OTHER_AGENCY, SUPERVISOR_EMITTER, stream_act

OWN = f"agency:{AGENCY}"
LISTS, YEARLY, STAFF = "D-DIS-05", "D-ORG-01", "D-ORG-02"
KEEPER = {"emitter": SUPERVISOR_EMITTER, "agency": OPERATOR}
PUBLISHED, SUBMITTED = "StatisticsReportPublished", "StatisticsReportSubmitted"


def act(kind: str, at: str, stream: str, log: str = "control", **more: Any) -> dict[str, Any]:
    """Return an act of an example, at a time of Shanghai."""
    hours = "T10:00:00+08:00" if len(at) == len("2026-01-01") else "+08:00"
    return {
        "type": kind,
        "at": at + hours,
        "log": log,
        "stream": stream,
        "aggregate": stream,
    } | more


def registered(at: str, **more: Any) -> dict[str, Any]:
    payload = {"uscc": AGENCY, "regionCode": "430100", "level": "CITY"}
    return act("AgencyRegistered", at, OWN, payload=payload, id=f"reg {at}", **KEEPER, **more)


def item(at: str, name: str = "item", **more: Any) -> dict[str, Any]:
    payload = {"itemCode": "HN-SJ-01", "actKind": "PENALTY"}
    fields = {"payload": payload, "id": name, "stream": f"item:{name}"}
    return act("EnforcementItemRegistered", at, **{**fields, **more})


def power_list(at: str, **more: Any) -> dict[str, Any]:
    return act("PowerListPublished", at, "list:power", payload={"listVersion": "1"}, **more)


def declared(at: str, **more: Any) -> dict[str, Any]:
    return act("StaffingDeclared", at, more.pop("stream", OWN), **more)


def report(kind: str, at: str, year: int = 2025, **more: Any) -> dict[str, Any]:
    return act(kind, at, "stat:1", payload={"year": year}, **more)


def annulled(at: str, stream: str, target: str, log: str = "control") -> dict[str, Any]:
    payload = {"targetEventId": target}
    return act("EventAnnulled", at, stream, log, payload=payload, emitter=SUPERVISOR_EMITTER)


def missed(acts: list[dict[str, Any]], until: str, row: str | None = None) -> list[Deadline]:
    found = day_findings({"until": until, "acts": acts}).missed
    return [it for it in found if row in (None, it.deadline_id)]


def periods(acts: list[dict[str, Any]], until: str, row: str) -> list[int]:
    return [int(it.period) for it in missed(acts, until, row)]


def days(*dates: str) -> list[int]:
    return [day_of(micros(f"{date}T10:00:00+08:00")) for date in dates]


BASE_DAY = 20_500  # In 2026.
BEGUN = [registered("2025-12-20"), item("2025-12-20"), power_list("2025-12-21")]


@pytest.mark.parametrize("example", rule_examples()["V-ORG-01"], ids=lambda it: it["name"])
def test_the_yearly_report_is_missed_where_the_rule_of_it_finds_so(example):
    """One duty, told twice: the same agency, year and act on which it rests."""
    found = day_findings(example)
    alerts = [(it.stream_id, it.trigger.event) for it in found.alerts if it.rule_id == "V-ORG-01"]
    misses = [it.trigger for it in found.missed if it.deadline_id == YEARLY]
    assert [(it.stream_key, it.event_id) for it in misses] == alerts


@pytest.mark.parametrize("example", rule_examples()["V-DIS-10"], ids=lambda it: it["name"])
def test_a_list_that_is_too_old_is_a_missed_deadline(example):
    """The first of what a list does not show is what the alert names."""
    found = day_findings({**example, "acts": [registered("2026-01-05"), *example["acts"]]})
    first = [it.trigger.event for it in found.alerts if it.rule_id == "V-DIS-10"]
    misses = [it.trigger.event_id for it in found.missed if it.deadline_id == LISTS]
    assert misses[: len(first)] == first
    assert bool(misses) == bool(first)


def test_the_act_lies_in_the_stream_of_the_agency():
    """Wherever its trigger lies; due at 24:00 of the tenth working day after the quarter, 4 January worked."""
    (found,) = missed(BEGUN, "2026-01-20", STAFF)
    envelope, payload = missed_envelope(found), missed_payload(found)
    assert (envelope["stream_key"], envelope["agency_id"]) == (OWN, AGENCY)
    assert (envelope["case_id"], envelope["item_code"]) == (None, None)
    assert envelope["causation_id"] == event_id("reg 2025-12-20")
    assert payload["dueAt"] == micros("2026-01-16T00:00:00+08:00")
    assert (found.period, found.missed_on_record) == (str(days("2025-12-31")[0]), True)


@pytest.mark.parametrize(
    ("declaration", "missing"),
    [
        (declared("2025-12-30"), ["2025-12-31"]),  # Of the day before the quarter ended.
        (declared("2025-12-31"), []),
        (declared("2026-01-15T23:59:59"), []),
        (declared("2026-01-16T00:00:00"), ["2025-12-31"]),
        (declared("2026-01-10", received="2026-01-16T08:00:00+08:00"), ["2025-12-31"]),
        (declared("2026-01-10", agency=OTHER_AGENCY), ["2025-12-31"]),
        (declared("2026-01-10", agency=OTHER_AGENCY, stream="org:1"), ["2025-12-31"]),
    ],
)
def test_a_declaration_counts_by_when_it_was_received_and_whose_it_is(declaration, missing):
    assert periods([*BEGUN, declaration], "2026-02-10", STAFF) == days(*missing)


def test_each_quarter_is_owed_once():
    acts = [*BEGUN, declared("2026-04-02")]
    assert periods(acts, "2026-10-30", STAFF) == days("2025-12-31", "2026-06-30", "2026-09-30")


@pytest.mark.parametrize(
    "acts",
    [
        [registered("2025-12-20")],  # No item and no list.
        [item("2025-12-20"), power_list("2025-12-21")],  # Not registered.
    ],
)
def test_who_is_not_active_owes_nothing(acts):
    assert missed(acts, "2026-04-30") == []


def test_who_was_revoked_owes_no_more_than_that_lists_say_so():
    revoked = act("AgencyQualificationRevoked", "2025-12-30", OWN, id="revoked", **KEEPER)
    (found,) = missed([*BEGUN, revoked, item("2026-01-05", "after")], "2026-04-30")
    assert (found.deadline_id, found.trigger.event_id) == (LISTS, event_id("revoked"))


def test_a_stranger_revokes_nobody():
    by_stranger = act("AgencyQualificationRevoked", "2025-12-30", OWN, agency=OTHER_AGENCY)
    assert periods([*BEGUN, by_stranger], "2026-02-10", STAFF) == days("2025-12-31")


def test_what_is_registered_again_owes_from_then_on():
    revoked = act("AgencyQualificationRevoked", "2025-12-30", OWN, **KEEPER)
    again = registered("2026-05-04")
    (found,) = missed([*BEGUN, revoked, again], "2026-07-20", STAFF)
    assert (found.period, found.trigger.event_id) == (
        str(days("2026-06-30")[0]),
        event_id("reg 2026-05-04"),
    )


def test_an_annulled_revocation_ended_nothing():
    """What nobody owed on its day is owed once nothing excuses it."""
    revoked = act("AgencyQualificationRevoked", "2025-12-30", OWN, id="revoked", **KEEPER)
    acts = [*BEGUN, revoked, annulled("2026-02-03", OWN, "revoked")]
    assert missed(acts, "2026-02-02", STAFF) == []
    assert periods(acts, "2026-02-04", STAFF) == days("2025-12-31")


def test_an_annulled_declaration_is_none_before_and_after_the_due_day():
    told = declared("2026-01-08", id="told")
    for day in ("2026-01-09", "2026-03-02"):
        acts = [*BEGUN, told, annulled(day, OWN, "told")]
        assert periods(acts, "2026-03-03", STAFF) == days("2025-12-31")
        strange = [*BEGUN, told, annulled(day, "item:item", "told")]
        assert periods(strange, "2026-03-03", STAFF) == []


def test_both_parts_of_the_report_are_owed_of_the_year():
    parts = [report(PUBLISHED, "2026-01-20"), report(SUBMITTED, "2026-01-21", log="0")]
    assert missed([*BEGUN, *parts], "2026-03-01", YEARLY) == []
    (found,) = missed([*BEGUN, parts[0]], "2026-03-01", YEARLY)
    assert found.due_at == micros("2026-02-01T00:00:00+08:00")
    other = report(SUBMITTED, "2026-01-22", 2024)
    assert len(missed([*BEGUN, parts[0], other], "2026-03-01", YEARLY)) == 1


def test_acts_of_one_day_are_one_deadline_and_one_stands_in_for_another():
    """In another log the list shows them all; of an annulled one the next of the day is told."""
    acts = [*BEGUN, item("2026-03-02", "first"), item("2026-03-02T11:00:00", "second")]
    shown = act("DisclosurePublished", "2026-03-20", "case:1", "0", payload={"view": "EX_ANTE"})
    first = [it.trigger.event_id for it in missed(acts, "2026-04-10", LISTS)]
    assert first == [event_id("first")]
    assert missed([*acts, shown], "2026-04-10", LISTS) == []
    gone = annulled("2026-03-03", "item:first", "first")
    second = [it.trigger.event_id for it in missed([*acts, gone], "2026-04-10", LISTS)]
    assert second == [event_id("second")]


def test_a_credential_is_of_the_officers_agency():
    state = {"name": "甲", "agencyId": AGENCY, "category": "ENFORCEMENT"}
    officer = act("OfficerRegistered", "2025-12-20", "officer:9", payload=state, **KEEPER)
    terms = {"regionCode": "430100", "scope": ["PENALTY"]}
    issued = act(
        "CredentialIssued", "2026-03-02", "officer:9", payload=terms, id="issued", **KEEPER
    )
    found = missed([*BEGUN, officer, issued], "2026-04-10", LISTS)
    assert [(it.trigger.agency_id, it.trigger.event_id) for it in found] == [
        (AGENCY, event_id("issued"))
    ]


def test_a_late_report_of_what_was_shown_long_ago_is_not_missed():
    """The list came before it was known what it shows; nobody asks for another one."""
    late = item("2026-03-02", "late", received="2026-06-01T10:00:00+08:00")
    assert missed([*BEGUN, power_list("2026-03-05"), late], "2026-06-10", LISTS) == []
    assert len(missed([*BEGUN, late], "2026-06-10", LISTS)) == 1


def test_what_is_remembered_has_bounds(monkeypatch):
    """Many acts of an agency leave a row as large as some hundred do."""
    monkeypatch.setattr(agency_memory, "OPEN_MAX", FACT_DAYS_MAX)
    rows, memory, state = Rows(HeldRows().of("AGENCY")), AgencyMemory(), control_state().copy()
    state.agencies = {AGENCY: Agency(AGENCY, "", "430100", "CITY", "ADMINISTRATIVE_ORGAN")}
    for number in range(FACT_DAYS_MAX + 3):
        for hour in range(STARTS_A_DAY + 1):
            for kind in ("AgencyRegistered", "EnforcementItemRegistered", "PowerListPublished"):
                told = stream_act(
                    kind, {"uscc": AGENCY}, at=(BASE_DAY + number) * DAY_MICROS + hour
                )
                memory.take(DayAct("0", told.entry, told.act, told.payload, state), rows)
    (row,) = (row for _, row in rows.items())
    facts = row["facts"]
    assert {len(held) for held in facts.values()} == {FACT_DAYS_MAX}
    assert {len(one) for held in facts.values() for one in held.values()} == {FACTS_A_DAY}
    assert row.keys() == new_row().keys()
    assert {len(held) for held in row["open"].values()} == {FACT_DAYS_MAX}
    assert {len(one) for held in row["open"].values() for one in held.values()} == {STARTS_A_DAY}
    assert json.loads(json.dumps(row)) == row
