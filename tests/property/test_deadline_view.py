"""The view of deadlines holds what the engine makes of each stream, however it came about."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.deadlines.folding import KnownStream, KnownStreams
from projections.deadlines.projection import DeadlineProjection
from projections.deadlines.view import ACTS, DEADLINES
from projections.digest import format_digest
from tests.support.deadline_story import CASE_ACTS, Story, deadlines_of
from tests.support.deadlines import instant
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, MemorySource
from tests.support.views import MemoryView, drain, memory_view

CASES = 3
AGENCIES = (AGENCY, AGENCY, AGENCY, OTHER_AGENCY)
acts = st.tuples(
    st.just("act"), st.sampled_from(CASE_ACTS), st.integers(0, CASES - 1), st.sampled_from(AGENCIES)
)
waits = st.tuples(st.just("wait"), st.integers(1, 40))
law = st.one_of(
    st.tuples(st.just("rules"), st.integers(3, 20)),
    st.tuples(st.just("calendar"), st.sampled_from([2026, 2027])),
    st.tuples(st.just("workflow"), st.integers(2, 9)),
    st.tuples(st.just("emitter"), st.sampled_from(["PLATFORM", "SUPERVISOR"])),
)
STEPS = st.lists(st.one_of(acts, acts, acts, waits, law), max_size=40)


def told(steps: list[tuple[object, ...]]) -> Story:
    """Return the story of some steps; the first rule set is there from the start."""
    story = Story()
    story.rules()
    for what, *how in steps:
        if what == "act":
            event_type, number, agency = how
            story.act(event_type, number, agency_id=agency)
        elif what == "emitter":
            story.emitter("agy.example", *how)
        elif what == "rules":
            story.rules(lead_days=how[0], without=["D-COE-02"] if how[0] % 2 else [])
        else:
            getattr(story, what)(*how)
    return story


@settings(deadline=None, max_examples=25)
@given(steps=STEPS, entries_max=st.integers(1, 9))
def test_rows_are_what_the_engine_makes_of_the_stream(steps, entries_max):
    """Read in pieces, with every stream read back at each of its entries, and in one go."""
    ledger = told(steps).ledger
    whole = memory_view(DeadlineProjection(), MemorySource(ledger.logs))
    forgetful = MemoryView(DeadlineProjection(KnownStreams(size_bytes_max=0)))
    drain(forgetful, MemorySource(ledger.logs), entries_max)

    assert format_digest(forgetful.rows.digest()) == format_digest(whole.rows.digest())
    rows = {row.instance_id: row for row in whole.rows.all(DEADLINES)}
    expected = {
        deadline.instance_id: deadline
        for number in range(CASES)
        for deadline in deadlines_of(ledger, str(number % 2), f"case:{number}")
    }
    assert rows.keys() == expected.keys()
    for instance_id, row in rows.items():
        deadline = expected[instance_id]
        assert (row.state, row.due_at, row.provisional, row.missed_on_record) == (
            deadline.state,
            deadline.due_at,
            deadline.provisional,
            deadline.missed_on_record,
        )


def test_an_act_that_no_rule_speaks_of_is_not_kept():
    """It only lets time pass; where the calendar changes after it, when it came is noted."""
    story = Story()
    story.rules()
    story.act("LeadRegistered")
    story.act("InquiryRecorded")
    story.calendar(2026)
    story.act("InquiryRecorded")
    story.act("InquiryRecorded")
    view = memory_view(DeadlineProjection(), MemorySource(story.ledger.logs))

    assert [(row.version, row.act is None) for row in view.rows.all(ACTS)] == [
        (1, False),
        (2, True),
    ]


def test_what_was_judged_by_an_earlier_calendar_stays_judged():
    """Read back or not: by Monday to Friday it was missed before the holidays were published."""
    story = Story(start=instant("2026-09-18 10:00"))
    story.rules(lead_days=10)
    story.act("LeadRegistered")
    story.wait(20)
    story.act("InquiryRecorded")
    story.calendar(2026)
    story.act("InquiryRecorded")
    story.act("CaseFiled")
    for known in (KnownStreams(), KnownStreams(size_bytes_max=1), KnownStreams(size_bytes_max=0)):
        view = memory_view(DeadlineProjection(known), MemorySource(story.ledger.logs))
        (lead,) = (row for row in view.rows.all(DEADLINES) if row.deadline_id == "D-PEN-01")
        assert (lead.state, lead.missed_on_record) == ("MISSED", True)


def test_a_stream_that_is_too_large_for_the_others_is_kept_beside_them():
    """Until the next such one: its entries do not each make it again from its first."""
    known = KnownStreams(size_bytes_max=10)
    for name, size in (("large", 11), ("one", 6), ("two", 6)):
        stream = KnownStream("0", AGENCY)
        stream.size_bytes = size
        known.keep(("0", name), stream)

    assert known.take_out(("0", "one"), 0) is None
    assert known.take_out(("0", "two"), 0) is not None
    large = known.take_out(("0", "large"), 0)
    assert large is not None
    assert known.take_out(("0", "large"), 0) is None
    known.keep(("0", "large"), large)
    known.keep(("0", "larger"), large)
    assert known.take_out(("0", "large"), 0) is None
    assert known.take_out(("0", "larger"), 1) is None  # It stands elsewhere.
