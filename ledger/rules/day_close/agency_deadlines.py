"""The deadlines of agencies that run over all of their acts, judged at the end of a day.

Read before: ``agency_memory``, docs/spec/deadlines.md. Read next: ``closing``.

One a row and day from which it counts, or a row and period. It is judged once its due instant has
passed in every log, by the acts received up to then, as they read at the end of that day: what is
annulled or does not count in its stream is left out, what is corrected counts as corrected. What
was met is judged again once an act is annulled or corrected by which it was; what was missed is
missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from ledger.domain.control_records import day_of
from ledger.domain.deadline_rules import DeadlineRule
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import end_of_day, period_end
from ledger.rules.day_close.agency_memory import (
    CHANGED,
    DONE_MAX,
    REGISTERED,
    REVOKED,
    AgencyMemory,
    bounded,
    rows_of,
)
from ledger.rules.day_close.rule import Day, DayAct, Ref, Row, Rows
from ledger.rules.deadline_due import Term, due_instant
from ledger.rules.deadline_facts import Reading
from ledger.rules.deadline_instance import MISSED, Deadline, Fact, Running, trigger_of
from ledger.rules.deadline_missed import needs_act
from ledger.rules.deadline_start import MONTHS_OF_PERIOD, period_key, term_by_act, term_of_period

ROWS_ID: Final = "AGENCY"  # Under which rows are kept beside those of day-close rules.
WAITS: Final = "waits "  # No identifier has a space.
GROUND: Final = "ground "
_AGENCY: Final = "agency:"


class AgencyDeadlines:
    """Finds what agencies did not do in time."""

    def __init__(self) -> None:
        self._memory = AgencyMemory()

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in the next act of the day."""
        self._memory.take(act, rows)

    def forget(self, rows: Rows) -> None:
        """Forget what is of one day only."""
        if rows.get(CHANGED) is not None:
            rows.drop(CHANGED)
        for agency_id, row in [*rows.touched()]:
            if _is_agency(agency_id):
                _index(agency_id, row, rows)

    def close(self, day: Day, rows: Rows) -> list[Deadline]:
        """Return what is missed at the end of a day, by agency, row and place."""
        changed = frozenset(rows.get(CHANGED) or ())
        judge = _Judge(day, changed)
        found: list[Deadline] = []
        for agency_id in judge.candidates(rows):
            row = rows.get(agency_id)
            if row is not None and judge.concerns(row):
                found += judge.of_agency(agency_id, rows.open(agency_id, dict))
        self.forget(rows)
        return [one for one in found if needs_act(one)]


class _Fact(NamedTuple):
    """An act that an agency's row remembers."""

    kind: str
    occurred_at: int | None  # Of a correction it is not known.
    ref: Ref

    @property
    def order(self) -> tuple[int, bool, int, int]:
        """Its place among the acts of all logs."""
        log = self.ref.log
        number = int(log) if log.isdecimal() else 0
        return (self.ref.received_at, log.isdecimal(), number, self.ref.leaf_index)


class _Outcome(NamedTuple):
    """What came of judging.

    Attributes:
        missed: The deadline, if it is missed.
        grounds: Event ids (hex) of the acts for which it is not.
    """

    missed: Deadline | None
    grounds: list[str]


