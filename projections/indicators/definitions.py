"""What the indicators are: read from ``schemas/indicators``, where their formulas stand.

Read before: docs/reference/indicators.md. Read next: ``projection``.

An indicator is two counts over facts. A row of the file says which acts bring a fact into the
denominator, which later acts, deadlines or alerts decide about the numerator, and by which date a
fact belongs to a year or month. The words of the formula stand beside and are shown with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.loader import file_json

FILE: Final = "indicators/indicators-1.json"
ANY_TYPE: Final = "*"
RIPENS: Final = ("AT_ONCE", "DUE", "DECIDED", "CALLED")
KINDS: Final = ("SHARE", "DISPERSION", "RANK")


class Match(NamedTuple):
    """Acts of some types whose payload has certain values, and what is read from them."""

    types: tuple[str, ...]
    skipped: frozenset[str]  # Types left out where ``types`` is any.
    when: Mapping[str, Sequence[Any]]  # Path and the values that it may have.
    key: str  # By which a fact is found again: ``$event``, ``$aggregate``, ``$stream``, a path.
    roles: frozenset[str]  # Roles of which the act must have an actor; empty: any act.
    after: str | None  # A note that the stream must bear.
    calls: str | None  # A note that makes the fact count.
    met_by_note: str | None
    met_when: Mapping[str, Sequence[Any]] | None
    is_met: bool  # In the numerator until something fails it.
    is_before: bool  # It must have happened before the fact.
    measure: str | None  # Of ``MEASURES``: measured by a function (``measures``).
    each: str | None  # Path of a list: one fact for each of its values.
    is_on_top: bool  # It adds to the numerator only.
    is_below: bool  # It adds to the denominator only.
    numerator: str | None  # Path of a number.
    denominator: str | None
    day: str | None  # Path of the date or time by which it belongs to a period.
    due: str | None  # Path of the last day.
    detail: str | None  # Path of a word by which facts are told apart.
    outcome: str | None


class Target(NamedTuple):
    """What is aimed at, in per cent, and who says so."""

    percent: int
    source: str


class Indicator(NamedTuple):
    """One indicator as the file has it."""

    id: str
    cn: str
    group: str
    unit: str  # ACTS, STAGES or PERSONS.
    numerator: str
    denominator: str
    period: str  # Which date makes a fact belong to a year.
    target: Target | None
    direction: str  # GOOD: more is better, ADVERSE: less is better, NEUTRAL.
    is_latest: bool  # Only the newest fact of each agency counts.
    ripens: str  # When an unmet fact counts: one of ``RIPENS``.
    enters: tuple[Match, ...]
    meets: tuple[Match, ...]
    outcomes: tuple[Match, ...]
    ends: tuple[Match, ...]  # Acts after which a fact counts no more.
    notes: Mapping[str, tuple[Match, ...]]
    deadlines: frozenset[str]  # Whose miss keeps a fact out of the numerator.
    is_deadline_of_stream: bool  # The deadline runs in the stream, not from the fact's own act.
    met_by_rules: frozenset[str]
    failed_by_rules: frozenset[str]
    called_by_rules: frozenset[str]
    late_after_hours: int
    kind: str  # SHARE: two counts; DISPERSION: deviation and mean of values; RANK: beyond a cap.
    value_unit: str | None  # MICROS, PER_MILLE, FEN or TIMES.
    is_stock: bool  # What is there at the end of a period counts, whenever it began.
    has_age: bool  # How long ago the newest fact was received is shown.

    @property
    def is_of_every_act(self) -> bool:
        """Whether acts of any type make facts of it, each by itself."""
        return any(ANY_TYPE in match.types for match in self.enters)

    @property
    def matches(self) -> tuple[Match, ...]:
        """All acts that it looks at."""
        notes = (match for matches in self.notes.values() for match in matches)
        return (*self.enters, *self.meets, *self.outcomes, *self.ends, *notes)

    @property
    def formula(self) -> str:
        """The formula in words."""
        return f"{self.numerator} ÷ {self.denominator}"


@cache
def indicators() -> Mapping[str, Indicator]:
    """Return the indicators by id, in the order of the file."""
    return {row["id"]: _indicator(row) for row in file_json(FILE)["indicators"]}


@cache
def groups() -> Mapping[str, str]:
    """Return the Chinese names of the groups, in the order of the file."""
    names: dict[str, str] = file_json(FILE)["groups"]
    return names


def _indicator(row: Mapping[str, Any]) -> Indicator:
    target = row.get("target")
    is_adverse, is_neutral = row.get("is_adverse", False), row.get("is_neutral", False)
    return Indicator(
        id=row["id"],
        cn=row["cn"],
        group=row["group"],
        unit=row.get("unit", "ACTS"),
        numerator=row["numerator"],
        denominator=row["denominator"],
        period=row["period"],
        target=None if target is None else Target(target["percent"], target["source"]),
        direction="ADVERSE" if is_adverse else "NEUTRAL" if is_neutral else "GOOD",
        is_latest=row.get("is_latest", False),
        ripens=row.get("ripens", "AT_ONCE"),
        enters=_matches(row["enters"]),
        meets=_matches(row.get("meets", ())),
        outcomes=_matches(row.get("outcomes", ())),
        notes={name: _matches(rows) for name, rows in row.get("notes", {}).items()},
        deadlines=frozenset(row.get("deadlines", ())),
        is_deadline_of_stream=row.get("deadline_of") == "STREAM",
        met_by_rules=frozenset(row.get("met_by_rules", ())),
        failed_by_rules=frozenset(row.get("failed_by_rules", ())),
        called_by_rules=frozenset(row.get("called_by_rules", ())),
        late_after_hours=row.get("late_after_hours", 0),
        ends=_matches(row.get("ends", ())),
        kind=row.get("kind", "SHARE"),
        value_unit=row.get("value_unit"),
        is_stock=row.get("is_stock", False),
        has_age=row.get("has_age", False),
    )


def _matches(rows: Sequence[Mapping[str, Any]]) -> tuple[Match, ...]:
    return tuple(_match(row) for row in rows)


def _match(row: Mapping[str, Any]) -> Match:
    return Match(
        types=tuple(row["types"]),
        skipped=frozenset(row.get("except", ())),
        when=row.get("when", {}),
        key=row.get("key", "$event"),
        roles=frozenset(row.get("roles", ())),
        after=row.get("after"),
        calls=row.get("calls"),
        met_by_note=row.get("met_by_note"),
        met_when=row.get("met_when"),
        is_met=row.get("is_met", False),
        is_before=row.get("is_before", False),
        measure=row.get("measure"),
        each=row.get("each"),
        is_on_top=row.get("is_on_top", False),
        is_below=row.get("is_below", False),
        numerator=row.get("numerator"),
        denominator=row.get("denominator"),
        day=row.get("day"),
        due=row.get("due"),
        detail=row.get("detail"),
        outcome=row.get("outcome"),
    )
