"""The rows of the discretion view, and what can be asked of them.

Read before: ``schemas/discretion/discretion-1.json``. Read next: ``projection``.

One row an act and one more for each correction of it, never changed, but for what is remembered of
a matter: whose it is and which item it was filed for. Whether an act counts at a moment, and as it
reads by which of its rows, follows from what was received by then and from the acts that undo it,
so every question can be asked as of an earlier moment. Classes P and I only: of
a natural person the view holds an id within the matter, and nothing to tell who it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from projections.kept_acts import kept_table
from projections.tables import Table

FEN_MAX: Final = 2**53
ANNULLED, REVOKED, CORRECTED = "ANNULLED", "REVOKED", "CORRECTED"
STATED, BY_AMOUNT = "STATED", "BY_AMOUNT"  # How the circumstance of a decision is known.


class MatterRow(NamedTuple):
    """What is remembered of a stream of a case log."""

    log: str
    stream_id: str
    owner: str  # The agency whose acts count.
    item_code: str | None
    filed_event_id: str | None  # The filing that named the item.


class BenchmarkRow(NamedTuple):
    """A published benchmark (裁量基准); times in microseconds UTC, days since 1970-01-01."""

    log: str
    stream_id: str
    event_id: str
    said_index: int  # ``Said``: of the act, or of the correction that has it read so.
    said_by: str
    said_at: int
    agency_id: str
    item_code: str
    effective_day: int
    grades: str  # JSON: circumstance, least and greatest fine in fen, as published.
    occurred_at: int
    received_at: int
    leaf_index: int


class DecisionRow(NamedTuple):
    """A penalty that was decided."""

    log: str
    stream_id: str
    event_id: str
    said_index: int
    said_by: str
    said_at: int
    event_type: str
    agency_id: str
    item_code: str | None
    doc_no: str | None
    party_id: str
    party_type: str
    uscc: str | None
    party_name: str | None  # Of an organisation.
    procedure: str  # SUMMARY, ORDINARY, or REVIEWED: ordinary after a legal review.
    fine_fen: int  # 0: no fine.
    grounds: str  # Named mitigating and aggravating facts, separated by spaces.
    officers: str  # Who handled it, separated by spaces.
    occurred_day: int  # In China.
    occurred_at: int
    received_at: int
    leaf_index: int


class ClosingRow(NamedTuple):
    """A case that was closed."""

    log: str
    stream_id: str
    event_id: str
    said_index: int
    said_by: str
    said_at: int
    agency_id: str
    reason: str
    officers: str
    occurred_day: int
    occurred_at: int
    received_at: int


class AdviceRow(NamedTuple):
    """Advice that was given, with the officer's choice and reason."""

    log: str
    stream_id: str
    event_id: str
    said_index: int
    said_by: str
    said_at: int
    agency_id: str
    officer_id: str
    item_code: str | None
    circumstance: str | None
    benchmark_event_id: str | None
    least_fen: int | None
    most_fen: int | None
    chosen_fen: int | None
    choice: str | None
    reason: str | None
    version: str
    occurred_at: int
    received_at: int
    leaf_index: int


class UndoingRow(NamedTuple):
    """An act that undoes another.

    ANNULLED says that it was never so, REVOKED that it holds no more, CORRECTED that what was said
    of it before is not so.
    """

    log: str
    stream_id: str
    event_id: str
    said_index: int
    said_by: str
    said_at: int
    target_event_id: str
    kind: str
    by_agency_id: str | None  # None: by who may undo every agency's acts.
    received_at: int


class AnnulledRow(NamedTuple):
    """An act of a matter counts no more, also if it comes only later."""

    log: str
    stream_id: str
    event_id: str


MATTERS: Final = Table("discretion_matter", MatterRow, 2)
BENCHMARKS: Final = Table("discretion_benchmark", BenchmarkRow, 4, is_insert_only=True)
DECISIONS: Final = Table("discretion_decision", DecisionRow, 4, is_insert_only=True)
CLOSINGS: Final = Table("discretion_closing", ClosingRow, 4, is_insert_only=True)
ADVICES: Final = Table("discretion_advice", AdviceRow, 4, is_insert_only=True)
UNDOINGS: Final = Table("discretion_undoing", UndoingRow, 4, is_insert_only=True)
ANNULMENTS: Final = Table("discretion_annulled", AnnulledRow, 3)
ACTS: Final = kept_table("discretion_act")
TABLES: Final = (
    *(MATTERS, BENCHMARKS, DECISIONS, CLOSINGS, ADVICES, UNDOINGS),
    *(ANNULMENTS, ACTS),
)


class Moment(NamedTuple):
    """As of when: what had happened ``at``, of what was received by ``known_at``."""

    at: int
    known_at: int


class Decided(NamedTuple):
    """A decision with what was advised before it, and whether it was revoked since."""

    row: DecisionRow
    advice: AdviceRow | None
    is_revoked: bool

    @property
    def is_natural(self) -> bool:
        """Whether a natural person was punished."""
        return self.row.party_type == "NATURAL"


class Grade(NamedTuple):
    """One grade of a benchmark."""

    circumstance: str
    least_fen: int
    most_fen: int


class DecisionQuery(NamedTuple):
    """Which decisions are wanted; None asks for all."""

    item_code: str | None = None
    stream_id: str | None = None
    event_id: str | None = None
    from_day: int | None = None
    to_day: int | None = None


def grades_of(benchmark: BenchmarkRow) -> list[Grade]:
    """Return the grades of a benchmark, as published."""
    return [Grade(*grade) for grade in json.loads(benchmark.grades)]


class DiscretionReader(Protocol):
    """Questions to the view, each as of a moment; annulled acts are left out."""

    def benchmarks(
        self,
        moment: Moment,
        limit: int,
        item_code: str | None = None,
        agency_id: str | None = None,
    ) -> Sequence[BenchmarkRow]:
        """Return at most ``limit`` benchmarks, of an item, an agency or all, the newest first."""
        ...

    def decisions(self, query: DecisionQuery, moment: Moment, limit: int) -> Sequence[Decided]:
        """Return at most ``limit`` decisions, the newest first: by day, then event id."""
        ...

    def closings(
        self, from_day: int, to_day: int, moment: Moment, limit: int
    ) -> Sequence[ClosingRow]:
        """Return at most ``limit`` closings of days from first to last, the newest first."""
        ...

    def advices(self, stream_id: str, moment: Moment, limit: int) -> Sequence[AdviceRow]:
        """Return at most ``limit`` advices in a matter, the newest first."""
        ...
