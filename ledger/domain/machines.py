"""Where each machine of a stream stands, folded from its acts by ``schemas/machines``.

Read before: ``stream``, ``schemas/machine_tables.py``. Read next: ``portal/machines.py``.

Order is the stream's order, and only acts that count are folded (``counted_acts``). What happened
happened: an act that the table has no arrow for from the present state is kept as irregular, with
the rule that judges it, and moves the state to where the act leads all the same, unless the table
says that it moves nothing. One that had happened before the act that led to the present state came
late: it is irregular and leads nowhere. Nothing is refused here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from ledger.domain.control_records import DAY_MICROS, SHANGHAI_MICROS
from ledger.domain.stream import StreamAct
from schemas.machine_tables import Arrow, Machine, load_machines

REGULAR: Final = "REGULAR"
IRREGULAR: Final = "IRREGULAR"
LATE: Final = "LATE"


class Step(NamedTuple):
    """What one act did to one machine.

    Attributes:
        item: The act.
        before: State before it, at the time it happened.
        after: State after it.
        kind: ``REGULAR``; ``IRREGULAR`` without an arrow; ``LATE`` if such an act had happened
            before the one that led to ``before``.
        flag: The rule that judges an irregular act, None for others.
        leads: Whether it is what led to ``after``, were it the same as ``before``.
        until: When ``after`` ends by itself, microseconds UTC.
    """

    item: StreamAct
    before: str
    after: str
    kind: str
    flag: str | None
    leads: bool
    until: int | None


@dataclass
class Course:
    """One machine of a stream after the acts folded so far.

    Attributes:
        machine: Its table.
        subject: Id of the stream, or of the aggregate that it is about.
        state: State after the newest act; what ended since, ``state_at`` says.
        led_by: The step that led to it.
        until: When it ends by itself, microseconds UTC.
        reached: The first step into each state.
        irregular: The steps without an arrow, in their order.
        acts: How many acts it took in.
        newest: The newest act of each type that it took in.
    """

    machine: Machine
    subject: str
    state: str
    led_by: Step | None = None
    until: int | None = None
    reached: dict[str, Step] = field(default_factory=dict)
    irregular: list[Step] = field(default_factory=list)
    acts: int = 0
    newest: dict[str, bytes] = field(default_factory=dict)

    def state_at(self, moment: int) -> str:
        """Return the state at a moment (microseconds UTC) after the acts folded so far."""
        machine = self.machine
        has_ended = self.until is not None and moment > self.until
        ends = has_ended and self.state in machine.expiring and machine.expired is not None
        return str(machine.expired) if ends else self.state

    def step(self, item: StreamAct) -> Step | None:
        """Return what an act would do, None if the machine does not know its type.

        Of several arrows of a type the first that fits counts, whether one leads from here or not.
        """
        at = item.act.occurred_at
        before = self.state_at(at)
        fitting = [it for it in self.machine.arrows.get(item.event_type, ()) if _fits(it, item)]
        if not fitting:
            return None
        if item.act.causation_id is not None and (named := _of_a_cause(fitting)) is not None:
            is_now = self.newest.get(named.of or "") == item.act.causation_id
            leads = is_now and before in named.sources
            return _step(item, before, named if leads else named._replace(target=None), REGULAR)
        fitting = [it for it in fitting if it.of is None]
        arrows = (it for it in fitting if not (it.fresh and self._came_later(at)))
        lawful = next((it for it in arrows if before in it.sources), None)
        if lawful is not None:
            return _step(item, before, lawful, REGULAR)
        anyway = next((it for it in fitting if it.target is not None), fitting[0])
        if self.led_by is not None and at < self.led_by.item.act.occurred_at:
            return Step(item, before, before, LATE, None, False, None)
        return _step(item, before, anyway, IRREGULAR, self.machine.states[before].flag)

    def _came_later(self, at: int) -> bool:
        """Tell whether what led to the state was received after ``at`` (microseconds UTC)."""
        return self.led_by is not None and self.led_by.item.entry.received_at > at

    def take(self, step: Step) -> None:
        """Take in what an act did."""
        self.acts += 1
        self.newest[step.item.event_type] = step.item.act.event_id
        if step.kind != REGULAR:
            self.irregular.append(step)
        if not step.leads and self.led_by is not None:
            return
        self.state, self.led_by = step.after, step
        self.until = self.until if step.until is None else step.until
        self.reached.setdefault(step.after, step)


class Courses:
    """All machines of one stream, while its acts arrive; each act costs the same, however many.

    Acts of the matter that lead each aggregate on (``whole``) are remembered, and applied to an
    aggregate before its next act or when it is asked for.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Course] = {}
        self._whole: dict[str, list[StreamAct]] = {}
        # What the act that a rule asked about would do: the same act mostly comes next.
        self._asked: tuple[StreamAct, list[tuple[Course, Step]]] | None = None

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        for course, step in self.steps(item):
            if self._has_other(course.machine, course.subject):  # Begun by this very act.
                continue
            self._held.setdefault((course.machine.name, course.subject), course).take(step)
        self._asked = None
        if item.event_type in _whole_types():
            self._whole.setdefault(item.event_type, []).append(item)

    def all(self) -> list[Course]:
        """Return every machine that some act began, in the order of its first act."""
        for course in self._held.values():
            self._catch_up(course)
        return list(self._held.values())

    def steps(self, item: StreamAct) -> Sequence[tuple[Course, Step]]:
        """Return what an act that arrives would do, and to which machine, without taking it in."""
        if self._asked is None or self._asked[0] is not item:
            self._asked = item, list(self._steps(item))
        return self._asked[1]

    def _steps(self, item: StreamAct) -> Iterator[tuple[Course, Step]]:
        prefix = item.entry.stream_id.partition(":")[0]
        for machine in _by_type().get(item.event_type, ()):
            if machine.streams and prefix not in machine.streams:
                continue
            subject = item.act.aggregate_id if machine.key == "aggregate" else item.entry.stream_id
            if self._has_other(machine, subject):
                continue
            course = self._held.get((machine.name, subject))
            if course is None:
                if machine.opens and item.event_type not in machine.opens:
                    continue
                course = Course(machine, subject, machine.initial)
            self._catch_up(course)
            step = course.step(item)
            if step is not None:
                yield course, step

    def _has_other(self, machine: Machine, subject: str) -> bool:
        """Tell whether the subject has the machine in whose stead this one would be begun."""
        return machine.unless is not None and (machine.unless, subject) in self._held

    def _catch_up(self, course: Course) -> None:
        """Lead a machine on by the acts of the matter that came since its newest step."""
        while (step := self._next_whole(course)) is not None:
            course.take(step)

    def _next_whole(self, course: Course) -> Step | None:
        found: list[Step] = []
        for event_type, arrows in course.machine.whole.items():
            arrow = next((it for it in arrows if course.state in it.sources), None)
            acts = self._whole.get(event_type, [])
            if arrow is None or course.led_by is None:
                continue
            place = bisect_right(acts, _version(course.led_by.item), key=_version)
            found += [_step(it, course.state, arrow, REGULAR) for it in acts[place : place + 1]]
        return min(found, key=lambda it: _version(it.item), default=None)


