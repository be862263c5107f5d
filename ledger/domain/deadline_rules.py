"""What a published rule set says about deadlines, as values.

Read before: docs/spec/deadlines.md, schemas/rules/deadlines-1.json. Read next:
``deadline_texts``, which parses the text; ``ledger/rules/deadlines.py``, which counts.

A row names the event types that start, fulfil, extend, pause, cancel or break a deadline, how
long it is, and where that is written. Event types, numbers and statutes are data here; no row has
code of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Path(NamedTuple):
    """Where a value stands: in an act's payload or envelope, or in an act that it refers to."""

    of: str  # "" the act itself, "source" the act it is about, else a type: the last one.
    steps: tuple[str, ...]  # Field names, lists flattened; or one special such as ``$event``.


class Condition(NamedTuple):
    """One condition on the values of a path."""

    path: Path
    op: str  # in, not, beyond, absent or other_province.
    values: tuple[Any, ...]


class Ref(NamedTuple):
    """The acts that a row means: types, conditions, and how they are matched to a deadline."""

    types: tuple[str, ...]
    when: tuple[Condition, ...]
    key: tuple[Path, ...]
    is_for_all: bool  # Concerns every open deadline of the row, whatever its key.


class Start(NamedTuple):
    """What starts a deadline, and from when it counts."""

    ref: Ref
    deadline: str | None  # Instead of an act: the passing of this other deadline.
    counts_from_due: bool  # Of that other deadline: from its last day, else from its start.
    dates: tuple[Path, ...]  # Days; the first that is there.
    times: tuple[Path, ...]  # Instants; the first that is there.
    due_dates: tuple[Path, ...]  # The last day itself, where the act names it.
    due_of: tuple[str, ...]  # Counts from the later of these deadlines of the same trigger.
    length: int
    unit: str
    is_permanent: bool
    agency: tuple[Path, ...] = ()  # Whose deadline it is, where not the acting agency's.


class Fulfilment(NamedTuple):
    """What fulfils a deadline; where there are several parts, all are needed."""

    ref: Ref
    part: int


class Extension(NamedTuple):
    """What makes a deadline longer, if it came in time."""

    ref: Ref
    add: int  # In the row's unit; 0 where ``to`` says it.
    to: tuple[Path, ...]  # The new last day; the latest of them.
    most: int | None  # In the row's unit: how much later at the most.
    times: int | None  # How often.
    is_permanent: bool


class Pause(NamedTuple):
    """What stops the time, and what lets it run again."""

    ref: Ref
    pair: tuple[Path, ...]
    span: tuple[Path, Path] | None  # First and last day, where one act names both.
    ends: tuple[PauseEnd, ...]


class PauseEnd(NamedTuple):
    """What lets the time run again, from the next day."""

    ref: Ref
    pair: tuple[Path, ...]


class Accrual(NamedTuple):
    """What grows day by day after the start."""

    per_mille_per_day: int
    cap_per_mille: int


class DeadlineRule(NamedTuple):
    """One row: one deadline of the law or of a policy."""

    id: str
    name: str
    kind: str  # DUTY, WINDOW (somebody may until then), WAIT (not before then).
    length: int
    unit: str  # WD, CD, H, M, Y or DATE.
    rolls: bool  # A last day that is not worked moves to the next working day.
    is_backward: bool  # At least ``length`` before the start.
    severity: str | None  # Of a miss; None where a miss is nobody's fault.
    is_informational: bool
    key: tuple[Path, ...]
    once: str | None  # OPEN: not while one with this key is open; EVER: never again.
    scope: str  # STREAM or AGENCY: over which acts it runs.
    every: str | None  # YEAR or QUARTER: starts anew at the end of each.
    month_day: tuple[int, int] | None  # The last day, after the start.
    deemed: str | None  # What the law takes as done when it passes.
    override: str | None  # Name of the number by which an agency replaces the length.
    accrual: Accrual | None
    source: str
    tag: str  # How well known: L, P, S, M or R.
    note: str | None
    starts: tuple[Start, ...]
    fulfils: tuple[Fulfilment, ...]
    breaks: tuple[Ref, ...]
    extends: tuple[Extension, ...]
    pauses: tuple[Pause, ...]
    cancels: tuple[Ref, ...]
    after: tuple[Ref, ...]  # Acts without which none starts.

    @property
    def parts(self) -> frozenset[int]:
        """The parts that fulfil it together."""
        return frozenset(it.part for it in self.fulfils)


class Use(NamedTuple):
    """One role that acts of a type play in one row."""

    rule: DeadlineRule
    what: Ref | Start | Fulfilment | Extension | Pause | PauseEnd


class Uses(NamedTuple):
    """All roles of one event type, in the order in which they are played."""

    after: tuple[Use, ...]
    cancels: tuple[Use, ...]
    pauses: tuple[Use, ...]
    resumes: tuple[Use, ...]
    extends: tuple[Use, ...]
    breaks: tuple[Use, ...]
    fulfils: tuple[Use, ...]
    starts: tuple[Use, ...]


class DeadlineRules(NamedTuple):
    """The deadlines of one published rule set."""

    rules: Mapping[str, DeadlineRule]
    sources: Mapping[str, Path | None]  # Types that others are about; by their document number.
    refers: Mapping[str, Path]  # How a type says which act it is about.
    annulment: tuple[str, Path] | None  # The type that annuls, and where it names what.
    kept: frozenset[str]  # Types whose last act of an aggregate is looked at later.
    by_type: Mapping[str, Uses]
    by_deadline: Mapping[str, tuple[Use, ...]]  # Starts by the passing of another one.
