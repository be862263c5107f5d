"""The rows of the indicators' view, and what can be asked of them.

Read before: ``projection``. Read next: ``postgres``.

One row a fact and what was known of it from one moment to another: an act that counts in an
indicator's denominator, with what came to decide about its numerator. So an indicator as of an
earlier moment is a question and not another view, and every number leads to the acts behind it.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from projections.reading import Cursor, Listing
from projections.tables import Table

NEVER: Final = 2**62  # Later than every moment that is asked about.
_CURSOR_KEY_CHARS: Final = 200
OUTCOMES: Final = ("IN", "OUT", "PENDING")
# All facts; the newest of each agency and subject; all, of which those are in the numerator that
# are beyond as many of one agency, subject and year as their value says.
HOWS: Final = ("ALL", "LATEST", "RANK")
PARTS: Final = ("ALL", "AGENCY", "YEAR", "MONTH", "DETAIL", "OUTCOME")


class FactRow(NamedTuple):
    """One fact of one indicator; times in microseconds UTC."""

    log: str
    stream_id: str
    indicator_id: str
    fact_key: str  # By which later acts find it.
    known_to: int  # The first moment at which it was known otherwise; ``NEVER`` until then.
    known_from: int  # Since when it is known so: ``receivedAt`` of the entry that said it.
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
    is_met: bool
    met_time: int | None  # When what met it happened.
    met_event_id: str | None
    is_failed: bool  # Something keeps it out for good.
    failed_event_id: str | None
    value: int | None  # A measured value, in the unit that the indicator names.
    detail: str | None
    outcome: str | None
    subject: str | None  # Whom or what it is about, where several acts are about the same.
    until_day: int | None  # The day on which it counts no more.


class MemoryRow(NamedTuple):
    """What the fold remembers of one stream, as JSON."""

    log: str
    stream_id: str
    memory: str


class ActRow(NamedTuple):
    """An act that is taken in once more when another of its stream is annulled."""

    log: str
    stream_id: str
    stream_version: int
    leaf_index: int
    received_at: int
    control_size: int
    act: bytes


class AnnulledRow(NamedTuple):
    """An act of the stream counts nowhere, also if it comes only later."""

    log: str
    stream_id: str
    event_id: str


FACTS: Final = Table("indicator_fact", FactRow, 5)
MEMORIES: Final = Table("indicator_memory", MemoryRow, 2)
ACTS: Final = Table("indicator_act", ActRow, 3, is_insert_only=True, is_read_back=True)
ANNULMENTS: Final = Table("indicator_annulled", AnnulledRow, 3)
TABLES: Final = (FACTS, MEMORIES, ACTS, ANNULMENTS)


class FactQuery(NamedTuple):
    """Which facts are asked for."""

    indicator_id: str
    as_of: int  # By what was received up to then, and as it counted then.
    agency_id: str | None = None
    from_day: int | None = None
    to_day: int | None = None  # The last day.
    stock_day: int | None = None  # Only what had not ended by then.


class Total(NamedTuple):
    """The counts of one part of an indicator's facts."""

    part: str  # An agency, a year, a month, a word; empty for all.
    numerator: int
    denominator: int
    facts: int
    pending: int  # Facts that do not count yet.
    median: int | None  # Of the measured values.
    values: int = 0  # How many there are.
    value_sum: int = 0
    value_squares: int = 0  # The sum of their squares.
    newest: int | None = None  # When the newest fact was received.


class IndicatorReader(Protocol):
    """Questions to the view."""

    def totals(self, query: FactQuery, by: str = "ALL", how: str = "ALL") -> list[Total]:
        """Return the counts by one of ``PARTS``, ascending.

        Without facts there is no part, and the list is empty.

        Args:
            query: Which facts.
            by: One of ``PARTS``; of the newest facts ALL or AGENCY.
            how: One of ``HOWS``.
        """
        ...

    def facts(
        self,
        query: FactQuery,
        outcome: str | None,
        limit: int,
        after: Cursor | None = None,
        how: str = "ALL",
    ) -> Listing[FactRow]:
        """Return facts, the newest first: in the numerator, not in it, pending, or all."""
        ...


def is_known(row: FactRow, as_of: int) -> bool:
    """Tell whether this is what was known of a fact at a moment."""
    return row.known_from <= as_of < row.known_to


def is_in(row: FactRow) -> bool:
    """Tell whether a fact adds to the numerator once it counts."""
    return row.is_met and not row.is_failed


def outcome_of(row: FactRow, as_of: int) -> str:
    """Return one of ``OUTCOMES``; a stage count is in when it is whole."""
    if row.ripe_at > as_of:
        return "PENDING"
    return "IN" if is_in(row) and row.numerator >= row.denominator else "OUT"


def cursor_of(row: FactRow) -> Cursor:
    """Return the place of a fact in the list of an indicator's facts."""
    # A key can be long, and one act makes several facts of an indicator by short ones only.
    return Cursor(row.received_at, f"{row.event_id} {row.fact_key[:_CURSOR_KEY_CHARS]}")
