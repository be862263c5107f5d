"""The acts of a matter by the time they happened, and what rules say about that order.

Read before: ``matter``. Read next: ``law``, then ``procedure``.

A stream is in the order of receipt; legality is judged by ``occurredAt`` (docs/spec/entry.md). So a
prerequisite is an act that was received *and* happened before what depends on it. The functions
here see the act that arrives as one of the matter's, so that a rule reads the same whichever of
its facts comes last. Every search costs the logarithm of the acts of one type.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import Due
from ledger.rules.violations.ordered_acts import OrderedActs, by_time
from ledger.rules.violations.rule import Finding, Sight
from schemas.loader import event_schema_files

ALL_TYPES: Final = tuple(sorted({event_type for event_type, _ in event_schema_files()}))
SUBJECT_SIZE_MAX: Final = 128  # Characters of an identifier.
CAUSES_MAX: Final = 64  # Of one finding: an alert is an act, and an act has a bound.
# A date that rests on a year without an official calendar may still move (docs/spec/gates.md).
PROVISIONAL_SEVERITY: Final = "MEDIUM"


def when(item: StreamAct) -> int:
    """Return when an act happened, microseconds UTC."""
    return item.act.occurred_at


class Chronicle:
    """The acts of each type, ascending by when they happened."""

    def __init__(self) -> None:
        self._of_type: OrderedActs[str] = OrderedActs(by_time)
        self._of_aggregate: OrderedActs[tuple[str, str]] = OrderedActs(by_time)

    def apply(self, item: StreamAct) -> None:
        """Take in an act that counts."""
        self._of_type.add(item.event_type, item)
        self._of_aggregate.add((item.act.aggregate_id, item.event_type), item)

    def forget(self, item: StreamAct) -> None:
        """Be as if an act had not come."""
        self._of_type.remove(item.event_type, item)
        self._of_aggregate.remove((item.act.aggregate_id, item.event_type), item)

    def last(self, event_type: str, until: int | None = None) -> StreamAct | None:
        """Return the last act of a type that happened at or before ``until``."""
        acts = self._of_type.of(event_type)
        place = len(acts) if until is None else bisect_right(acts, until, key=when)
        return acts[place - 1] if place else None

    def first(self, event_type: str) -> StreamAct | None:
        """Return the act of a type that happened first."""
        return self._of_type.first(event_type)

    def since(self, event_type: str, start: int) -> Sequence[StreamAct]:
        """Return the acts of a type that happened at or after ``start``, ascending."""
        acts = self._of_type.of(event_type)
        return acts[bisect_left(acts, start, key=when) :]

    def earliest_of(self, aggregate_id: str, event_type: str) -> StreamAct | None:
        """Return the act of a type about one aggregate that happened first."""
        return self._of_aggregate.first((aggregate_id, event_type))


def chronicle(sight: Sight) -> Chronicle:
    """Return the chronicle of a matter before the act that arrives."""
    return sight.matter.part(Chronicle)


def last(sight: Sight, event_type: str, until: int) -> StreamAct | None:
    """Return the last act of a type at or before ``until``, the arriving one among them."""
    held, own = chronicle(sight).last(event_type, until), sight.item
    is_own = own.event_type == event_type and when(own) <= until
    return own if is_own and (held is None or when(held) <= when(own)) else held


def first(sight: Sight, event_type: str) -> StreamAct | None:
    """Return the act of a type that happened first, the arriving one among them."""
    held, own = chronicle(sight).first(event_type), sight.item
    is_own = own.event_type == event_type
    return own if is_own and (held is None or when(own) < when(held)) else held


def between(sight: Sight, event_type: str, start: int, end: int) -> list[StreamAct]:
    """Return the acts of a type from ``start`` to ``end``, both included, ascending."""
    acts = list(chronicle(sight).since(event_type, start))
    if sight.item.event_type == event_type and start <= when(sight.item):
        insort(acts, sight.item, key=when)
    return acts[: bisect_right(acts, end, key=when)]


def concerned(sight: Sight, *event_types: str) -> Iterator[StreamAct]:
    """Yield the arriving act if it is of these types, else those that did not happen before it.

    So a rule about a decision is asked again when one of its facts is received after it.
    """
    if sight.item.event_type in event_types:
        yield sight.item
        return
    for event_type in event_types:
        yield from chronicle(sight).since(event_type, when(sight.item))


def found(
    sight: Sight, about: StreamAct, *others: StreamAct | None, severity: str | None = None
) -> Finding:
    """Return the finding that an act breaks the rule, with what shows it."""
    shown = [about, *(it for it in others if it is not None)]
    own = sight.item.act.event_id
    causes = dict.fromkeys(it.act.event_id for it in shown if it.act.event_id != own)
    return Finding(about.act.event_id.hex(), tuple(causes)[:CAUSES_MAX], severity)


def officer_subject(officer_id: str, item: StreamAct) -> str:
    """Return the subject of what an officer did wrong in one act."""
    return f"{officer_id}:{item.act.event_id.hex()}"[-SUBJECT_SIZE_MAX:]


def severity(*, is_provisional: bool) -> str | None:
    """Return the severity of what rests on a date: the rule's own, if the date is final."""
    return PROVISIONAL_SEVERITY if is_provisional else None


def is_late(at: int, due: Due) -> bool:
    """Tell whether a moment is after a due day, which lasts until 24:00 in Shanghai."""
    return day_of(at) > due.day
