"""Deadlines of agencies over all of their acts: what is to be done, and what was missed.

Read before: ``agency_acts``, docs/spec/deadlines.md. Read next: ``portal/agency_deadlines.py``.

Reckoned when somebody asks, by rule sets and calendar of then: a day's deadline is to be done until
something of that day or later fulfils it, a period's until each part of it is there. What is on
record as missed is what the ledger says (``DeadlineMissed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chain.ids import uuid_bytes
from ledger.domain.control import ControlState
from ledger.domain.control_records import day_of
from ledger.domain.deadline_rules import DeadlineRule
from ledger.domain.projection import CONTROL_LOG
from ledger.rules.calendar import period_end
from ledger.rules.day_close.agency_memory import rows_of
from ledger.rules.deadline_due import Term, due_instant
from ledger.rules.deadline_instance import MISSED, Running, Trigger
from ledger.rules.deadline_start import MONTHS_OF_PERIOD, period_key, term_of_period
from projections.deadlines.agency_acts import agency_key
from projections.deadlines.projection import row_of
from projections.deadlines.view import (
    BASIS,
    CANCEL,
    ENDED,
    ENTERED,
    POWER,
    AgencyActRow,
    AgencyReader,
    DeadlineQuery,
    DeadlineRow,
    MissRow,
    Wanted,
    is_wanted,
)
from projections.reading import Cursor

DAYS_MAX: Final = 400  # What began earlier is not shown as to be done.
_AGENCY: Final = "agency:"
_DAY_MIN: Final = -25_000  # In 1901.

Shown = Mapping[tuple[str, str, int, str], int]  # Agency, row, part and key: the newest day.


def agency_deadlines(
    reader: AgencyReader,
    query: DeadlineQuery,
    now: int,
    state: ControlState,
    limit: int,
    after: Cursor | None,
) -> list[DeadlineRow]:
    """Return those that are asked for, the earliest due first, without a bound by ``limit``.

    Args:
        reader: The view.
        query: Which.
        now: The moment that is asked with, microseconds UTC.
        state: The control log: rule sets and calendar.
        limit: At most so many of those that were missed and done since.
        after: The last row of the page before.
    """
    if query.stream_id is not None and not query.stream_id.startswith(_AGENCY):
        return []
    found = {row.instance_id: row for row in _Standing(reader, query, now, state).outstanding()}
    for miss in reader.missed(list(found)):
        found[miss.instance_id] = _on_record(found[miss.instance_id], miss)
    if query.is_any:
        misses = [it for it in reader.misses(query, limit, after) if it.instance_id not in found]
        found |= {row.instance_id: row for row in missed_rows(reader, misses, state)}
    wanted = [row for row in found.values() if is_wanted(row, query, now)]
    kept = [row for row in wanted if after is None or row.order > after]
    return sorted(kept, key=lambda row: row.order)


def agency_deadline(
    reader: AgencyReader, instance_id: str, now: int, state: ControlState
) -> DeadlineRow | None:
    """Return one by its id, if it is to be done or was missed."""
    misses = reader.missed([instance_id])
    named = DeadlineQuery(agency_id=misses[0].agency_id) if misses else DeadlineQuery()
    for row in _Standing(reader, named, now, state).outstanding():
        if row.instance_id == instance_id:
            return _on_record(row, misses[0]) if misses else row
    return next(missed_rows(reader, misses, state), None)


def missed_rows(
    reader: AgencyReader, misses: Sequence[MissRow], state: ControlState
) -> Iterator[DeadlineRow]:
    """Yield what is on record as missed; nothing of what the control log does not know yet."""
    triggers = {it.event_id: it for it in reader.acts([it.trigger_event_id for it in misses])}
    rules = {
        rule.id.upper(): (rules.version, rule)
        for rules in state.rule_sets
        for rule in rows_of(rules)
    }
    for miss in misses:
        trigger, known = triggers.get(miss.trigger_event_id), rules.get(miss.deadline_id)
        if trigger is None or known is None:
            continue
        version, rule = known
        period, term = "", _term_of_day(rule, trigger)
        if rule.every is not None:
            last = _period_before(day_of(miss.due_at - 1), MONTHS_OF_PERIOD[rule.every])
            period, term = str(last), term_of_period(rule, rule.starts[0], last, {})
        named = trigger._replace(rule_set_version=trigger.rule_set_version or version)
        running = _running(rule, named, term, (), period, miss.agency_id)
        row = row_of((CONTROL_LOG, miss.stream_id), running.view(), miss.received_at)
        yield _on_record(row, miss)._replace(is_outstanding=False)


def _on_record(row: DeadlineRow, miss: MissRow) -> DeadlineRow:
    """Return a deadline as the ledger says that it was missed."""
    return row._replace(
        instance_id=miss.instance_id,
        state=MISSED,
        due_at=miss.due_at,
        provisional=miss.provisional,
        calendar_version=miss.calendar_version,
        missed_on_record=True,
    )


class _Agency(NamedTuple):
    """What is known of one agency."""

    id: str
    acts: list[AgencyActRow]  # Registrations and the like, in the order of receipt.

    def is_active(self, before: int) -> bool:
        """Tell whether it was not revoked before an instant, or was registered since."""
        roles = [it for it in self.acts if it.role in (ENTERED, ENDED) and it.occurred_at < before]
        newest = max(roles, key=lambda it: (it.occurred_at, it.place), default=None)
        return newest is None or newest.role == ENTERED

    def basis(self, rule: DeadlineRule, due_at: int) -> AgencyActRow | None:
        """Return the act on which a recurring duty rests: the first that nothing has ended."""
        held: AgencyActRow | None = None
        for act in self.acts:
            if act.deadline_id != rule.id or max(act.occurred_at, act.received_at) > due_at:
                continue
            if act.role == CANCEL:
                held = None
            elif act.role == BASIS and held is None:
                held = act
        return held


class _Standing:
    """What agencies have to do, as of a moment."""

    def __init__(
        self, reader: AgencyReader, query: DeadlineQuery, now: int, state: ControlState
    ) -> None:
        self._reader = reader
        self._since = day_of(now) - DAYS_MAX
        self._today = day_of(now)
        self._state = state
        self._rules = {
            (rules.version, rule.id): rule for rules in state.rule_sets for rule in rows_of(rules)
        }
        in_force = state.rule_set_at(now)
        self._version = "" if in_force is None else in_force.version
        rows = [] if in_force is None else list(rows_of(in_force))
        self._rows = [it for it in rows if query.deadline_id in (None, it.id)]
        named = query.agency_id
        if named is None and query.stream_id is not None:
            named = query.stream_id.removeprefix(_AGENCY)
        self._agencies = _agencies(reader.standing(named)) if self._rows else []

    def outstanding(self) -> Iterator[DeadlineRow]:
        """Yield what is to be done; whether it is missed on record is not known here."""
        shown = self._shown()
        for rule in self._rows:
            if rule.every is None:
                yield from self._of_days(rule, shown)
            else:
                for last in self._periods(rule):
                    yield from self._of_period(rule, last, shown)

    def _shown(self) -> Shown:
        ids = [it.id for it in self._agencies]
        wanted = [
            Wanted(rule.id, part, key)
            for rule in self._rows
            for part in rule.parts
            for key in self._keys(rule)
        ]
        found = self._reader.fulfilled(ids, wanted) if ids and wanted else ()
        return {(it.agency_id, it.deadline_id, it.part, it.key): it.day for it in found}

    def _keys(self, rule: DeadlineRule) -> Iterable[str]:
        if rule.every is None:
            return [agency_key(())]
        return dict.fromkeys(self._key(rule, last) for last in self._periods(rule))

    def _key(self, rule: DeadlineRule, last: int) -> str:
        start = rule.starts[0]
        return agency_key(period_key(start, term_of_period(rule, start, last, {})) or ())

    def _periods(self, rule: DeadlineRule) -> Iterator[int]:
        """Yield the last days of the periods that are over, the newest first."""
        assert rule.every is not None
        months = MONTHS_OF_PERIOD[rule.every]
        if self._since < _DAY_MIN:  # Somebody asks about a moment before all calendars.
            return
        last = _period_before(self._today, months)
        while last >= self._since:
            yield last
            last = _period_before(last, months)

    def _newest(self, shown: Shown, agency_id: str, rule: DeadlineRule, key: str) -> int:
        """Return the last day of which everything is done."""
        days = (shown.get((agency_id, rule.id, part, key), self._since - 1) for part in rule.parts)
        return min(days, default=self._since - 1)

    def _of_days(self, rule: DeadlineRule, shown: Shown) -> Iterator[DeadlineRow]:
        known = {it.id: it for it in self._agencies}
        shown_to = (self._newest(shown, it, rule, agency_key(())) for it in known)
        after = [max(day, self._since - 1) for day in shown_to]
        first: dict[tuple[str, int], AgencyActRow] = {}
        for act in self._reader.starts(list(known), after, rule.id) if known else ():
            held = first.get((act.agency_id, act.day))
            is_owed = known[act.agency_id].is_active(act.occurred_at)
            if is_owed and (held is None or act.place < held.place):
                first[act.agency_id, act.day] = act
        for act in first.values():
            row = self._rules.get((act.rule_set_version, rule.id))
            if row is None:
                continue
            yield self._row(row, act, _term_of_day(row, act), (), "")

    def _of_period(self, rule: DeadlineRule, last: int, shown: Shown) -> Iterator[DeadlineRow]:
        term = term_of_period(rule, rule.starts[0], last, {})
        key, due_at = self._key(rule, last), due_instant(term, self._state.calendar).at
        for agency in self._agencies:
            if self._newest(shown, agency.id, rule, key) >= last:
                continue
            act = agency.basis(rule, due_at)
            if act is None or last < day_of(max(act.occurred_at, act.received_at)):
                continue
            named = act._replace(rule_set_version=self._version)
            yield self._row(rule, named, term, (), str(last))

    def _row(
        self,
        rule: DeadlineRule,
        act: AgencyActRow,
        term: Term,
        key: tuple[str | None, ...],
        period: str,
    ) -> DeadlineRow:
        running = _running(rule, act, term, key, period, act.agency_id)
        running.count(self._state.calendar)
        place = CONTROL_LOG, f"{_AGENCY}{act.agency_id}"
        return row_of(place, running.view(), act.received_at)


def _running(
    rule: DeadlineRule,
    act: AgencyActRow,
    term: Term,
    key: tuple[str | None, ...],
    period: str,
    agency_id: str,
) -> Running:
    trigger = Trigger(
        uuid_bytes(act.event_id),
        act.event_type,
        f"{_AGENCY}{agency_id}",
        agency_id,
        None,
        None,
        act.occurred_at,
        act.received_at,
    )
    return Running(rule, act.rule_set_version, trigger, term, key, period=period)


def _term_of_day(rule: DeadlineRule, act: AgencyActRow) -> Term:
    """Return how what an act starts counts."""
    fitting = (it for it in rule.starts if act.event_type in it.ref.types)
    start = next(fitting, rule.starts[0])
    return Term(act.day, act.occurred_at, start.length, start.unit, rule.rolls)


def _agencies(acts: Sequence[AgencyActRow]) -> list[_Agency]:
    """Return the registered agencies with a power on record."""
    by_agency: dict[str, list[AgencyActRow]] = {}
    for act in sorted(acts, key=lambda it: it.place):
        by_agency.setdefault(act.agency_id, []).append(act)
    return [
        _Agency(agency_id, held)
        for agency_id, held in by_agency.items()
        if {ENTERED, POWER} <= {it.role for it in held}
    ]


def _period_before(day: int, months: int) -> int:
    """Return the last day of the newest period that was over when a day began."""
    last = end = period_end(day - 1, months)
    while end >= day:  # Months have 28 days at least: no period is passed over.
        last -= 28
        end = period_end(last, months)
    return end