def fold_machines(acts: Iterable[StreamAct]) -> list[Course]:
    """Return where each machine of a stream stands after these acts, which count.

    Args:
        acts: ``counted_acts`` of the stream, in their order.
    """
    courses = Courses()
    for item in acts:
        courses.apply(item)
    return courses.all()


def new_course(machine_name: str, subject: str = "") -> Course:
    """Return a machine that no act has begun."""
    machine = load_machines()[machine_name]
    return Course(machine, subject, machine.initial)


def _step(item: StreamAct, before: str, arrow: Arrow, kind: str, flag: str | None = None) -> Step:
    """Return what an act does by an arrow, whether that leads from the present state or not."""
    leads = arrow.target is not None and not (kind == IRREGULAR and arrow.stays)
    after = arrow.target if leads and arrow.target is not None else before
    return Step(item, before, after, kind, flag, leads, _until(arrow, item) if leads else None)


def _version(item: StreamAct) -> int:
    return item.entry.stream_version


def _fits(arrow: Arrow, item: StreamAct) -> bool:
    return not arrow.when or all(
        _value(item.payload, path) in allowed for path, allowed in arrow.when.items()
    )


def _of_a_cause(arrows: Iterable[Arrow]) -> Arrow | None:
    return next((it for it in arrows if it.of is not None), None)


def _value(payload: Mapping[str, Any], path: str) -> Any:
    value: Any = payload
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _until(arrow: Arrow, item: StreamAct) -> int | None:
    """Return the last microsecond of the state; a day lasts until 24:00 in Shanghai."""
    if arrow.until is None:
        return None
    unit, name = arrow.until
    value = _value(item.payload, name)
    if not isinstance(value, int):
        return None
    return (value + 1) * DAY_MICROS - SHANGHAI_MICROS - 1 if unit == "day" else value


@cache
def _by_type() -> dict[str, tuple[Machine, ...]]:
    """Return the machines that know each type; one that others yield to comes first."""
    machines = sorted(load_machines().values(), key=lambda it: it.unless is not None)
    types = {event_type for machine in machines for event_type in machine.arrows}
    return {it: tuple(each for each in machines if it in each.arrows) for it in types}


@cache
def _whole_types() -> frozenset[str]:
    return frozenset(it for machine in load_machines().values() for it in machine.whole)
