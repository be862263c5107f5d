"""A disclosure is ended by the platform on its last day, once, and then nothing was missed."""

import pytest

from ledger.domain.disclosure import EXPIRED, fold_disclosures
from ledger.domain.machines import fold_machines
from ledger.rules.deadline_corrections import AmendableDeadlines
from ledger.rules.deadline_instance import MET, MISSED, ending_event_id
from ledger.rules.deadline_missed import needs_act
from ledger.rules.rule_examples import acts_of
from tests.support.control import event_id
from tests.support.deadlines import TERMS, act, last_instant, only

ROW = "D-DIS-07"
TOLD = TERMS._replace(endings=frozenset({EXPIRED}))
OLD = TERMS._replace(version="2026.2")
LAST = "2026-08-31"
DISCLOSURE = {"aggregate": "disclosure:1", "aggregate_type": "Disclosure"}
PUBLISHED = event_id("DisclosurePublished")
END = ending_event_id(EXPIRED, "case:1", PUBLISHED)


def published(until=f"d:{LAST}", at="2026-06-03 09:00", **fields):
    payload = {"channel": "PORTAL", "view": "PENALTY", "until": until}
    return act("DisclosurePublished", at, payload, **DISCLOSURE, **fields)


def of(event_type, at, payload=None, **fields):
    return act(event_type, at, payload, **DISCLOSURE, **fields)


def the_end(received="2026-09-01 00:01"):
    """The act that the engine sends."""
    made = of(EXPIRED, "2026-09-01 00:00", received=received)
    return made._replace(act=made.act._replace(event_id=END, causation_id=PUBLISHED))


def judged(*acts, now="2026-12-20", terms=TOLD):
    """Return the engine, and what came of the deadline: when it was told, and how."""
    engine, told = AmendableDeadlines(), []
    for item in acts:
        told += engine.apply(item, terms)
    told += engine.advance(last_instant(now), terms)
    return engine, [it for it in told if it.deadline_id == ROW]


def test_it_is_ended_at_the_end_of_its_last_day_and_nothing_is_missed():
    engine, told = judged(published())

    (ended,) = told
    assert (ended.is_ended, ended.ended_by, needs_act(ended)) == (True, END, False)
    assert ended.due_at == last_instant(LAST)
    state = only(engine.all(), ROW)
    assert (state.state, state.missed_on_record) == (MET, False)


def test_not_before_the_last_day_is_over():
    """At the instant itself nothing is due yet, as with every deadline."""
    assert judged(published(), now=LAST)[1] == []


@pytest.mark.parametrize(
    "other",
    [
        of("DisclosureWithdrawn", "2026-08-31 23:00"),
        of("DisclosureRepairEnded", "2026-07-01 09:00"),
        of(EXPIRED, "2026-08-31 23:00"),
    ],
)
def test_what_is_not_shown_any_more_is_not_ended(other):
    assert judged(published(), other)[1] == []


@pytest.mark.parametrize("kind", ["DisclosureUpdated", "DisclosureCorrected"])
def test_a_later_last_day_counts_if_it_came_in_time(kind):
    later = {"until": "d:2026-10-31"}
    ((ended,), (too_late,)) = (
        judged(published(), of(kind, at, later))[1]
        for at in ("2026-08-01 09:00", "2026-09-01 09:00")
    )

    assert (ended.is_ended, ended.due_at) == (True, last_instant("2026-10-31"))
    assert (too_late.is_ended, too_late.due_at) == (True, last_instant(LAST))


def test_without_the_word_of_the_rule_set_it_is_missed():
    (missed,) = judged(published(), terms=OLD)[1]

    assert (missed.is_ended, missed.state, needs_act(missed)) == (False, MISSED, True)


def test_a_rule_set_ends_what_an_earlier_one_saw_published():
    """What counts is the rule set in force when the last day is over."""
    engine = AmendableDeadlines()
    engine.apply(published(), OLD)
    (ended,) = engine.advance(last_instant("2026-12-20"), TOLD)

    assert ended.is_ended


