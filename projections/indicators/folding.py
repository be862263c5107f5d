"""Acts become facts of indicators, and later acts decide about them.

Read before: ``definitions``, ``facts_of_stream``. Read next: ``measures``, ``projection``.

The fold knows no indicator: rows of ``schemas/indicators`` say which acts bring a fact in, which
meet it, and which deadlines and rules decide against it. Whether a deadline was kept or a rule
broken is not judged here again: ``DeadlineMissed`` and ``SupervisionAlertRaised`` are acts that
follow from the ledger, and they are the acts behind a number. Reads classes P and I only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.case_stages import stage_types
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView
from ledger.rules.calendar import end_of_day
from projections.indicators.definitions import ANY_TYPE, Indicator, Match, indicators
from projections.indicators.facts_of_stream import FactName, StreamFacts
from projections.indicators.law_measures import LAW_MEASURES, measured_by_list
from projections.indicators.measures import (
    REMEMBERED,
    Measured,
    breached,
    disclosed,
    measured,
    remember,
    verified,
)
from projections.indicators.memory_of_stream import StreamMemory
from projections.indicators.reading import (
    day_at,
    fits,
    holds,
    key_of,
    keys_of,
    number,
    values,
    word,
)
from projections.indicators.view import NEVER, FactRow

_ALERT: Final = "SupervisionAlertRaised"
_MISSED: Final = "DeadlineMissed"
_MADE, _KEYS, _MISSES, _EARLY, _NOTES = "made", "keys", "misses", "early", "notes"
_SHOWN: Final = "shown"  # What was published before somebody said that it must be.


class Fold:
    """One entry and what it changes."""

    def __init__(
        self, view: EntryView, facts: StreamFacts, memory: StreamMemory, control: ControlReader
    ) -> None:
        self._view = view
        self._facts = facts
        self._memory = memory
        self._control = control
        self._event = uuid_text(view.event_id)

    def take_in(self) -> None:
        """Play an entry that counts: what it decides first, then what it begins."""
        view = self._view
        if view.event_type == _MISSED:
            self._miss()
        elif view.event_type == _ALERT:
            self._alert()
        remember(view, self._memory)
        for indicator in _concerned(view.event_type, in_control=view.log == CONTROL_LOG):
            self._note(indicator)
            for match in indicator.meets:
                if fits(match, view):
                    for key in self._keys_met(match):
                        self._meet(indicator, match, key)
            for match in indicator.outcomes:
                if fits(match, view) and (row := self._fact(indicator, key_of(match, view))):
                    self._facts.put(row._replace(outcome=word(view, match.outcome)))
            for match in indicator.ends:
                if fits(match, view):
                    self._end(indicator, match)
            for match in indicator.enters:
                if fits(match, view):
                    for key, value in keys_of(match, view):
                        self._enter(indicator, match, key, value)

    def look_at_causes(self) -> None:
        """Have the facts that an annulled alert names be as they are without it."""
        if self._view.event_type != _ALERT:
            return
        for indicator in indicators().values():
            if indicator.is_of_every_act:
                for cause in self._view.payload["causeEventIds"]:
                    self._facts.get(indicator, uuid_text(cause))

    # -- what brings a fact in -------------------------------------------------------------------

    def _note(self, indicator: Indicator) -> None:
        for name, matches in indicator.notes.items():
            for match in matches:
                if fits(match, self._view):
                    said = word(self._view, match.outcome) or ""
                    self._memory.set(_NOTES, f"{indicator.id} {name}", said)

    def _noted(self, indicator: Indicator, name: str | None) -> str | None:
        return None if name is None else self._memory.get(_NOTES, f"{indicator.id} {name}")

    def _enter(self, indicator: Indicator, match: Match, key: str, value: Any) -> None:
        view, held = self._view, self._fact(indicator, key)
        if held is not None and held.until_day is None:
            return  # The first of a key counts, until it ends.
        if match.after is not None and self._noted(indicator, match.after) is None:
            return
        due_days = [] if match.due is None else values(view, match.due)
        if match.due is not None and not due_days:
            return  # What is never due is never late.
        due_at = end_of_day(day_at(view, match.due)) if due_days else None
        count = self._count(indicator, match, value)
        if count is None:
            return
        received = view.entry.received_at
        reason = self._noted(indicator, match.met_by_note)
        row = FactRow(
            view.log,
            view.entry.stream_id,
            indicator.id,
            key,
            NEVER,
            received,
            self._event,
            view.entry.leaf_index,
            view.act.agency_id,
            count.item_code or view.act.item_code,
            view.event_type,
            day_at(view, match.due or match.day),
            view.act.occurred_at,
            received,
            self._ripe_at(indicator, match, due_at),
            due_at,
            count.numerator,
            count.denominator,
            is_met=count.is_met,
            met_time=view.act.occurred_at if count.is_met else None,
            met_event_id=(count.met_event or self._event) if count.is_met else None,
            is_failed=False,
            failed_event_id=None,
            value=count.value,
            detail=count.detail or word(view, match.detail) or reason or None,
            outcome=count.outcome,
            subject=count.subject or (key if match.is_on_top else None),
            until_day=None,
        )
        if key != self._event:
            self._memory.add(_MADE, self._event, [indicator.id, key])
        if indicator.is_deadline_of_stream:
            self._memory.add(_KEYS, indicator.id, key)
        self._facts.put(self._with_earlier(indicator, row))

    def _count(self, indicator: Indicator, match: Match, value: Any) -> Measured | None:
        view = self._view
        if match.measure in LAW_MEASURES:
            return measured_by_list(match.measure, view, self._memory, self._control, value)
        if match.measure is not None:
            return measured(indicator, match.measure, view, self._memory)
        is_met = match.is_met or match.numerator is not None or match.is_on_top
        is_met = is_met or (match.met_when is not None and holds(match.met_when, view))
        is_met = is_met or self._noted(indicator, match.met_by_note) is not None
        above = 0 if match.is_below else number(view, match.numerator)
        below = 0 if match.is_on_top else number(view, match.denominator)
        return Measured(above, below, is_met)

    def _ripe_at(self, indicator: Indicator, match: Match, due_at: int | None) -> int:
        """Return from when on a fact counts that nothing has met yet."""
        received = self._view.entry.received_at
        if indicator.ripens == "DUE" and due_at is not None:
            return max(due_at, received)
        is_called = self._noted(indicator, match.calls) is not None
        if indicator.ripens == "DECIDED" or (indicator.ripens == "CALLED" and not is_called):
            return NEVER
        return received

    def _with_earlier(self, indicator: Indicator, row: FactRow) -> FactRow:
        """Return a new fact with what had come before it."""
        if (early := self._memory.get(_EARLY, f"{indicator.id} {row.fact_key}")) is not None:
            for happened, event in early:
                if not row.is_met and happened < row.occurred_at:
                    row = row._replace(is_met=True, met_time=happened, met_event_id=event)
        for happened, event in self._memory.get(_SHOWN, f"{indicator.id} {row.fact_key}") or ():
            row = self._with_publication(row, happened, event)
        if indicator.is_deadline_of_stream:
            for name, due_at, event in self._memory.all(_MISSES).get("", ()):
                if name in indicator.deadlines and due_at < row.occurred_at:
                    row = row._replace(due_at=due_at, is_failed=True, failed_event_id=event)
        return row

    def _with_publication(self, row: FactRow, happened: int, event: str) -> FactRow:
        """Return a new fact with a publication that had come before it, in time or late."""
        if row.is_met and not row.is_failed:
            return row
        if row.due_at is not None and happened > row.due_at:
            return row._replace(is_failed=True, failed_event_id=row.failed_event_id or event)
        return row._replace(
            ripe_at=min(row.ripe_at, self._view.entry.received_at),
            is_met=True,
            met_time=happened,
            met_event_id=event,
            is_failed=False,
            failed_event_id=None,
        )

    # -- what decides about it -------------------------------------------------------------------

    def _keys_met(self, match: Match) -> list[str]:
        """Return the keys of the facts that an act decides about."""
        if match.measure == "SOUND":
            return verified(self._view, self._memory)
        if match.measure == "DISCLOSED":
            return disclosed(self._view, self._memory)
        return [key_of(match, self._view)]

    def _end(self, indicator: Indicator, match: Match) -> None:
        """Have a fact end, or fail where an act says that it was never sound."""
        view = self._view
        if match.measure == "BREACH":
            for key in breached(view, self._memory):
                row = self._fact(indicator, key)
                if row is not None and not row.is_failed:
                    self._facts.put(row._replace(is_failed=True, failed_event_id=self._event))
            return
        row = self._fact(indicator, key_of(match, view))
        if row is not None and row.until_day is None:
            self._facts.put(row._replace(until_day=day_at(view, match.day)))

    def _meet(self, indicator: Indicator, match: Match, key: str) -> None:
        view = self._view
        row, happened = self._fact(indicator, key), view.act.occurred_at
        if row is None:
            if match.is_before:
                self._memory.add(_EARLY, f"{indicator.id} {key}", [happened, self._event])
            elif match.measure == "DISCLOSED":
                self._memory.add(_SHOWN, f"{indicator.id} {key}", [happened, self._event])
            return
        is_in = row.is_met and not row.is_failed
        if match.measure == "SOUND" and row.is_failed:
            return  # A breach is not undone by looking again.
        if is_in or (match.is_before and happened >= row.occurred_at):
            return
        received = view.entry.received_at
        if row.due_at is not None and happened > row.due_at:
            if not row.is_failed:
                self._facts.put(row._replace(is_failed=True, failed_event_id=self._event))
            return
        ripe_at = row.ripe_at if indicator.ripens == "CALLED" else min(row.ripe_at, received)
        row = row._replace(
            ripe_at=ripe_at,
            is_met=True,
            met_time=happened,
            met_event_id=self._event,
            is_failed=False,  # What came too late before this, came in time by this.
            failed_event_id=None,
            outcome=word(view, match.outcome) or row.outcome,
        )
        self._facts.put(row)

    def _miss(self) -> None:
        """Take in that a deadline passed: what happens after it comes too late."""
        payload, due_at = self._view.payload, self._view.payload["dueAt"]
        name, trigger = payload["deadlineId"], uuid_text(payload["triggerEventId"])
        of_stream = False
        for indicator in indicators().values():
            if name not in indicator.deadlines:
                continue
            if not indicator.is_deadline_of_stream:
                for row in self._facts_of(trigger, (indicator,)):
                    self._pass_due(row, due_at)
                continue
            of_stream = True
            for key in self._memory.all(_KEYS).get(indicator.id, ()):
                held = self._fact(indicator, key)
                if held is not None and held.occurred_at > due_at:
                    self._pass_due(held, due_at)
        if of_stream:
            self._memory.add(_MISSES, "", [name, due_at, self._event])

    def _pass_due(self, row: FactRow, due_at: int) -> None:
        received = self._view.entry.received_at
        row = row._replace(due_at=due_at, ripe_at=min(row.ripe_at, received))
        if row.met_time is not None and row.met_time > due_at:
            row = row._replace(is_failed=True, failed_event_id=self._event)
        elif row.met_time is None:
            row = row._replace(failed_event_id=self._event)
        self._facts.put(row)

    def _alert(self) -> None:
        view, rule_id = self._view, self._view.payload["ruleId"]
        received = view.entry.received_at
        for indicator in indicators().values():
            concerned = indicator.met_by_rules | indicator.failed_by_rules
            if rule_id not in concerned | indicator.called_by_rules:
                continue
            causes = {uuid_text(cause) for cause in view.payload["causeEventIds"]}
            for row in self._facts_of_any(sorted(causes), indicator):
                if rule_id in indicator.called_by_rules:
                    self._facts.put(row._replace(ripe_at=min(row.ripe_at, received)))
                elif rule_id in indicator.failed_by_rules and not row.is_failed:
                    self._facts.put(row._replace(is_failed=True, failed_event_id=self._event))
                elif rule_id in indicator.met_by_rules and not row.is_met:
                    happened = view.act.occurred_at
                    self._facts.put(
                        row._replace(is_met=True, met_time=happened, met_event_id=self._event)
                    )

    # -- where facts are -------------------------------------------------------------------------

    def _fact(self, indicator: Indicator, key: str) -> FactRow | None:
        return self._facts.get(indicator, key)

    def _facts_of(self, event: str, among: Iterable[Indicator]) -> Iterable[FactRow]:
        """Yield the facts that an act of this stream made."""
        made = self._memory.all(_MADE).get(event, ())
        for indicator in among:
            keys = [event, *(key for indicator_id, key in made if indicator_id == indicator.id)]
            for key in keys:
                if (row := self._fact(indicator, key)) is not None:
                    yield row

    def _facts_of_any(self, events: Iterable[str], indicator: Indicator) -> list[FactRow]:
        return [row for event in events for row in self._facts_of(event, (indicator,))]


def is_taken_in_again(event_type: str) -> bool:
    """Tell whether an act of this type may say something of a fact that it did not make alone."""
    return event_type in _types_taken_in_again()


def facts_of_act(view: EntryView) -> Iterator[FactName]:
    """Yield the facts that an act makes, where nothing else keeps it from that."""
    for indicator in _concerned(view.event_type, in_control=view.log == CONTROL_LOG):
        for match in indicator.enters:
            if fits(match, view):
                for key, _ in keys_of(match, view):
                    yield indicator.id, key


@cache
def _types_taken_in_again() -> frozenset[str]:
    named = {
        event_type
        for indicator in indicators().values()
        for match in indicator.matches
        for event_type in match.types
    }
    return frozenset({*named, *stage_types(), _ALERT, _MISSED, *REMEMBERED} - {ANY_TYPE})


@cache
def _concerned(event_type: str, *, in_control: bool) -> tuple[Indicator, ...]:
    """Return the indicators that look at acts of this type; of the control log only by name."""
    return tuple(
        indicator
        for indicator in indicators().values()
        if any(
            event_type in match.types or (ANY_TYPE in match.types and not in_control)
            for match in indicator.matches
        )
    )
