"""Rules of the record itself: late entries, impossible order, late cures, annulments.

Read before: ``chronicle``. Read next: ``engine``. All of it is policy (平台规则): the ledger takes
what comes late or out of order, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.chain.ids import alert_event_id
from ledger.domain.control_records import HOUR_MICROS, day_of
from ledger.domain.machines import Courses
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import add_working_days
from ledger.rules.violations.chronicle import (
    ALL_TYPES,
    SUBJECT_SIZE_MAX,
    chronicle,
    first,
    found,
    is_late,
    when,
)
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.rule import BOOK, Finding, Raised, Sight

_SECOND_MICROS: Final = 1_000_000
_OUT_OF_ORDER: Final = "V-TIME-02"
_HUMAN_EMITTERS: Final = frozenset({"AGENCY", "SUPERVISOR"})


@BOOK.rule("V-TIME-01", *ALL_TYPES)
def entered_late(sight: Sight) -> Iterator[Finding]:
    """平台规则: an act is entered within a day.

    LOW after 24 hours if no reason is given, MEDIUM after three working days, HIGH if a decision
    that it should precede was recorded before it.
    """
    item = sight.item
    hours = number(sight.rules, "late_entry_hours")
    received_at = item.entry.received_at
    is_human = sight.control.emitter_kind(item.act.emitter_id) in _HUMAN_EMITTERS
    if sight.is_corrected or not is_human or received_at - when(item) <= hours * HOUR_MICROS:
        return
    days = number(sight.rules, "late_entry_working_days")
    due = add_working_days(day_of(when(item)), days, sight.control.calendar)
    decision = _decision_after(sight, item)
    if decision is not None:
        yield found(sight, item, decision, severity="HIGH")
    elif is_late(received_at, due):
        yield found(sight, item, severity="MEDIUM")
    elif item.act.late_entry is None:
        yield found(sight, item, severity="LOW")


def _decision_after(sight: Sight, item: StreamAct) -> StreamAct | None:
    """Return a recorded decision that an act claims to precede."""
    for event_type in sorted(listed(sight.rules, "decisions")):
        decision = chronicle(sight).last(event_type)
        if decision is not None and when(item) <= when(decision):
            return decision
    return None


class _Steps(NamedTuple):
    """Which types come before a type, and after it."""

    before: Mapping[str, tuple[frozenset[str], ...]]
    after: Mapping[str, tuple[tuple[str, frozenset[str]], ...]]  # With all that may be first.


@lru_cache(maxsize=8)
def _steps(texts: frozenset[str]) -> _Steps:
    """Read steps as the rule set writes them: ``MeasureImposed|EmergencyMeasureImposed>...``."""
    before: dict[str, tuple[frozenset[str], ...]] = {}
    after: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {}
    for text in sorted(texts):
        earlier, _, later = text.partition(">")
        types = frozenset(earlier.split("|"))
        before[later] = (*before.get(later, ()), types)
        for event_type in types:
            after[event_type] = (*after.get(event_type, ()), (later, types))
    return _Steps(before, after)


@BOOK.rule(_OUT_OF_ORDER, *ALL_TYPES)
def out_of_order(sight: Sight) -> Iterator[Finding]:
    """平台规则: nothing happens before what it follows from, or to what nobody has recorded.

    Nor does it come where its machine has no arrow from the present state (schemas/machines), if
    the table names this rule for that: of the machines that the rule set names.
    """
    item = sight.item
    if sight.is_corrected:
        return
    yield from _without_an_arrow(sight)
    tolerance = number(sight.rules, "order_tolerance_seconds") * _SECOND_MICROS
    steps = _steps(listed(sight.rules, "steps_of_an_aggregate"))
    for types in steps.before.get(item.event_type, ()):
        held = [chronicle(sight).earliest_of(item.act.aggregate_id, it) for it in types]
        begun = min((it for it in held if it is not None), key=when, default=None)
        if begun is None or when(item) + tolerance < when(begun):
            yield found(sight, item, begun)
    steps = _steps(listed(sight.rules, "steps_of_a_matter"))
    for types in steps.before.get(item.event_type, ()):
        begun = _first_of(sight, types)
        if begun is not None and when(item) + tolerance < when(begun):
            yield found(sight, item, begun)
    for event_type, types in steps.after.get(item.event_type, ()):
        later = chronicle(sight).first(event_type)
        is_first = _first_of(sight, types) is item
        if is_first and later is not None and when(later) + tolerance < when(item):
            yield found(sight, later)


def _without_an_arrow(sight: Sight) -> Iterator[Finding]:
    machines = sight.rules.lists.get("state_machines", ())  # No rule set before 2026.3 has any.
    for course, step in sight.matter.part(Courses).steps(sight.item):
        if course.machine.name in machines and step.flag == _OUT_OF_ORDER:
            yield found(sight, sight.item, None if course.led_by is None else course.led_by.item)


def _first_of(sight: Sight, event_types: frozenset[str]) -> StreamAct | None:
    held = [first(sight, it) for it in event_types]
    return min((it for it in held if it is not None), key=when, default=None)


@BOOK.rule("V-TIME-03", *ALL_TYPES)
def cured_late(sight: Sight) -> Iterator[Finding]:
    """平台规则: a prerequisite received after what it should precede cures nothing (LATE_CURE).

    Found once for each alert that it would have kept: the act that raised that alert and the
    alert's own are the causes, so whoever reads it knows which alert to mark.
    """
    item = sight.item
    for rule_id in BOOK.cured_by(item.event_type):
        for subject, raised in sight.raised.get(rule_id, {}).items():
            trigger = raised.trigger
            if trigger is item or when(item) > when(trigger):
                continue
            if _concerns(sight, item, subject, raised):
                shown = (trigger.act.event_id, alert_event_id(raised.alert_id))
                yield Finding(f"{rule_id}:{subject}"[-SUBJECT_SIZE_MAX:], shown)


def _concerns(sight: Sight, item: StreamAct, subject: str, raised: Raised) -> bool:
    """Tell whether a prerequisite is about what an alert is about.

    An act that it cites is one of the alert's, a subject that is an aggregate of its kind is its
    own, and of two acts about one kind of aggregate both are about the same one.
    """
    known = {subject, *(cause.hex() for cause in raised.causes)}
    cited = (value for name, value in item.payload.items() if name.endswith("EventId"))
    if not all(it is None or it.hex() in known for it in cited):
        return False
    kind, colon, _ = item.act.aggregate_id.partition(":")
    if colon and subject.startswith(f"{kind}:"):
        return subject == item.act.aggregate_id
    about = sight.matter.act(_event_id(subject)) or raised.trigger
    is_same_kind = about.act.aggregate_type == item.act.aggregate_type
    return not is_same_kind or about.act.aggregate_id == item.act.aggregate_id


def _event_id(subject: str) -> bytes:
    """Return the event id that a subject names, empty where it names something else."""
    try:
        return bytes.fromhex(subject)
    except ValueError:
        return b""


@BOOK.rule("V-LED-04", "EventAnnulled")
def annulled_in_decided_case(sight: Sight) -> Iterator[Finding]:
    """平台规则: what a decision may rest on is not taken back after it."""
    for event_type in sorted(listed(sight.rules, "decisions")):
        decision = chronicle(sight).first(event_type)
        if decision is not None and when(decision) <= when(sight.item):
            target = sight.item.payload["targetEventId"]
            yield Finding(target.hex(), tuple(dict.fromkeys((target, decision.act.event_id))))
            return
