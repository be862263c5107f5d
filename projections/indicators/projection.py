"""Acts become facts of indicators, and later acts decide about them.

Read before: ``definitions``, ``view``. Read next: ``measures``.

The fold knows no indicator: rows of ``schemas/indicators`` say which acts bring a fact in, which
meet it, and which deadlines and rules decide against it. Whether a deadline was kept or a rule
broken is not judged here again: ``DeadlineMissed`` and ``SupervisionAlertRaised`` are acts that
follow from the ledger, and they are the acts behind a number. Reads classes P and I only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView
from ledger.rules.calendar import end_of_day
from projections.indicators.definitions import ANY_TYPE, Indicator, Match, indicators
from projections.indicators.measures import Measured, measured, remember
from projections.indicators.memory_of_stream import StreamMemory
from projections.indicators.reading import day_at, fits, holds, key_of, number, values, word
from projections.indicators.view import FACTS, NEVER, TABLES, FactRow
from projections.rows import Rows
from projections.tables import Table

_ALERT: Final = "SupervisionAlertRaised"
_MISSED: Final = "DeadlineMissed"
_ANNULLED: Final = "EventAnnulled"
_MADE, _MET, _KEYS, _MISSES, _EARLY, _NOTES = "made", "met", "keys", "misses", "early", "notes"


class IndicatorsProjection:
    """Feeds the indicators' view; may be dropped and replayed at any time."""

    name = "indicators"
    code_version = "1"
    package = "projections.indicators"
    event_types: Collection[str] | None = None
    tables: Sequence[Table[Any]] = TABLES

    def process(self, entry: EntryView, _facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        if is_own_stream(entry.entry.stream_id):
            return
        memory = StreamMemory(entry, rows)
        fold = _Fold(entry, rows, memory)
        fold.take_in()
        memory.save()


class _Fold:
    """One entry and what it changes."""

    def __init__(self, view: EntryView, rows: Rows, memory: StreamMemory) -> None:
        self._view = view
        self._rows = rows
        self._memory = memory
        self._event = uuid_text(view.event_id)

    def take_in(self) -> None:
        """Play the entry: what it undoes and decides first, then what it begins."""
        view = self._view
        if view.event_type == _ANNULLED:
            self._annul(uuid_text(view.payload["targetEventId"]))
        elif view.event_type == _MISSED:
            self._miss()
        elif view.event_type == _ALERT:
            self._alert()
        remember(view, self._memory)
        for indicator in _concerned(view.event_type, in_control=view.log == CONTROL_LOG):
            self._note(indicator)
            for match in indicator.meets:
                if fits(match, view):
                    self._meet(indicator, match)
            for match in indicator.outcomes:
                if fits(match, view) and (row := self._fact(indicator, key_of(match, view))):
                    self._put(row._replace(outcome=word(view, match.outcome)))
            for match in indicator.enters:
                if fits(match, view):
                    self._enter(indicator, match)

    # -- what brings a fact in -------------------------------------------------------------------

    def _note(self, indicator: Indicator) -> None:
        for name, matches in indicator.notes.items():
            for match in matches:
                if fits(match, self._view):
                    said = word(self._view, match.outcome) or ""
                    self._memory.set(_NOTES, f"{indicator.id} {name}", said)

    def _noted(self, indicator: Indicator, name: str | None) -> str | None:
        return None if name is None else self._memory.get(_NOTES, f"{indicator.id} {name}")

    def _enter(self, indicator: Indicator, match: Match) -> None:
        view, key = self._view, key_of(match, self._view)
        if self._fact(indicator, key) is not None:
            return  # The first of a key counts.
        if match.after is not None and self._noted(indicator, match.after) is None:
            return
        due_days = [] if match.due is None else values(view, match.due)
        if match.due is not None and not due_days:
            return  # What is never due is never late.
        due_at = end_of_day(day_at(view, match.due)) if due_days else None
        count = self._count(indicator, match)
        received = view.entry.received_at
        reason = self._noted(indicator, match.met_by_note)
        row = FactRow(
            view.log,
            view.entry.stream_id,
            indicator.id,
            key,
            self._event,
            view.entry.leaf_index,
            view.act.agency_id,
            view.act.item_code,
            view.event_type,
            day_at(view, match.due or match.day),
            view.act.occurred_at,
            received,
            self._ripe_at(indicator, match, due_at),
            due_at,
            count.numerator,
            count.denominator,
            met_at=received if count.is_met else None,
            met_time=view.act.occurred_at if count.is_met else None,
            met_event_id=self._event if count.is_met else None,
            failed_at=None,
            failed_event_id=None,
            voided_at=None,
            value=count.value,
            detail=word(view, match.detail) or reason or None,
            outcome=None,
        )
        if key != self._event:
            self._memory.add(_MADE, self._event, [indicator.id, key])
        if indicator.is_deadline_of_stream:
            self._memory.add(_KEYS, indicator.id, key)
        self._put(self._with_earlier(indicator, row))

    def _count(self, indicator: Indicator, match: Match) -> Measured:
        view = self._view
        if match.measure is not None:
            return measured(indicator, match.measure, view, self._memory)
        is_met = match.is_met or match.numerator is not None
        is_met = is_met or (match.met_when is not None and holds(match.met_when, view))
        is_met = is_met or self._noted(indicator, match.met_by_note) is not None
        return Measured(number(view, match.numerator), number(view, match.denominator), is_met)

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
                if row.met_at is None and happened < row.occurred_at:
                    row = row._replace(
                        met_at=row.received_at, met_time=happened, met_event_id=event
                    )
                    self._memory.add(_MET, event, [indicator.id, row.fact_key])
        if indicator.is_deadline_of_stream:
            for name, due_at, event in self._memory.all(_MISSES).get("", ()):
                if name in indicator.deadlines and due_at < row.occurred_at:
                    row = row._replace(
                        due_at=due_at, failed_at=row.received_at, failed_event_id=event
                    )
        return row

    # -- what decides about it -------------------------------------------------------------------

    def _meet(self, indicator: Indicator, match: Match) -> None:
        view, key = self._view, key_of(match, self._view)
        row, happened = self._fact(indicator, key), view.act.occurred_at
        if row is None:
            if match.is_before:
                self._memory.add(_EARLY, f"{indicator.id} {key}", [happened, self._event])
            return
        if row.met_at is not None or (match.is_before and happened >= row.occurred_at):
            return
        received = view.entry.received_at
        if row.due_at is not None and happened > row.due_at:
            if row.failed_at is None:
                self._put(row._replace(failed_at=received, failed_event_id=self._event))
            return
        ripe_at = row.ripe_at if indicator.ripens == "CALLED" else min(row.ripe_at, received)
        row = row._replace(
            ripe_at=ripe_at,
            met_at=received,
            met_time=happened,
            met_event_id=self._event,
            outcome=word(view, match.outcome) or row.outcome,
        )
        self._memory.add(_MET, self._event, [indicator.id, key])
        self._put(row)

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
            row = row._replace(failed_at=received, failed_event_id=self._event)
        elif row.met_time is None:
            row = row._replace(failed_event_id=self._event)
        self._put(row)

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
                    self._put(row._replace(ripe_at=min(row.ripe_at, received)))
                elif rule_id in indicator.failed_by_rules and row.failed_at is None:
                    self._put(row._replace(failed_at=received, failed_event_id=self._event))
                elif rule_id in indicator.met_by_rules and row.met_at is None:
                    self._memory.add(_MET, self._event, [indicator.id, row.fact_key])
                    self._put(
                        row._replace(
                            met_at=received,
                            met_time=view.act.occurred_at,
                            met_event_id=self._event,
                        )
                    )

    def _annul(self, target: str) -> None:
        """Take away the facts that an act made, and what it met."""
        received = self._view.entry.received_at
        for row in list(self._facts_of(target, indicators().values())):
            if row.voided_at is None:
                self._put(row._replace(voided_at=received))
        for indicator_id, key in self._memory.all(_MET).get(target, ()):
            met = self._fact(indicators()[indicator_id], key)
            if met is not None and met.met_event_id == target and met.failed_at is None:
                self._put(met._replace(failed_at=received, failed_event_id=self._event))

    # -- where facts are -------------------------------------------------------------------------

    def _fact(self, indicator: Indicator, key: str) -> FactRow | None:
        place = (self._view.log, self._view.entry.stream_id, indicator.id, key)
        return self._rows.get(FACTS, place)

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

    def _put(self, row: FactRow) -> None:
        self._rows.put(FACTS, row)


@cache
def _concerned(event_type: str, *, in_control: bool) -> tuple[Indicator, ...]:
    """Return the indicators that look at acts of this type; of the control log only by name."""
    found = []
    for indicator in indicators().values():
        matches = (
            *indicator.enters,
            *indicator.meets,
            *indicator.outcomes,
            *(match for matches in indicator.notes.values() for match in matches),
        )
        if any(
            event_type in match.types or (ANY_TYPE in match.types and not in_control)
            for match in matches
        ):
            found.append(indicator)
    return tuple(found)