class _Judge:
    """Judges the rows of agencies at the end of one day."""

    def __init__(self, day: Day, changed: frozenset[str]) -> None:
        self._day = day
        self._changed = changed
        self._rules = {
            (rules.version, rule.id): rule
            for rules in day.control.rule_sets
            for rule in rows_of(rules)
        }
        self._ending = [rule for rule in rows_of(day.rules) if _ends(rule, day.number)]
        self._due: dict[tuple[str, str, str], bool] = {}

    def candidates(self, rows: Rows) -> list[str]:
        """Return the agencies that may have something to open or judge, ascending.

        All of them where a period ends; else those of the day's acts, those with something that
        can be over, and those for which an act counted that the day has changed.
        """
        if self._ending:
            return [key for key, _ in rows.items() if _is_agency(key)]
        found = {key for key, _ in rows.touched() if _is_agency(key)}
        for key, row in rows.items(WAITS):
            if any(self._may_be_due(*one) for one in _waiting(row)):
                found.add(key.removeprefix(WAITS))
        for event_id in self._changed:
            start = f"{GROUND}{event_id} "
            found.update(key.removeprefix(start) for key, _ in rows.items(start))
        return sorted(found)

    def concerns(self, row: Row) -> bool:
        """Tell whether something of an agency is to be opened or judged."""
        is_due = any(self._may_be_due(*one) for one in _waiting(row))
        return bool(self._ending) or is_due or any(self._again(row))

    def of_agency(self, agency_id: str, row: Row) -> Iterator[Deadline]:
        """Open and judge; the row is changed."""
        for rule in self._ending:
            if any(name in row["facts"] for start in rule.starts for name in start.ref.types):
                opened = row["open"].setdefault(rule.id, {})
                opened[str(self._day.number)] = self._day.rules.version
        for rule_id, place, what in sorted(self._again(row), key=_by_place):
            outcome = self._judged(agency_id, row, rule_id, place, what, self._day.cut)
            if outcome is not None:
                yield from self._done(row, rule_id, place, what, outcome)
        for rule_id, place, what in sorted(_waiting(row), key=_by_place):
            if self._may_be_due(rule_id, place, what):
                outcome = self._judged(agency_id, row, rule_id, place, what, None)
                if outcome is not None:
                    del row["open"][rule_id][place]
                    yield from self._done(row, rule_id, place, what, outcome)

    def _again(self, row: Row) -> Iterator[tuple[str, str, Any]]:
        """Yield what was judged by acts that the day has changed."""
        for rule_id, held in row["done"].items() if self._changed else ():
            for place, done in held.items():
                if done is not None and not self._changed.isdisjoint(done["grounds"]):
                    yield rule_id, place, done["what"]

    def _done(
        self, row: Row, rule_id: str, place: str, what: Any, outcome: _Outcome
    ) -> Iterator[Deadline]:
        held = row["done"].setdefault(rule_id, {})
        held.pop(place, None)
        if outcome.missed is not None:
            held[place] = None
            yield outcome.missed
        elif outcome.grounds:  # Else nobody owed it: nothing that counts started it.
            held[place] = {"what": what, "grounds": outcome.grounds}
        bounded(held, DONE_MAX, row)

    def _may_be_due(self, rule_id: str, place: str, what: Any) -> bool:
        """Tell whether a deadline can be over; reads nothing, and is asked of each that waits."""
        version = _version(what)
        key = version, rule_id, place
        if key not in self._due:
            rule = self._rules.get((version, rule_id))
            self._due[key] = rule is None or self._soonest(rule, int(place)) <= self._day.cut
        return self._due[key]

    def _soonest(self, rule: DeadlineRule, day: int) -> int:
        calendar = self._day.control.calendar
        if rule.every is not None:
            return due_instant(term_of_period(rule, rule.starts[0], day, {}), calendar).at
        begin = end_of_day(day - 1)
        if any(start.due_dates for start in rule.starts):
            return begin
        terms = [Term(day, begin, it.length, it.unit, rule.rolls) for it in rule.starts]
        return min(due_instant(term, calendar).at for term in terms)

    def _judged(
        self, agency_id: str, row: Row, rule_id: str, place: str, what: Any, until: int | None
    ) -> _Outcome | None:
        """Judge one; None if it is not due yet.

        Args:
            agency_id: Whose it is.
            row: The agency's row.
            rule_id: Row of the rule set.
            place: Its day or the last day of its period.
            what: What it was opened with.
            until: By acts received up to then; None: up to its own due instant.
        """
        seen = _Seen(self._day, row)
        if isinstance(what, str):
            running = self._of_period(seen, agency_id, rule_id, int(place), what)
        else:
            running = self._of_day(seen, agency_id, rule_id, what)
        if running is None or not row["powers"]:
            return _Outcome(None, seen.grounds)
        if running.judged_from > self._day.cut:
            return None
        seen.play(running, running.judged_from if until is None else until)
        running.judge()
        return _Outcome(running.view() if running.state == MISSED else None, seen.grounds)

    def _of_day(
        self, seen: _Seen, agency_id: str, rule_id: str, starts: list[list[Any]]
    ) -> Running | None:
        """Return the deadline that the first act that counts starts; None if there is none."""
        for version, *ref in starts:
            rule = self._rules.get((version, rule_id))
            item = seen.current(Ref(*ref))
            if rule is None or item is None:
                continue
            reading = Reading(item, None, None, {})
            fitting = (it for it in rule.starts if item.event_type in it.ref.types)
            start = next((it for it in fitting if reading.fits(it.ref)), None)
            term = None if start is None else term_by_act(rule, start, reading, {})
            if start is None or term is None or not seen.is_active(item.act.occurred_at):
                continue
            return self._running(rule, version, agency_id, item, term, reading.key(start.ref.key))
        return None

    def _of_period(
        self, seen: _Seen, agency_id: str, rule_id: str, last: int, version: str
    ) -> Running | None:
        """Return the deadline of a period; None if the agency was not registered throughout."""
        rule = self._rules.get((version, rule_id))
        if rule is None:
            return None
        start = rule.starts[0]
        term = term_of_period(rule, start, last, {})
        item = seen.registered(rule, due_instant(term, self._day.control.calendar).at)
        if item is None or last < day_of(max(item.act.occurred_at, item.entry.received_at)):
            return None
        key = period_key(start, term) or Reading(item, None, None, {}).key(start.ref.key)
        return self._running(rule, version, agency_id, item, term, key, str(last))

    def _running(
        self,
        rule: DeadlineRule,
        version: str,
        agency_id: str,
        item: StreamAct,
        term: Term,
        key: tuple[str | None, ...],
        period: str = "",
    ) -> Running:
        trigger = trigger_of(item)._replace(
            stream_key=f"{_AGENCY}{agency_id}", agency_id=agency_id, case_id=None, item_code=None
        )
        running = Running(rule, version, trigger, term, key, period=period)
        running.count(self._day.control.calendar)
        return running


