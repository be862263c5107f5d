"""All deadlines of one stream, kept up to date act by act.

Read before: docs/spec/deadlines.md, ``deadline_instance``. Read next: ``deadline_corrections``,
``deadline_missed``.

The engine knows no event type and no number: rows of the published rule set say which acts start,
fulfil, extend, pause, cancel or break what (``ledger/domain/deadline_rules.py``). A deadline keeps
the row under which it started; a later rule set governs what starts later. The same acts give the
same deadlines, whoever runs the engine and wherever it was restarted.
What an act costs depends on the rows of its type and on the deadlines that it concerns, not on
how long the stream is. Trusts that it is given what counts (``ledger.domain.stream``), in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ledger.domain.control_records import CalendarYear, day_of
from ledger.domain.deadline_rules import (
    DeadlineRule,
    DeadlineRules,
    Extension,
    Fulfilment,
    Pause,
    PauseEnd,
    Ref,
    Start,
    Use,
    Uses,
)
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import end_of_day
from ledger.rules.deadline_due import Term
from ledger.rules.deadline_facts import Key, Reading, SourceMemory
from ledger.rules.deadline_index import EarlyActs, Precedents, Unsettled
from ledger.rules.deadline_instance import (
    MISSED,
    OPEN,
    Deadline,
    PauseFact,
    Running,
    Trigger,
    ending_event_id,
    fact_of,
    instance_id,
    trigger_of,
)
from ledger.rules.deadline_start import (
    is_day,
    latest_day,
    period_key,
    term_by_act,
    term_by_passing,
    term_of_period,
)

NOTHING: Final = Uses((), (), (), (), (), (), (), ())


class Terms(NamedTuple):
    """What deadlines are counted by when an act comes: of the control log at its controlSize."""

    version: str  # Of the rule set.
    rules: DeadlineRules
    calendar: Mapping[int, CalendarYear]
    lengths: Mapping[str, int] = {}  # An agency's own lengths, by the name in ``override``.
    endings: frozenset[str] = frozenset()  # Types by which the platform itself ends what is due.


class Deadlines:
    """The deadlines of one stream, or of one agency."""

    def __init__(self, scope: str = "STREAM") -> None:
        """Start with nothing.

        Args:
            scope: STREAM runs the rows over one stream; AGENCY those over all acts of an agency.
        """
        self._scope = scope
        self._versions: dict[str, Terms] = {}
        self._calendar: Mapping[int, CalendarYear] = {}
        self._sources = SourceMemory()
        self._running: dict[str, Running] = {}
        self._unsettled = Unsettled()
        self._unjudged: dict[str, Running] = {}
        self._queue: list[tuple[int, str]] = []  # When to judge which.
        self._renewals: list[tuple[int, str]] = []  # When the period after which begins.
        self._early = EarlyActs()
        self._came_before = Precedents()
        self._keys_ever: dict[tuple[str, Key], bytes] = {}  # And the trigger of each.
        self._touched: dict[bytes, set[str]] = {}
        self._answering: set[str] = set()  # Rows in which the present act fulfilled something.
        self._begun: set[str] = set()  # Rows of which the present act started one.
        self._endings: frozenset[str] = frozenset()
        self._ended: dict[bytes, str] = {}  # Deadlines that the platform ended, by its acts' ids.
        self._changed: set[str] = set()  # Looked at since somebody asked what changed.

    def apply(self, item: StreamAct, terms: Terms) -> list[Deadline]:
        """Take in the next act.

        Args:
            item: The act, with its entry; ``receivedAt`` never decreases.
            terms: Rule set and calendar at the entry's ``controlSize``.

        Returns:
            What ``advance`` returns for the act's ``receivedAt``, then backward deadlines that
            this act shows as missed.
        """
        now = item.entry.received_at
        missed = self.advance(now, terms)
        self._annul(item, terms.rules)
        reading = self._sources.read(item, terms.rules)
        self._answering.clear()
        self._begun.clear()
        for known in self._versions.values():
            self._play(known.rules.by_type.get(item.event_type, NOTHING), reading, known)
        uses = terms.rules.by_type.get(item.event_type, NOTHING)
        self._remember(uses, reading)
        for use in uses.starts:
            missed += self._start_by_act(use, reading, terms)
        return [*missed, *self._judge_due(now)]

    def advance(self, now: int, terms: Terms) -> list[Deadline]:
        """Let the ledger's time pass, as a heartbeat does.

        Args:
            now: ``receivedAt`` of the newest entry, microseconds UTC.
            terms: Rule set and calendar by which open deadlines are counted from now on.

        Returns:
            Deadlines that were due before ``now`` and are missed by what had been received, or
            ended by the platform itself, in the order of their due instants. Each is returned
            once.
        """
        self._adopt(terms)
        while self._renewals and self._renewals[0][0] < now:
            self._renew(heappop(self._renewals)[1], terms)
        return self._judge_due(now)

    def next_at(self) -> int | None:
        """Return the instant after which ``advance`` has something to do, None if there is none.

        Microseconds UTC; by the calendar that deadlines were counted with last.
        """
        while self._queue and not self._is_awaited(*self._queue[0]):
            heappop(self._queue)
        return min((queue[0][0] for queue in (self._queue, self._renewals) if queue), default=None)

    def all(self) -> list[Deadline]:
        """Return every deadline as it stands, in the order in which they started."""
        return [running.view() for running in self._running.values()]

    def open(self) -> list[Deadline]:
        """Return those that are open."""
        return [running.view() for running in self._running.values() if running.state == OPEN]

    def take_changed(self) -> list[Deadline]:
        """Return those that may stand otherwise than when this was last asked, by their ids."""
        changed = [self._running[running_id].view() for running_id in sorted(self._changed)]
        self._changed.clear()
        return changed

    def _adopt(self, terms: Terms) -> None:
        """Count open deadlines anew where the calendar is another one than before."""
        # The newest rule set comes last: older ones are played first.
        self._versions.pop(terms.version, None)
        self._versions[terms.version] = terms
        self._endings = terms.endings
        if terms.calendar is self._calendar or terms.calendar == self._calendar:
            return
        self._calendar = terms.calendar
        for running in list(self._unjudged.values()):
            self._count(running)

    # -- what an act does ------------------------------------------------------------------------

    def _play(self, uses: Uses, reading: Reading, terms: Terms) -> None:
        for use in uses.cancels:
            self._cancel(use, reading, terms)
        for use in uses.pauses:
            self._pause(use, reading, terms)
        for use in uses.resumes:
            self._resume(use, reading, terms)
        for use in uses.extends:
            self._extend(use, reading, terms)
        for use in uses.breaks:
            self._break(use, reading, terms)
        for use in uses.fulfils:
            self._fulfil(use, reading, terms)

    def _concerned(self, use: Use, ref: Ref, reading: Reading, terms: Terms) -> list[Running]:
        """Return the unsettled deadlines that an act concerns in one role."""
        row = (terms.version, use.rule.id)
        if use.rule.scope != self._scope or not self._unsettled.has(row) or not reading.fits(ref):
            return []
        found = self._unsettled.find(row, None if ref.is_for_all else reading.key(ref.key))
        for running in found:
            self._touch(reading.item.act.event_id, running)
        return found

    def _cancel(self, use: Use, reading: Reading, terms: Terms) -> None:
        assert isinstance(use.what, Ref)
        fact = fact_of(reading.item)
        for running in self._concerned(use, use.what, reading, terms):
            # What is over is over: a revocation after the due day heals no miss.
            if fact.occurred_at <= running.due_at:
                running.cancelled = fact
                self._settle(running)

    def _pause(self, use: Use, reading: Reading, terms: Terms) -> None:
        pause, act = use.what, reading.item.act
        assert isinstance(pause, Pause)
        first, last = day_of(act.occurred_at), None
        if pause.span is not None:
            first, last = reading.first(pause.span[:1]), reading.first(pause.span[1:])
            if not is_day(first) or not is_day(last) or last < first:
                return
        fact = PauseFact(act.event_id, reading.key(pause.pair), first, last, None)
        for running in self._concerned(use, pause.ref, reading, terms):
            if act.occurred_at <= running.due_at:
                running.pause(fact)
                self._recount(running)

    def _resume(self, use: Use, reading: Reading, terms: Terms) -> None:
        end = use.what
        assert isinstance(end, PauseEnd)
        pair = reading.key(end.pair)
        for running in self._concerned(use, end.ref, reading, terms):
            if running.resume(fact_of(reading.item), pair):
                self._recount(running)

    def _extend(self, use: Use, reading: Reading, terms: Terms) -> None:
        extension = use.what
        assert isinstance(extension, Extension)
        for running in self._concerned(use, extension.ref, reading, terms):
            to_day = latest_day(reading, extension.to)
            if running.extend(fact_of(reading.item), extension, to_day):
                self._recount(running)

    def _break(self, use: Use, reading: Reading, terms: Terms) -> None:
        assert isinstance(use.what, Ref)
        fact = fact_of(reading.item)
        for running in self._concerned(use, use.what, reading, terms):
            day = day_of(fact.occurred_at)
            if fact.occurred_at <= running.due_at and day >= running.earliest_day:
                running.broken = fact
                self._settle(running)

    def _fulfil(self, use: Use, reading: Reading, terms: Terms) -> None:
        fulfilment = use.what
        assert isinstance(fulfilment, Fulfilment)
        named = self._ended.get(reading.item.act.event_id)
        for running in self._concerned(use, fulfilment.ref, reading, terms):
            if named is not None and running.id != named:
                continue
            if running.fulfil(fulfilment.part, fact_of(reading.item)):
                self._answering.add(use.rule.id)
            if running.is_settled:
                self._settle(running)

    def _remember(self, uses: Uses, reading: Reading) -> None:
        """Keep what an act may mean for a deadline that has not started yet."""
        for use in uses.after:
            assert isinstance(use.what, Ref)
            if use.rule.scope == self._scope and reading.fits(use.what):
                key = None if use.what.is_for_all else reading.key(use.what.key)
                self._came_before.keep((use.rule.id, key), reading.item.act.event_id)
        for use in uses.fulfils:
            assert isinstance(use.what, Fulfilment)
            is_ours = use.rule.scope == self._scope and use.rule.id not in self._answering
            is_ours = is_ours and reading.item.act.event_id not in self._ended
            if is_ours and reading.fits(use.what.ref):
                key = None if use.what.ref.is_for_all else reading.key(use.what.ref.key)
                self._early.keep((use.rule.id, key), fact_of(reading.item), use.what.part)

    # -- how one starts --------------------------------------------------------------------------

    def _start_by_act(self, use: Use, reading: Reading, terms: Terms) -> list[Deadline]:
        rule, start = use.rule, use.what
        assert isinstance(start, Start)
        if rule.scope != self._scope or not reading.fits(start.ref):
            return []
        trigger, key = _trigger(start, reading), reading.key(start.ref.key)
        if rule.id in self._begun or not self._may_start(rule, key):
            return []  # An earlier line of the row fitted, or one of this key runs.
        if rule.every is not None:
            day = day_of(trigger.occurred_at)
            if is_day(day):  # No period is over before anybody could know that one began.
                day = max(day, day_of(trigger.received_at))
                self._start_period(rule, trigger, key, day, terms)
            return []
        term = term_by_act(rule, start, reading, terms.lengths)
        if term is None:
            return []
        before = len(self._running)
        missed = self._start(use, trigger, term, reading, terms)
        if len(self._running) > before:
            self._begun.add(rule.id)
        return missed

    def _start_by_passing(self, passed: Running) -> list[Deadline]:
        terms, reading = self._versions[passed.rule_set_version], passed.reading
        missed: list[Deadline] = []
        if reading is None:
            return missed
        for use in terms.rules.by_deadline.get(passed.rule.id, ()):
            start = use.what
            assert isinstance(start, Start)
            if reading.fits(start.ref) and self._may_start(use.rule, reading.key(start.ref.key)):
                term = term_by_passing(use.rule, start, passed)
                missed += self._start(use, passed.trigger, term, reading, terms)
        return missed

    def _may_start(self, rule: DeadlineRule, key: Key) -> bool:
        if rule.after and not self._came_before.has(rule.id, key):
            return False
        if rule.once == "EVER":
            return (rule.id, key) not in self._keys_ever
        if rule.once == "OPEN":
            return not any(self._unsettled.find((it, rule.id), key) for it in self._versions)
        return True

    def _start(
        self, use: Use, trigger: Trigger, term: Term, reading: Reading, terms: Terms
    ) -> list[Deadline]:
        rule, start = use.rule, use.what
        assert isinstance(start, Start)
        running = Running(
            rule,
            terms.version,
            trigger,
            term,
            reading.key(start.ref.key),
            is_permanent=start.is_permanent,
            is_by_passing=start.deadline is not None,
        )
        if running.id in self._running:
            return []  # It passed before, and was counted anew since.
        if start.due_of:
            ids = (instance_id(it, trigger, "") for it in start.due_of)
            running.count_from(tuple(self._running[it] for it in ids if it in self._running))
            if not running.waits_for:
                return []
        if rule.id in terms.rules.by_deadline:
            running.reading = reading
        self._enter(running)
        self._take_early(running)
        if running.is_settled:
            self._settle(running)
        return self._judge(running) if rule.is_backward else []

    def _take_early(self, running: Running) -> None:
        for fact in self._early.take(running):
            self._touch(fact.event_id, running)

    def _start_period(
        self, rule: DeadlineRule, trigger: Trigger, key: Key, day: int, terms: Terms
    ) -> None:
        """Start the deadline of the period that a day lies in, and plan the next one."""
        start = rule.starts[0]
        term = term_of_period(rule, start, day, terms.lengths)
        key = period_key(start, term) or key
        running = Running(rule, terms.version, trigger, term, key, period=str(term.start_day))
        if running.id not in self._running:
            self._enter(running)
            heappush(self._renewals, (end_of_day(term.start_day), running.id))

    def _renew(self, running_id: str, terms: Terms) -> None:
        """Start the next period, by the row of today if the rule set still has it."""
        running = self._running[running_id]
        rule = terms.rules.rules.get(running.rule.id)
        if not running.is_over and rule is not None and rule.every is not None:
            next_day = running.term.start_day + 1
            self._start_period(rule, running.trigger, running.key, next_day, terms)

    def _enter(self, running: Running) -> None:
        self._running[running.id] = running
        self._unjudged[running.id] = running
        self._keys_ever[running.rule.id, running.key] = running.trigger.event_id
        self._touch(running.trigger.event_id, running)
        self._unsettled.add(running)
        self._count(running)

    # -- how one ends ----------------------------------------------------------------------------

    def _judge_due(self, now: int) -> list[Deadline]:
        missed = []
        while self._queue and self._queue[0][0] < now:
            at, running_id = heappop(self._queue)
            if self._is_awaited(at, running_id):
                missed += self._judge(self._unjudged[running_id])
        return missed

    def _is_awaited(self, at: int, running_id: str) -> bool:
        """Tell whether a deadline is still to be judged then: facts may have moved or ended it."""
        running = self._unjudged.get(running_id)
        return running is not None and running.judged_from == at

    def _judge(self, running: Running) -> list[Deadline]:
        """Judge a deadline by what was received up to now; return it if it is missed."""
        self._changed.add(running.id)
        self._unjudged.pop(running.id, None)
        was_missed = running.missed_on_record
        is_ended = self._end_by_itself(running)
        running.judge()
        if running.is_settled:
            self._settle(running)
        is_new = running.state == MISSED and not was_missed
        found = [running.view()] if is_new or is_ended else []
        return [*found, *self._start_by_passing(running)]

    def _end_by_itself(self, running: Running) -> bool:
        """Have the platform's own act end what is due and open; tell whether it does now."""
        if running.ended_by is not None or running.state != OPEN or not running.has_named_end:
            return False
        types = (it for one in running.rule.fulfils for it in one.ref.types)
        event_type = next((it for it in types if it in self._endings), None)
        if event_type is None:
            return False
        trigger = running.trigger
        running.ended_by = ending_event_id(event_type, trigger.stream_key, trigger.event_id)
        self._ended[running.ended_by] = running.id
        return True

    def _settle(self, running: Running) -> None:
        self._unsettled.remove(running)
        if running.state != MISSED:  # A miss is judged on its day, or when its trigger is known.
            self._unjudged.pop(running.id, None)

    def _recount(self, running: Running) -> None:
        """Count again after a fact; one that was judged by less runs on if it is not over."""
        running.is_judged = False
        self._unjudged[running.id] = running
        self._count(running)

    def _count(self, running: Running) -> None:
        running.count(self._calendar)
        self._changed.update((running.id, *(it.id for it in running.dependents)))
        if running.due is not None:
            heappush(self._queue, (running.judged_from, running.id))
        for other in running.dependents:
            if other.id in self._unjudged:
                self._count(other)

    def _touch(self, event_id: bytes, running: Running) -> None:
        self._touched.setdefault(event_id, set()).add(running.id)
        self._changed.add(running.id)

    def _annul(self, item: StreamAct, rules: DeadlineRules) -> None:
        """Take away what an act did that is annulled now."""
        if rules.annulment is None or item.event_type != rules.annulment[0]:
            return
        target: bytes = item.payload[rules.annulment[1].steps[0]]
        self._early.forget(target)
        self._came_before.forget(target)
        for running_id in sorted(self._touched.pop(target, ())):
            running = self._running[running_id]
            running.forget(target)
            if running.is_annulled:
                self._give_back(running)
            self._take_up(running)

    def _take_up(self, running: Running) -> None:
        """Go on with a deadline that has other facts than before."""
        if not running.is_annulled:
            self._take_early(running)
        self._recount(running)
        self._changed.add(running.id)
        if running.is_settled:
            self._settle(running)
        else:
            self._unsettled.add(running)

    def _give_back(self, running: Running) -> None:
        """Let another deadline have the key and the acts of one that never started."""
        place = running.rule.id, running.key
        if self._keys_ever.get(place) == running.trigger.event_id:
            del self._keys_ever[place]
        self._free(running)

    def _free(self, running: Running) -> None:
        """Let another deadline have the acts that fulfilled one."""
        place = running.rule.id, running.key
        for part, fact in running.fulfilled.items():
            users = (self._running[it] for it in self._touched.get(fact.event_id, ()))
            others = (it for it in users if it is not running)
            if all(it.rule.id != running.rule.id or it.is_annulled for it in others):
                self._early.keep(place, fact, part)


def _trigger(start: Start, reading: Reading) -> Trigger:
    """Return the act that starts a deadline, with the agency that has to keep it."""
    trigger, named = trigger_of(reading.item), reading.first(start.agency)
    return trigger._replace(agency_id=named) if isinstance(named, str) else trigger
