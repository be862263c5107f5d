"""One running deadline: its facts, and what follows from them.

Read before: ``deadline_due``. Read next: ``deadlines``, which finds the acts that concern it.

Facts are only added, or taken away by an annulment; due instant and state are computed from them.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from ledger.chain.ids import alert_event_id, alert_id, uuid_text
from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.domain.deadline_rules import DeadlineRule, Extension
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import join_span
from ledger.rules.deadline_due import Calendar, DueInstant, Extended, Term, due_instant
from ledger.rules.deadline_facts import Key, Reading

OPEN: Final = "OPEN"
MET: Final = "MET"
MET_LATE_REPORTED: Final = "MET_LATE_REPORTED"
MISSED: Final = "MISSED"
CANCELLED: Final = "CANCELLED"
NEVER: Final = 2**63 - 1
LATE_REPORT_MICROS: Final = DAY_MICROS  # 24 hours.


class Trigger(NamedTuple):
    """The act that started a deadline."""

    event_id: bytes
    event_type: str
    stream_key: str
    agency_id: str
    case_id: str | None
    item_code: str | None
    occurred_at: int
    received_at: int
    aggregate_id: str = ""


class Fact(NamedTuple):
    """An act that changed a deadline."""

    event_id: bytes
    occurred_at: int
    received_at: int

    @property
    def is_late_report(self) -> bool:
        """Whether it came more than 24 hours after it happened."""
        return self.received_at - self.occurred_at > LATE_REPORT_MICROS


class PauseFact(NamedTuple):
    """A time that does not count; without an end it lasts."""

    event_id: bytes
    pair: Key
    first_day: int
    last_day: int | None
    ended_by: bytes | None


class ExtensionFact(NamedTuple):
    """A longer time, as an act gave it."""

    event_id: bytes
    extension: Extension
    to_day: int | None


class Deadline(NamedTuple):
    """What is known of a deadline at one moment; a value."""

    deadline_id: str
    instance_id: str  # 64 hex digits.
    period: str  # Of a recurring one the last day of its period, else empty.
    trigger: Trigger
    started_day: int
    started_at: int  # Microseconds UTC; what hours count from.
    due_at: int | None  # Microseconds UTC; None while paused, or for ever.
    provisional: bool
    calendar_version: str
    pauses: tuple[PauseFact, ...]
    extensions: tuple[ExtensionFact, ...]
    state: str
    fulfilled_by: bytes | None
    broken_by: bytes | None
    cancelled_by: bytes | None
    missed_on_record: bool  # It was judged missed at its due instant, whatever came later.
    rule: DeadlineRule
    rule_set_version: str
    term: Term  # By which it counts: what started it, or its agency, may have its own length.
    ended_by: bytes | None = None  # Event id of the act by which the platform itself ended it.

    @property
    def is_ended(self) -> bool:
        """Whether the platform itself ended what was due, so that nothing was missed."""
        return self.ended_by is not None and self.state == MET


class Running:
    """A deadline while the stream goes on."""

    def __init__(
        self,
        rule: DeadlineRule,
        rule_set_version: str,
        trigger: Trigger,
        term: Term,
        key: Key,
        *,
        is_permanent: bool = False,
        is_by_passing: bool = False,
        period: str = "",
    ) -> None:
        self.rule = rule
        self.rule_set_version = rule_set_version
        self.trigger = trigger
        self.term = term
        self.key = key
        self.period = period
        self.id = instance_id(rule.id, trigger, period)
        self.waits_for: tuple[Running, ...] = ()  # Those it counts from; it runs on their due.
        self.dependents: list[Running] = []
        self.reading: Reading | None = None  # Of the trigger, where another starts by its passing.
        self.fulfilled: dict[int, Fact] = {}
        self.broken: Fact | None = None
        self.cancelled: Fact | None = None
        self.is_annulled = False
        self.pauses: list[PauseFact] = []
        self._open_pauses: dict[Key, deque[int]] = {}  # Places in ``pauses``.
        self._paused: list[tuple[int, int]] = []  # The others, joined.
        self.extensions: list[ExtensionFact] = []
        self.is_judged = False
        self.missed_on_record = False
        self.ended_by: bytes | None = None  # Told once, and for good.
        self._is_end_annulled = False
        self.due: DueInstant | None = None
        self.is_by_passing = is_by_passing  # Of another deadline, and not by the act itself.
        self._is_permanent = is_permanent

    def count(self, calendar: Calendar) -> None:
        """Compute the due instant anew, by a calendar."""
        term = self._counted_term()
        if term is None or self.is_permanent or self._open_pauses:
            self.due = None
            return
        extended = [
            Extended(it.extension.add, it.to_day, it.extension.most) for it in self.extensions
        ]
        due = due_instant(term, calendar, self._paused, extended)
        shaky = any(it.due is not None and it.due.provisional for it in self.waits_for)
        self.due = due._replace(provisional=due.provisional or shaky)

    def _counted_term(self) -> Term | None:
        """Return the term; one that counts from others starts at the latest of their ends."""
        if not self.waits_for:
            return self.term
        ends = [it.due.at for it in self.waits_for if it.due is not None]
        if len(ends) < len(self.waits_for):
            return None
        # 24:00 is the first instant of the next day.
        return self.term._replace(start_day=day_of(max(ends) - 1), start_at=max(ends))

    @property
    def is_permanent(self) -> bool:
        """Whether it never ends."""
        return self._is_permanent or any(it.extension.is_permanent for it in self.extensions)

    @property
    def due_at(self) -> int:
        """The due instant; ``NEVER`` while there is none."""
        return NEVER if self.due is None else self.due.at

    @property
    def judged_from(self) -> int:
        """The instant after which it is judged: due, and its trigger in the ledger."""
        return max(self.due_at, self.trigger.received_at)

    @property
    def earliest_day(self) -> int:
        """The first day on which an act can fulfil it."""
        if self.period:
            return self.term.start_day
        return min(self.term.start_day, day_of(self.trigger.occurred_at))

    @property
    def fulfilment(self) -> Fact | None:
        """The act that completed it; None while a part is missing."""
        if not self.fulfilled or self.rule.parts - self.fulfilled.keys():
            return None
        return max(self.fulfilled.values(), key=lambda fact: fact.occurred_at)

    @property
    def is_over(self) -> bool:
        """Whether it was cancelled, or its trigger annulled."""
        return self.is_annulled or self.cancelled is not None

    @property
    def is_settled(self) -> bool:
        """Whether no act can change its state but an annulment."""
        if self.is_over:
            return True
        if self.rule.kind == "WAIT":
            return self.broken is not None or self.is_judged
        return self.fulfilment is not None

    @property
    def state(self) -> str:
        """OPEN, MET, MET_LATE_REPORTED, MISSED or CANCELLED."""
        if self.is_over:
            return CANCELLED
        if self.rule.kind == "WAIT":
            if self.broken is not None:
                return MISSED
            return MET if self.is_judged else OPEN
        fact = self.fulfilment
        if self._is_ended:
            return MET if fact is None or not fact.is_late_report else MET_LATE_REPORTED
        if fact is None:
            return MISSED if self.is_judged else OPEN
        if fact.occurred_at > self.due_at:
            return MISSED
        return MET_LATE_REPORTED if fact.is_late_report else MET

    @property
    def _is_ended(self) -> bool:
        return self.ended_by is not None and not self._is_end_annulled

    @property
    def has_named_end(self) -> bool:
        """Whether an act names its last day, and not the law alone."""
        return self.term.on_day is not None or any(it.to_day is not None for it in self.extensions)

    def fulfil(self, part: int, fact: Fact) -> bool:
        """Take in an act that fulfils it or a part of it; return whether it does."""
        held = self.fulfilled.get(part)
        if self.rule.is_backward:
            # The last one before the event counts: an earlier notice named another day.
            is_better = held is None or fact.occurred_at > held.occurred_at
            does = is_better and fact.occurred_at <= self.trigger.occurred_at
        else:
            is_better = held is None or fact.occurred_at < held.occurred_at
            is_end = fact.event_id == self.ended_by  # Also of what began after its last day.
            does = is_better and (is_end or day_of(fact.occurred_at) >= self.earliest_day)
        if does:
            self.fulfilled[part] = fact
        return does

    def judge(self) -> None:
        """State that its time is over; a miss stays on record whatever is learnt later."""
        self.is_judged = True
        self.missed_on_record = self.missed_on_record or self.state == MISSED

    def count_from(self, others: tuple[Running, ...]) -> None:
        """Let it start at the latest end of others, whenever that moves."""
        self.waits_for = others
        for other in others:
            other.dependents.append(self)

    def extend(self, fact: Fact, extension: Extension, to_day: int | None) -> bool:
        """Take in an extension; return False if it came too late or too often."""
        used = sum(it.extension == extension for it in self.extensions)
        is_spent = extension.times is not None and used >= extension.times
        if is_spent or fact.occurred_at > self.due_at:
            return False
        if to_day is None and not extension.add and not extension.is_permanent:
            return False
        self.extensions.append(ExtensionFact(fact.event_id, extension, to_day))
        return True

    def pause(self, pause: PauseFact) -> None:
        """Take in a time that does not count."""
        if pause.last_day is None:
            self._open_pauses.setdefault(pause.pair, deque()).append(len(self.pauses))
        else:
            join_span(self._paused, pause.first_day, pause.last_day)
        self.pauses.append(pause)

    def resume(self, fact: Fact, pair: Key) -> bool:
        """End the open pause of this pair with the day of an act; return whether there is one."""
        places = self._open_pauses.get(pair)
        if places is None:
            return False
        place = places.popleft()
        if not places:
            del self._open_pauses[pair]
        pause = self.pauses[place]
        last = max(pause.first_day, day_of(fact.occurred_at))
        self.pauses[place] = pause._replace(last_day=last, ended_by=fact.event_id)
        join_span(self._paused, pause.first_day, last)
        return True

    def forget(self, event_id: bytes) -> None:
        """Take away what an annulled act did; without its trigger nothing is left."""
        if event_id == self.trigger.event_id:
            self.is_annulled = True
        if event_id == self.ended_by:
            self._is_end_annulled = True
        self.forget_fact(event_id)

    def forget_fact(self, event_id: bytes) -> None:
        """Take away what an act did to it, but not that it started it."""
        self.fulfilled = {
            part: fact for part, fact in self.fulfilled.items() if fact.event_id != event_id
        }
        if self.broken is not None and self.broken.event_id == event_id:
            self.broken = None
        if self.cancelled is not None and self.cancelled.event_id == event_id:
            self.cancelled = None
        self.extensions = [it for it in self.extensions if it.event_id != event_id]
        kept = [it for it in self.pauses if it.event_id != event_id]
        self.pauses, self._open_pauses, self._paused = [], {}, []
        for it in kept:
            is_ended = it.ended_by != event_id
            self.pause(it if is_ended else it._replace(last_day=None, ended_by=None))

    def forget_facts(self) -> None:
        """Take away all that acts did to it."""
        self.fulfilled, self.broken, self.cancelled = {}, None, None
        self.extensions, self.pauses = [], []
        self._open_pauses, self._paused = {}, []

    def view(self) -> Deadline:
        """Return the deadline as it stands."""
        fact, due = self.fulfilment, self.due
        term = self._counted_term() or self.term
        return Deadline(
            self.rule.id,
            self.id,
            self.period,
            self.trigger,
            term.start_day,
            term.start_at,
            None if due is None else due.at,
            due is not None and due.provisional,
            "" if due is None else due.calendar_version,
            tuple(self.pauses),
            tuple(self.extensions),
            self.state,
            None if fact is None else fact.event_id,
            None if self.broken is None else self.broken.event_id,
            None if self.cancelled is None else self.cancelled.event_id,
            self.missed_on_record,
            self.rule,
            self.rule_set_version,
            term,
            self.ended_by if self._is_ended else None,
        )


def instance_id(deadline_id: str, trigger: Trigger, period: str) -> str:
    """Return the id of a running deadline: 64 hex digits.

    SHA-256 over the length-prefixed texts (deadline id, stream, trigger's event id as a UUID); of
    a recurring deadline the last text is ``<uuid>#<last day of the period>``.
    """
    cause = uuid_text(trigger.event_id)
    return alert_id(deadline_id, trigger.stream_key, f"{cause}#{period}" if period else cause)


def ending_event_id(event_type: str, stream_key: str, began: bytes) -> bytes:
    """Return the event id of the act by which the platform itself ends what an act began.

    UUIDv8 of the SHA-256 over the length-prefixed texts (type of the ending act, stream, event id
    of the act that began it as a UUID).
    """
    return alert_event_id(alert_id(event_type, stream_key, uuid_text(began)))


def trigger_of(item: StreamAct) -> Trigger:
    """Return an act as the trigger of a deadline."""
    act = item.act
    return Trigger(
        act.event_id,
        act.event_type,
        act.stream_key,
        act.agency_id,
        act.case_id,
        act.item_code,
        act.occurred_at,
        item.entry.received_at,
        act.aggregate_id,
    )


def fact_of(item: StreamAct) -> Fact:
    """Return an act as a fact of a deadline."""
    return Fact(item.act.event_id, item.act.occurred_at, item.entry.received_at)
