"""Properties of deadlines, over random streams and a small rule set with every kind of row.

The oracle below looks at all acts of a finished stream at once; the engine takes them one by one.
"""

from __future__ import annotations

import itertools
import sys

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.rules.calendar import (
    add_days,
    add_working_days,
    end_of_day,
    is_working_day,
    joined_spans,
)
from ledger.rules.deadline_missed import missed_envelope, missed_payload
from ledger.rules.deadlines import Deadlines, Terms
from tests.support.deadlines import CALENDAR, TERMS, act, instant, rules_of

FIRST_DAY = day_of(instant("2026-01-05 00:00"))
AGGREGATES = ("a:1", "a:2")
TYPES = ("Start", "Fulfil", "Pause", "Resume", "Extend", "Cancel", "Break", "Wait", "Other")
KEY = {"key": ["$aggregate"]}
RULES = rules_of(
    {
        "id": "D-DUTY",
        "length": 5,
        "unit": "WD",
        "severity": "HIGH",
        **KEY,
        "starts": ["Start"],
        "fulfils": ["Fulfil"],
        "cancels": ["Cancel"],
    },
    {
        "id": "D-DAYS",
        "length": 7,
        "unit": "CD",
        "roll": True,
        "severity": "LOW",
        **KEY,
        "starts": ["Start"],
        "fulfils": ["Fulfil"],
        "extends": [{"type": "Extend", "add": 3, "times": 2}],
        "pauses": [{"type": "Pause", "until": ["Resume"]}],
    },
    {
        "id": "D-HOURS",
        "length": 24,
        "unit": "H",
        "severity": "CRITICAL",
        "starts": [{"type": "Start", "key": ["$event"]}],
        "fulfils": [{"type": "Fulfil", "all": True}],
    },
    {
        "id": "D-WAIT",
        "kind": "WAIT",
        "length": 4,
        "unit": "CD",
        "severity": "HIGH",
        **KEY,
        "starts": ["Wait"],
        "breaks": ["Break"],
    },
)
SMALL = Terms("small", RULES, CALENDAR)

steps = st.lists(
    st.tuples(
        st.sampled_from(TYPES),
        st.sampled_from(AGGREGATES),
        st.integers(0, 3 * 24),  # Hours since the last act.
        st.integers(0, 72),  # Hours until it was received.
    ),
    max_size=30,
)


def stream_of(found):
    """Return acts in the order of receipt, each with its own event id."""
    acts, at = [], instant("2026-01-05 08:00")
    for number, (event_type, aggregate, gap, lag) in enumerate(found):
        at += gap * 3_600_000_000
        name = f"{number}/{event_type}"
        received = at + lag * 3_600_000_000 + number
        acts.append(act(event_type, at, name=name, received=received, aggregate=aggregate))
    return sorted(acts, key=lambda item: item.entry.received_at)


def fed(acts, terms=SMALL, now=None):
    """Return an engine that took in acts, and what it judged missed."""
    engine, missed = Deadlines(), []
    for item in acts:
        missed += engine.apply(item, terms)
    if now is not None:
        missed += engine.advance(now, terms)
    return engine, missed


def facts(engine):
    """Return what may not depend on the way there."""
    return {it.instance_id: it for it in engine.all()}


@given(steps, st.data())
def test_restarted_anywhere_it_finds_the_same(found, data):
    """From the acts alone: same deadlines, same ids, and no miss lost or made twice."""
    acts = stream_of(found)
    whole, missed = fed(acts)
    cut = data.draw(st.integers(0, len(acts)))
    half, before = fed(acts[:cut])
    again, replayed = fed(acts[:cut])
    assert facts(half) == facts(again)
    assert before == replayed
    after = [it for item in acts[cut:] for it in again.apply(item, SMALL)]
    assert facts(again) == facts(whole)
    assert [*replayed, *after] == missed
    ids = [it.instance_id for it in missed]
    assert len(set(ids)) == len(ids)


@given(steps, st.lists(st.integers(1, 100), max_size=5))
def test_heartbeats_between_acts_change_nothing(found, gaps):
    """Time that passes without an act is judged the same as time up to the next act."""
    acts = stream_of(found)
    plain, missed = fed(acts)
    engine, seen = Deadlines(), []
    for number, item in enumerate(acts):
        seen += engine.apply(item, SMALL)
        upper = acts[number + 1].entry.received_at if number + 1 < len(acts) else None
        for gap in gaps:
            now = item.entry.received_at + gap * 3_600_000_000
            if upper is not None and now < upper:
                seen += engine.advance(max(now, item.entry.received_at), SMALL)
    assert facts(engine) == facts(plain)
    assert {it.instance_id for it in seen} == {it.instance_id for it in missed}


