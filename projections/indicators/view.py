"""The rows of the indicators' view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

One row a fact: an act that counts in an indicator's denominator, with what came to decide about its
numerator and when the ledger received it. So an indicator as of an earlier moment is a question and
not another view, and every number leads to the acts behind it.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from projections.reading import Cursor, Listing
from projections.tables import Table

NEVER: Final = 2**62  # Later than every moment that is asked about.
OUTCOMES: Final = ("IN", "OUT", "PENDING")
PARTS: Final = ("ALL", "AGENCY", "YEAR", "MONTH", "DETAIL", "OUTCOME")


class FactRow(NamedTuple):
    """One fact of one indicator; times in microseconds UTC."""

    log: str
    stream_id: str
    indicator_id: str
    fact_key: str  # By which later acts find it.
    event_id: str  # The act that brought it into the denominator.
    leaf_index: int
    agency_id: str
    item_code: str | None
    event_type: str
    day: int  # By which it belongs to a period: days since 1970-01-01 in Shanghai.
    occurred_at: int
    received_at: int
    ripe_at: int  # From when on it counts; ``NEVER`` while it is pending.
    due_at: int | None
    numerator: int  # What it adds to the numerator if it is met.
    denominator: int
    met_at: int | None  # When what met it was received.
    met_time: int | None  # When that happened.
    met_event_id: str | None
    failed_at: int | None  # When what keeps it out for good was received.
    failed_event_id: str | None
    voided_at: int | None  # When its act was annulled.
    value: int | None  # A measured value: a lag in microseconds.
    detail: str | None
    outcome: str | None


class MemoryRow(NamedTuple):
    """What the fold remembers of one stream, as JSON."""

    log: str
    stream_id: str
    memory: str


FACTS: Final = Table("indicator_fact", FactRow, 4)
MEMORIES: Final = Table("indicator_memory", MemoryRow, 2)
TABLES: Final = (FACTS, MEMORIES)


class FactQuery(NamedTuple):
    """Which facts are asked for."""

    indicator_id: str
    as_of: int  # By what was received up to then, and as it counted then.
    agency_id: str | None = None
    from_day: int | None = None
    to_day: int | None = None  # The last day.


class Total(NamedTuple):
    """The counts of one part of an indicator's facts."""

    part: str  # An agency, a year, a month, a word; empty for all.
    numerator: int
    denominator: int
    facts: int
    pending: int  # Facts that do not count yet.
    median: int | None  # Of the measured values.


class IndicatorReader(Protocol):
    """Questions to the view."""

    def totals(self, query: FactQuery, by: str = "ALL", *, latest: bool = False) -> list[Total]:
        """Return the counts by one of ``PARTS``, ascending; with ``latest`` of newest facts only.

        Without facts there is no part, and the list is empty.
        """
        ...

    def facts(
        self, query: FactQuery, outcome: str | None, limit: int, after: Cursor | None = None
    ) -> Listing[FactRow]:
        """Return facts, the newest first: in the numerator, not in it, pending, or all."""
        ...


def is_counted(row: FactRow, as_of: int) -> bool:
    """Tell whether a fact was there at a moment, pending or not."""
    return row.received_at <= as_of and (row.voided_at is None or row.voided_at > as_of)


def is_met(row: FactRow, as_of: int) -> bool:
    """Tell whether a fact was in the numerator at a moment."""
    return (
        row.met_at is not None
        and row.met_at <= as_of
        and (row.failed_at is None or row.failed_at > as_of)
    )


def outcome_of(row: FactRow, as_of: int) -> str:
    """Return one of ``OUTCOMES``; a stage count is in when it is whole."""
    if row.ripe_at > as_of:
        return "PENDING"
    return "IN" if is_met(row, as_of) and row.numerator >= row.denominator else "OUT"
