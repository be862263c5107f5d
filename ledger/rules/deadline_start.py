"""From when a deadline counts: what the act that starts it says, or another deadline's end.

Read before: ``deadline_facts``, ``deadline_due``. Read next: ``deadlines``.

A date that an act does not name, or that is no date of these centuries, starts nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ledger.domain.control_records import DAY_MICROS, day_of
from ledger.domain.deadline_rules import DeadlineRule, Path, Start
from ledger.rules.calendar import end_of_day, period_end
from ledger.rules.deadline_due import Term
from ledger.rules.deadline_facts import Key, Reading
from ledger.rules.deadline_instance import Running

# Days since 1970-01-01, 1901 to 2243: an emitter may write any number as a date.
_DAY_MIN: Final = -25_000
_DAY_END: Final = 100_000
_EPOCH: Final = dt.date(1970, 1, 1)
_YEAR: Final = Path("", ("$year",))
MONTHS_OF_PERIOD: Final = {"YEAR": 12, "QUARTER": 3}


def term_by_act(
    rule: DeadlineRule, start: Start, reading: Reading, lengths: Mapping[str, int]
) -> Term | None:
    """Return how a deadline counts that an act starts; None if the act lacks its date."""
    start_at: Any = reading.item.act.occurred_at
    if start.times:
        start_at = reading.first(start.times)
    if not isinstance(start_at, int) or not is_day(start_at // DAY_MICROS):
        return None
    start_day, on_day = day_of(start_at), None
    if start.dates:
        start_day = reading.first(start.dates)
    if start.due_dates:
        on_day = reading.first(start.due_dates)
    if not is_day(start_day) or (start.unit == "DATE" and not is_day(on_day)):
        return None
    return Term(
        start_day,
        start_at,
        lengths.get(rule.override or "", start.length),
        start.unit,
        rule.rolls,
        rule.is_backward,
        on_day,
    )


def term_by_passing(rule: DeadlineRule, start: Start, passed: Running) -> Term:
    """Return how a deadline counts that starts when another one has passed."""
    day, at = passed.term.start_day, passed.term.start_at
    if start.counts_from_due and passed.due is not None:
        day, at = day_of(passed.due.at - 1), passed.due.at
    return Term(day, at, start.length, start.unit, rule.rolls)


def term_of_period(rule: DeadlineRule, start: Start, day: int, lengths: Mapping[str, int]) -> Term:
    """Return how the deadline of the period counts that a day lies in: from its last day."""
    assert rule.every is not None
    last = period_end(day, MONTHS_OF_PERIOD[rule.every])
    length = lengths.get(rule.override or "", start.length)
    return Term(last, end_of_day(last), length, start.unit, rule.rolls, month_day=rule.month_day)


def period_key(start: Start, term: Term) -> Key | None:
    """Return the key of a period that has its year for one, None if it has none of its own."""
    year = (_EPOCH + dt.timedelta(days=term.start_day)).year
    return (str(year),) if start.ref.key == (_YEAR,) else None


def latest_day(reading: Reading, paths: Iterable[Path]) -> int | None:
    """Return the latest day that an act names at some paths, None if it names none."""
    named = [day for path in paths for day in reading.values(path) if is_day(day)]
    return max(named, default=None)


def is_day(value: Any) -> bool:
    """Tell whether a value of an act can be a day that deadlines are counted with."""
    return type(value) is int and _DAY_MIN <= value < _DAY_END
