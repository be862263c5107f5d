"""Which past decisions are similar to a matter, by points, and how far fines lie apart.

Read before: ``projections/discretion/view.py``. Read next: ``advice``.

Deterministic: the same decisions and the same question give the same list in the same order. The
points of ``schemas/discretion`` say what counts how much; each point given is named, so that a
reader sees why a decision stands in the list. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from projections.discretion.method import method
from projections.discretion.view import (
    BY_AMOUNT,
    STATED,
    BenchmarkRow,
    Decided,
    Grade,
    grades_of,
)

NO_GRADE: Final = ""


class Benchmarks:
    """The benchmarks known at a moment, the newest first."""

    def __init__(self, rows: Sequence[BenchmarkRow]) -> None:
        self._held: dict[tuple[str, str], list[BenchmarkRow]] = {}
        for row in rows:
            self._held.setdefault((row.agency_id, row.item_code), []).append(row)

    def in_force(self, agency_id: str, item_code: str | None, day: int) -> BenchmarkRow | None:
        """Return the newest benchmark of an agency for an item that counts on a day."""
        held = self._held.get((agency_id, item_code or ""), ())
        return next((row for row in held if row.effective_day <= day), None)

    def of(self, decided: Decided) -> BenchmarkRow | None:
        """Return the benchmark that was in force for a decision on its day."""
        row = decided.row
        return self.in_force(row.agency_id, row.item_code, row.occurred_day)


class Asked(NamedTuple):
    """What similar decisions are wanted for."""

    agency_id: str
    day: int
    circumstance: str | None = None
    party_type: str | None = None
    grounds: frozenset[str] = frozenset()
    procedure: str | None = None
    stream_id: str | None = None  # Whose own decisions are left out.


class Similar(NamedTuple):
    """One past decision, and why it is similar."""

    decided: Decided
    points: int
    reasons: tuple[str, ...]  # Names of the points given.
    circumstance: str | None
    known_by: str | None  # STATED or BY_AMOUNT.


def grades_for(benchmark: BenchmarkRow, circumstance: str | None) -> list[Grade]:
    """Return the grades of a circumstance; of all where none is named."""
    return [one for one in grades_of(benchmark) if circumstance in (None, one.circumstance)]


def circumstance_of(
    decided: Decided, benchmarks: Benchmarks
) -> tuple[str, str] | tuple[None, None]:
    """Return the circumstance of a decision and how it is known.

    What was stated to the discretion aid before the decision, else the grade that its fine lies in.
    """
    if decided.advice is not None and decided.advice.circumstance is not None:
        return decided.advice.circumstance, STATED
    benchmark, fine = benchmarks.of(decided), decided.row.fine_fen
    for grade in [] if benchmark is None or not fine else grades_of(benchmark):
        if grade.least_fen <= fine <= grade.most_fen:
            return grade.circumstance, BY_AMOUNT
    return None, None


def similar_decisions(
    decisions: Iterable[Decided], benchmarks: Benchmarks, asked: Asked
) -> list[Similar]:
    """Return the most similar decisions, by points, then the newest first.

    Args:
        decisions: Of the same item, made before.
        benchmarks: By which their circumstance is known where nobody stated it.
        asked: The matter.
    """
    found = [
        _similar(one, benchmarks, asked)
        for one in decisions
        if not one.is_revoked and one.row.stream_id != asked.stream_id and one.row.fine_fen
    ]
    found.sort(key=lambda one: (one.decided.row.occurred_day, one.decided.row.event_id))
    found.sort(key=lambda one: one.points)
    return found[::-1][: method()["similar"]["shown"]]


def middle(values: Sequence[int]) -> int | None:
    """Return the lower median, None of nothing."""
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _similar(decided: Decided, benchmarks: Benchmarks, asked: Asked) -> Similar:
    circumstance, known_by = circumstance_of(decided, benchmarks)
    row, worth = decided.row, method()["similar"]
    is_same = circumstance is not None and circumstance == asked.circumstance
    given = {
        "CIRCUMSTANCE": is_same and known_by == STATED,
        "CIRCUMSTANCE_BY_AMOUNT": is_same and known_by == BY_AMOUNT,
        "PARTY_TYPE": asked.party_type is not None and row.party_type == asked.party_type,
        "GROUNDS": frozenset(row.grounds.split()) == asked.grounds,
        "PROCEDURE": asked.procedure is not None and row.procedure == asked.procedure,
        "AGENCY": row.agency_id == asked.agency_id,
        "RECENT": asked.day - row.occurred_day <= worth["recent_days"],
    }
    reasons = tuple(name for name, is_given in given.items() if is_given)
    points = sum(worth["points"][name] for name in reasons)
    return Similar(decided, points, reasons, circumstance, known_by)