class _Seen:
    """The acts of one agency while one deadline of it is judged."""

    def __init__(self, day: Day, row: Row) -> None:
        self._day = day
        self._facts = row["facts"]
        self.grounds: list[str] = []

    def current(self, ref: Ref) -> StreamAct | None:
        """Return an act as it reads at the end of the day, None if it does not count."""
        return self._day.current(ref)

    def is_active(self, at: int) -> bool:
        """Tell whether the agency was not revoked before an instant, or was registered since."""
        if REVOKED not in self._facts:
            return True
        newest: StreamAct | None = None
        for fact in self._of((REGISTERED, REVOKED)):
            item = self.current(fact.ref)
            if item is None or item.act.occurred_at >= at:
                continue
            if newest is None or item.act.occurred_at >= newest.act.occurred_at:
                newest = item
        if newest is None or newest.event_type != REVOKED:
            return True
        self.grounds.append(newest.act.event_id.hex())
        return False

    def registered(self, rule: DeadlineRule, due_at: int) -> StreamAct | None:
        """Return the act on which a recurring duty rests: the first that nothing has ended."""
        held: StreamAct | None = None
        starts = [it.ref for it in rule.starts]
        for fact in self._of({name for ref in (*starts, *rule.cancels) for name in ref.types}):
            item = self.current(fact.ref)
            if item is None or fact.ref.received_at > due_at or item.act.occurred_at > due_at:
                continue
            reading = Reading(item, None, None, {})
            if any(item.event_type in it.types and reading.fits(it) for it in rule.cancels):
                self._note(item, fact.ref)
                held = None
            elif held is None and any(reading.fits(it) for it in starts):
                held = item
        return held

    def play(self, running: Running, until: int) -> None:
        """Let the acts received up to an instant fulfil a deadline or cancel it."""
        rule = running.rule
        refs = [*(it.ref for it in rule.fulfils), *(rule.cancels if rule.every is None else ())]
        for fact in self._of({name for ref in refs for name in ref.types}):
            at = fact.occurred_at
            is_meant = at is None or (day_of(at) >= running.earliest_day and at <= running.due_at)
            if running.is_settled:
                return
            item = self.current(fact.ref) if is_meant and fact.ref.received_at <= until else None
            if item is not None and item.act.occurred_at <= running.due_at:
                self._play(running, item, fact.ref)

    def _play(self, running: Running, item: StreamAct, ref: Ref) -> None:
        rule, reading = running.rule, Reading(item, None, None, {})
        fact = Fact(item.act.event_id, item.act.occurred_at, ref.received_at)
        for one in rule.fulfils:
            is_it = item.event_type in one.ref.types and reading.fits(one.ref)
            is_keyed = one.ref.is_for_all or reading.key(one.ref.key) == running.key
            if is_it and is_keyed and running.fulfil(one.part, fact):
                self._note(item, ref)
        for cancel in rule.cancels if rule.every is None else ():
            if item.event_type in cancel.types and reading.fits(cancel):
                running.cancelled = fact
                self._note(item, ref)

    def _note(self, item: StreamAct, ref: Ref) -> None:
        """Remember an act as a ground, and the correction by which it is one."""
        self.grounds += dict.fromkeys((item.act.event_id.hex(), ref.event_id))

    def _of(self, kinds: Iterable[str]) -> list[_Fact]:
        found = [
            _Fact(kind, fact[0], Ref(*fact[1:]))
            for kind in kinds
            for of_day in self._facts.get(kind, {}).values()
            for fact in of_day
        ]
        return sorted(found, key=lambda fact: fact.order)