@given(steps, st.randoms(use_true_random=False))
def test_acts_of_others_change_nothing(found, shuffler):
    """Acts of the other aggregate and of types in no row may come in any place."""
    acts = stream_of([it for it in found if it[1] == "a:1" and it[0] != "Other"])
    others = [
        act(
            "Other",
            it.act.occurred_at,
            name=f"x/{n}",
            received=it.entry.received_at,
            aggregate="a:2",
        )
        for n, it in enumerate(acts)
    ]
    mixed = sorted([*acts, *others], key=lambda it: (it.entry.received_at, shuffler.random()))
    assert facts(fed(mixed)[0]) == facts(fed(acts)[0])
    wait = [
        act(
            "Wait",
            it.act.occurred_at,
            name=f"w/{n}",
            received=it.entry.received_at,
            aggregate="a:2",
        )
        for n, it in enumerate(acts)
    ]
    mixed = sorted([*acts, *wait], key=lambda it: (it.entry.received_at, shuffler.random()))
    kept = {
        key: it
        for key, it in facts(fed(mixed)[0]).items()
        if it.trigger.event_type != "Wait" or it.trigger.event_id in {a.act.event_id for a in acts}
    }
    assert kept == facts(fed(acts)[0])


@given(steps)
def test_met_and_missed_exclude_each_other(found):
    """One state; what was judged missed on record is MISSED, or met by what was learnt later."""
    acts = stream_of(found)
    now = (acts[-1].entry.received_at if acts else 0) + 400 * DAY_MICROS
    engine, missed = fed(acts, now=now)
    recorded = {it.instance_id for it in missed}
    for deadline in engine.all():
        assert deadline.missed_on_record == (deadline.instance_id in recorded)
        if deadline.state == "MISSED":
            assert deadline.missed_on_record
        if deadline.state == "MET" and deadline.rule.kind == "DUTY":
            assert deadline.fulfilled_by is not None
        assert (deadline.state == "CANCELLED") == (deadline.cancelled_by is not None)
        if deadline.state == "OPEN":
            assert deadline.due_at is None  # Only what is paused can be open for a year.


@given(steps)
def test_the_state_is_what_all_acts_together_say(found):
    """Against an oracle that searches the whole stream; the plain duty, one act a day."""
    acts = stream_of([(name, which, gap + 24, 0) for name, which, gap, _ in found])
    now = (acts[-1].entry.received_at if acts else 0) + 60 * DAY_MICROS
    engine, _ = fed(acts, now=now)
    states = {it.trigger.event_id: it.state for it in engine.all() if it.deadline_id == "D-DUTY"}
    triggers = [number for number, it in enumerate(acts) if it.event_type == "Start"]
    assert states == {acts[it].act.event_id: searched(acts, it) for it in triggers}


def searched(acts, number):
    """Return the state of the duty that an act starts, by what comes after it."""
    trigger = acts[number].act
    due = end_of_day(add_working_days(day_of(trigger.occurred_at), 5, CALENDAR).day)
    for item in acts[number + 1 :]:
        if item.act.aggregate_id == trigger.aggregate_id and item.act.occurred_at <= due:
            if item.event_type == "Fulfil":
                return "MET"
            if item.event_type == "Cancel":
                return "CANCELLED"
    return "MISSED"


@given(st.integers(0, 600), st.integers(1, 45), st.integers(1, 20), st.integers(0, 40))
def test_a_pause_moves_the_due_day_by_the_days_that_it_takes(start, length, after, pause_days):
    """Calendar days one by one; of working days as many as were worked."""
    start += FIRST_DAY - 200
    length = max(length, after)
    span = (start + after, start + after + pause_days)
    plain = add_days(start, length, CALENDAR, roll=False).day
    assert (
        add_days(start, length, CALENDAR, roll=False, paused=[span]).day == plain + pause_days + 1
    )
    worked = [day for day in range(span[0], span[1] + 1) if is_working_day(day, CALENDAR)]
    due = add_working_days(start, length, CALENDAR).day
    moved = add_working_days(start, length, CALENDAR, [span]).day
    if span[0] <= due:
        assert moved == add_working_days(due, len(worked), CALENDAR).day if worked else moved >= due
    else:
        assert moved == due