def test_what_was_missed_before_is_not_ended_later():
    engine = AmendableDeadlines()
    engine.apply(published(), OLD)
    assert [it.state for it in engine.advance(last_instant("2026-10-01"), OLD)] == [MISSED]

    assert engine.advance(last_instant("2026-12-20"), TOLD) == []


def test_without_a_last_day_of_its_own_the_law_alone_says_that_it_is_over():
    """Nobody told the public until when: that is for a person to mend, and it is missed."""
    decision = act("PenaltyDecisionMade", "2025-06-02 09:00", {"doc": {"docDate": "d:2025-06-02"}})
    drafted = of(
        "DisclosureDrafted",
        "2025-06-03 09:00",
        {"sourceEventId": "#PenaltyDecisionMade", "channel": "PORTAL", "view": "PENALTY"},
    )
    (missed,) = judged(decision, drafted, published(None, "2025-06-04 09:00"))[1]

    assert (missed.is_ended, missed.state) == (False, MISSED)


def test_the_act_itself_fulfils_it_and_no_newer_publication():
    """Withdrawn after its last day, published again on that day, and only then told to be over."""
    again = published("d:2026-10-31", "2026-09-01 12:00", name="again")
    engine, told = judged(
        published(),
        of("DisclosureWithdrawn", "2026-09-01 09:00"),
        again,
        the_end("2026-09-01 13:00"),
        now="2026-09-30",
    )

    assert [it.trigger.event_id for it in told] == [PUBLISHED]
    by_trigger = {it.trigger.event_id: it for it in engine.all() if it.deadline_id == ROW}
    assert (by_trigger[PUBLISHED].state, by_trigger[PUBLISHED].fulfilled_by) == (MET, END)
    assert by_trigger[again.act.event_id].state == "OPEN"


def test_published_after_its_last_day_it_is_ended_at_once():
    engine, told = judged(published(at="2026-09-05 09:00"), now="2026-09-05")

    assert [(it.is_ended, it.due_at) for it in told] == [(True, last_instant(LAST))]
    engine.apply(the_end("2026-09-05 09:01"), TOLD)
    assert only(engine.all(), ROW).fulfilled_by == END


def test_an_end_that_is_annulled_is_not_told_again_but_missed():
    annulled = act("EventAnnulled", "2026-09-03 09:00")
    annulled = annulled._replace(payload={"targetEventId": END})
    engine, told = judged(published(), the_end(), annulled)

    assert [(it.is_ended, it.state) for it in told] == [(True, MET), (False, MISSED)]
    assert only(engine.all(), ROW).state == MISSED


def test_what_comes_after_the_last_day_and_before_the_act_stands():
    """A withdrawal leaves its tombstone, a new publication is shown, and no order is broken."""
    rows = [
        {"type": "DisclosurePublished", "id": "first", "at": "2026-06-03T09:00:00+08:00"},
        {"type": "DisclosureWithdrawn", "at": "2026-09-01T09:00:00+08:00"},
        {"type": "DisclosureDrafted", "at": "2026-09-01T10:00:00+08:00"},
        {"type": "DisclosurePublished", "id": "second", "at": "2026-09-01T12:00:00+08:00"},
    ]
    end = {"type": EXPIRED, "cause": "first", "at": "2026-09-01T00:00:00+08:00"}
    for count, state in ((1, "ENDED"), (2, "WITHDRAWN"), (3, "DRAFT"), (4, "PUBLISHED")):
        acts = acts_of({"acts": [{**it, **DISCLOSURE} for it in (*rows[:count], end)]})
        assert fold_disclosures(acts).of("disclosure:1").state == state
        (course,) = fold_machines(acts)
        assert course.state == state
        assert EXPIRED not in {it.item.event_type for it in course.irregular}
    by_hand = acts_of({"acts": [{**it, **DISCLOSURE} for it in (*rows, {**end, "cause": "x"})]})
    by_hand[-1] = by_hand[-1]._replace(act=by_hand[-1].act._replace(causation_id=None))
    assert fold_disclosures(by_hand).of("disclosure:1").state == "ENDED"
