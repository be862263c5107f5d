"""What a corrected act means for the deadlines of its stream.

Read before: ``deadlines``, ``ledger/domain/amendments.py``. Read next: ``deadline_missed``.

What the act did is undone and what it says now is done (docs/spec/corrections.md). A deadline that
it started goes on under the same id, with the facts that others brought, and is counted anew.
"""

from __future__ import annotations

from itertools import chain

from ledger.domain.amendments import Amended
from ledger.domain.deadline_rules import Start, Uses
from ledger.domain.stream import StreamAct
from ledger.rules.deadline_facts import Key, Reading
from ledger.rules.deadline_instance import Deadline, Running
from ledger.rules.deadline_start import term_by_act
from ledger.rules.deadlines import NOTHING, Deadlines, Terms


class AmendableDeadlines(Deadlines):
    """The deadlines of one stream whose acts may be corrected."""

    def amend(self, changed: Amended | None, by: StreamAct, terms: Terms) -> list[Deadline]:
        """Have an earlier act count otherwise; ``apply`` has taken in what changed it.

        Args:
            changed: The act; of one that counts no more ``apply`` has undone all.
            by: Its correction, or the annulment of that.
            terms: As ``apply``.

        Returns:
            What is missed by now and was not before; what was missed on record stays so.
        """
        if changed is None or changed.item is None:
            return []
        return self._correct(changed.item, by.entry.received_at, terms)

    def _correct(self, item: StreamAct, now: int, terms: Terms) -> list[Deadline]:
        event_id = item.act.event_id
        self._early.forget(event_id)
        self._came_before.forget(event_id)
        touched = [self._running[it] for it in sorted(self._touched.get(event_id, ()))]
        started = [it for it in touched if it.trigger.event_id == event_id]
        for running in touched:
            running.forget_fact(event_id)
            self._unsettled.add(running)
        reading = self._sources.read(item, terms.rules)
        for running in started:
            self._begin_anew(running, reading)
        missed = self._do_anew(reading, {it.rule.id for it in started}, terms)
        for running in touched:
            self._take_up(running)
        return [*missed, *self._judge_due(now)]

    def _do_anew(self, reading: Reading, begun: set[str], terms: Terms) -> list[Deadline]:
        """Do what an act says now; of the rows in ``begun`` it has started one."""
        event_type = reading.item.event_type
        self._answering.clear()
        self._begun = begun
        for known in self._versions.values():
            self._play(known.rules.by_type.get(event_type, NOTHING), reading, known)
        uses: Uses = terms.rules.by_type.get(event_type, NOTHING)
        self._remember(uses, reading)
        missed: list[Deadline] = []
        for use in uses.starts:
            missed += self._start_by_act(use, reading, terms)
        return missed

    def _begin_anew(self, running: Running, reading: Reading) -> None:
        """Let a deadline start by what its trigger says now; it is over if that starts none."""
        self._unsettled.remove(running)
        terms = self._versions[running.rule_set_version]
        uses = terms.rules.by_type.get(reading.item.event_type, NOTHING).starts
        if running.is_by_passing:
            uses = tuple(chain.from_iterable(terms.rules.by_deadline.values()))
        for use in uses:
            start = use.what
            assert isinstance(start, Start)
            if use.rule.id == running.rule.id and reading.fits(start.ref):
                self._start_anew(running, start, reading, terms)
                return
        self._end(running)

    def _start_anew(self, running: Running, start: Start, reading: Reading, terms: Terms) -> None:
        running.is_annulled = False
        if running.rule.every is not None or running.is_by_passing or running.waits_for:
            return  # Only that it runs follows from the act; it counts from something else.
        term = term_by_act(running.rule, start, reading, terms.lengths)
        if term is None:
            self._end(running)
            return
        running.term = term
        running.reading = None if running.reading is None else reading
        self._move(running, reading.key(start.ref.key))

    def _end(self, running: Running) -> None:
        if not running.is_annulled:
            running.is_annulled = True
            self._give_back(running)

    def _move(self, running: Running, key: Key) -> None:
        """Have a deadline be found by another key, and be rid of what found it by the old one."""
        if key == running.key:
            return
        self._free(running)
        running.forget_facts()
        place = running.rule.id, running.key
        if self._keys_ever.get(place) == running.trigger.event_id:
            del self._keys_ever[place]
        running.key = key
        self._keys_ever[running.rule.id, key] = running.trigger.event_id
