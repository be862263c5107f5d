"""A person fined twice is found the same, whenever days are closed and however far the index is.

The index is ahead of what is promised, and knows more when a day is closed again: numbers that came
later, of matters that came later. None of it may change a day that was closed before.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.errors import UnavailableError
from ledger.rules.day_close.rule import Person
from tests.support.day_closing import MemoryDayTracking, MemoryPersons, day_engine
from tests.support.fined_persons import RULE, a_ledger, decide, destroy_key, end_day, open_later
from tests.support.ledger_copy import SECOND, MemorySource
from tests.support.supervision import MemorySender, MemoryTracking

HOUR = 3_600 * SECOND
LOGS = ("0", "1")


class Told(NamedTuple):
    """One decision: its log, whose it is, and what becomes of its number."""

    log: str
    who: int
    hours: int
    is_opened: bool
    is_opened_later: bool
    is_destroyed: bool


told = st.lists(
    st.builds(
        Told,
        st.sampled_from(LOGS),
        st.integers(0, 1),
        st.integers(0, 30),
        st.booleans(),
        st.booleans(),
        st.integers(0, 4).map(lambda drawn: drawn == 0),
    ),
    min_size=2,
    max_size=6,
)
looks = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["", "", "away", "restart"])), max_size=8
)


class Story:
    """A ledger, and at which size of its log the index knew each party's number."""

    def __init__(self, decisions: list[Told]) -> None:
        self.ledger = a_ledger(2)
        self.known: list[tuple[str, int, int, Person]] = []
        self.marks = [dict.fromkeys(self.ledger.logs, 0)]  # Sizes of the logs after each step.
        late = []
        for number, one in enumerate(decisions):
            self.ledger.now += one.hours * HOUR
            event_id = decide(self.ledger, number, log=one.log, opened=2 * one.is_opened)
            if one.is_opened:
                self._know(one, number)
            elif one.is_opened_later:
                late.append((number, one, event_id))
            if one.is_destroyed:
                destroy_key(self.ledger, number, one.log)
            self._mark()
        for number, one, event_id in late:
            self.ledger.now += one.hours * HOUR
            open_later(self.ledger, number, event_id, one.log)
            self._know(one, number)
            self._mark()
        end_day(self.ledger)
        self._mark()

    def _mark(self) -> None:
        """Have every log pass the moment."""
        end_day(self.ledger, 0)
        self.marks.append({log: len(entries) for log, entries in self.ledger.logs.items()})

    def _know(self, one: Told, number: int) -> None:
        size = len(self.ledger.logs[one.log])
        self.known.append(
            (one.log, size, one.who, Person(one.log, f"case:{number}", f"p-{number}"))
        )

    def index(self, sizes: dict[str, int] | None = None) -> MemoryPersons:
        """Return the index as it stood at these sizes of the logs, or as it stands."""
        persons = MemoryPersons()
        for log, size, who, person in self.known:
            if sizes is None or size <= sizes[log]:
                persons.know("IDCARD", str(who), person)
        return persons


def raised(sender: MemorySender) -> dict[bytes, bytes]:
    """Return the alerts of the rule."""
    acts = sender.values.items()
    return {key: value for key, value in acts if RULE.encode() in decode_act(value).payload}


def closed_at_once(story: Story) -> dict[bytes, bytes]:
    sender = MemorySender()
    source = MemorySource(story.ledger.logs)
    finish(
        day_engine(
            source, sender, MemoryTracking(), MemoryDayTracking(), story.index().same_persons
        )
    )
    return raised(sender)


def finish(engine) -> None:
    while (progress := engine.supervise_batch()).moved or progress.days:
        pass


@settings(max_examples=12)
@given(told, looks, st.data())
def test_the_same_is_found_whenever_the_vault_is_asked(decisions, steps, data):
    """Two engines, restarts, a vault that is away, and an index that grows meanwhile."""
    story = Story(decisions)
    logs = story.ledger.logs
    source, sender = MemorySource(logs), MemorySender()
    kept, tracking = MemoryDayTracking(), MemoryTracking()
    source.visible = dict.fromkeys(logs, 0)
    index = story.index(source.visible)

    def ask(parties):
        return index.same_persons(parties)

    both = [day_engine(source, sender, tracking, kept, ask) for _ in range(2)]
    mark = 0
    for which, fault in steps:
        mark = data.draw(st.integers(mark, len(story.marks) - 1))
        for log in logs:  # One may lag behind the others.
            seen = story.marks[max(0, mark - data.draw(st.integers(0, 1)))][log]
            source.visible[log] = max(source.visible[log], seen)
        index = story.index(source.visible)
        index.is_away = fault == "away"
        if fault == "restart":
            both[which] = day_engine(source, sender, tracking, kept, ask)
        try:
            both[which].supervise_batch()
        except UnavailableError:
            assert fault == "away"
    source.visible, index = None, story.index()
    for engine in both:
        finish(engine)

    assert raised(sender) == closed_at_once(story)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_of_one_person_in_two_logs_are_found(order):
    """So the property above has something to find."""
    decisions = [Told(LOGS[number], 0, 1, number == 0, number == 1, False) for number in order]
    (value,) = closed_at_once(Story(decisions)).values()
    entries = [decode_entry(data) for data in Story(decisions).ledger.logs["1"]]
    (late,) = [it.stream_id for it in entries if it.stream_id.startswith("case:")][:1]
    assert decode_act(value).stream_key == late