def _is_agency(key: str) -> bool:
    return " " not in key and key != CHANGED


def _index(agency_id: str, row: Row, rows: Rows) -> None:
    """Note what of an agency waits and what it was judged by, to be found without its row."""
    waiting: dict[str, dict[str, str]] = {}
    for rule_id, place, what in _waiting(row):
        waiting.setdefault(rule_id, {})[place] = _version(what)
    judged = (done for held in row["done"].values() for done in held.values() if done is not None)
    grounds = sorted({event_id for done in judged for event_id in done["grounds"]})
    before = rows.get(WAITS + agency_id) or {"open": {}, "grounds": []}
    after = {"open": waiting, "grounds": grounds}
    if before == after:
        return
    for event_id in set(before["grounds"]) - set(grounds):
        rows.drop(f"{GROUND}{event_id} {agency_id}")
    for event_id in set(grounds) - set(before["grounds"]):
        rows.put(f"{GROUND}{event_id} {agency_id}", 1)
    if waiting or grounds:
        rows.put(WAITS + agency_id, after)
    else:
        rows.drop(WAITS + agency_id)


def _version(what: Any) -> str:
    """Return the version of the rule set under which something was opened first."""
    return str(what if isinstance(what, str) else what[0][0])


def _ends(rule: DeadlineRule, day: int) -> bool:
    return rule.every is not None and period_end(day, MONTHS_OF_PERIOD[rule.every]) == day


def _waiting(row: Row) -> Iterator[tuple[str, str, Any]]:
    """Yield row, place and what it was opened with of all that is not judged."""
    for rule_id, held in row["open"].items():
        for place, what in held.items():
            yield rule_id, place, what


def _by_place(one: tuple[str, str, Any]) -> tuple[str, int]:
    return one[0], int(one[1])