@given(
    st.integers(0, 900),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 9)), max_size=3),
)
def test_a_term_of_working_days_ends_on_a_working_day(start, length, pauses):
    """Never on a paused one; and a rolled term of calendar days does too."""
    start += FIRST_DAY - 300
    spans = disjoint(start, pauses)
    due = add_working_days(start, length, CALENDAR, spans).day
    assert is_working_day(due, CALENDAR)
    assert not any(first <= due <= last for first, last in spans)
    assert is_working_day(add_days(start, length, CALENDAR, roll=True).day, CALENDAR)


@given(st.integers(0, 900), st.integers(1, 60))
def test_one_more_working_day_is_the_next_one(start, length):
    """Due days ascend, with no working day between two of them."""
    start += FIRST_DAY - 300
    due = [add_working_days(start, count, CALENDAR).day for count in (length, length + 1)]
    between = range(due[0] + 1, due[1])
    assert due[0] < due[1]
    assert not any(is_working_day(day, CALENDAR) for day in between)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12))
def test_joined_spans_are_the_same_days_apart_from_each_other(found):
    """In whatever order they come; against the set of their days."""
    spans = [(first, first + more) for first, more in found]
    joined = joined_spans(spans)
    days = [day for first, last in joined for day in range(first, last + 1)]
    assert days == sorted({day for first, last in spans for day in range(first, last + 1)})
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(joined))


def disjoint(start, pauses):
    """Return ascending spans apart from each other."""
    spans, day = [], start
    for gap, length in pauses:
        first = day + gap + 2
        spans.append((first, first + length))
        day = first + length
    return spans


@given(steps)
def test_two_engines_make_the_same_acts_of_misses(found):
    """Payload and envelope follow from the deadline; event ids differ between deadlines."""
    acts = stream_of(found)
    now = (acts[-1].entry.received_at if acts else 0) + 400 * DAY_MICROS
    made = [
        [(missed_payload(it), missed_envelope(it)) for it in fed(acts, now=now)[1]]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    ids = [envelope["event_id"] for _, envelope in made[0]]
    assert len(set(ids)) == len(ids)
    assert all(payload["dueAt"] < now for payload, _ in made[0])


def test_act_2000_costs_no_more_than_act_20():
    """Calls, not seconds: rounds of a case's acts on the default rules, a pause every day."""
    engine, spent = Deadlines(), []
    engine.apply(act("CaseFiled", "2025-01-06 08:00", {"itemCode": "HN-SJ-05"}), TERMS)
    rounds = round_types()
    for number in range(2_000):
        event_type, payload, aggregate = rounds[number % len(rounds)]
        at = instant("2025-01-06 09:00") + number * 7_200_000_000
        item = act(
            event_type,
            at,
            payload,
            name=f"{number}",
            aggregate=f"{aggregate}:{number // len(rounds)}",
        )
        spent.append(calls_of(lambda item=item: engine.apply(item, TERMS)))
    for kind in range(len(rounds)):
        costs = spent[kind :: len(rounds)]
        assert 0 < max(costs[-10:]) <= 1.5 * costs[1] + 20


def calls_of(work):
    """Return how many functions a piece of work calls, those of the interpreter too."""
    calls = itertools.count()

    def count(_frame, event, _argument):
        if event in ("call", "c_call"):
            next(calls)

    before = sys.getprofile()
    sys.setprofile(count)
    work()
    sys.setprofile(before)
    return next(calls)


def round_types():
    """Return acts of one round: type, payload, prefix of the aggregate."""
    return [
        ("RetrievalRequested", {}, "retrieval"),
        ("RetrievalApproved", {"mode": "ORIGINAL", "to": "t:2028-01-01 09:00"}, "retrieval"),
        ("RecordReturned", {}, "retrieval"),
        ("RetrievalClosed", {}, "retrieval"),
        ("RecordingStopped", {}, "media"),
        ("RecordingUploaded", {"category": "GENERAL"}, "media"),
        ("EvidenceTransferred", {}, "evidence"),
        ("TextRecordMade", {}, "case"),
        ("DisclosureDrafted", {"sourceEventId": "#decision"}, "disclosure"),
        ("InvestigationSuspended", {}, "case"),
        ("EmergencyAccessUsed", {}, "retrieval"),
        ("InvestigationResumed", {}, "case"),
    ]
