"""The rows of the view of deadlines, and what can be asked of them.

Read before: docs/spec/deadlines.md, ``projection``. Read next: ``postgres``.

One row a deadline, as it stands after the newest entry of its stream. Time alone changes a state
too; so what is overdue is not a column, it follows from the due instant and the moment that is
asked with. What a row of the law says in words is in the published rule set that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from ledger.rules.deadline_instance import CANCELLED, MET, MET_LATE_REPORTED, MISSED, NEVER, OPEN
from projections.reading import Cursor, Listing
from projections.tables import Table

STATES: Final = (OPEN, MET, MET_LATE_REPORTED, MISSED, CANCELLED)
KINDS: Final = ("DUTY", "WINDOW", "WAIT")
FIRST: Final = Cursor(-(2**63), "")


class DeadlineRow(NamedTuple):
    """One deadline; times in microseconds UTC, event ids as UUIDs."""

    log: str
    stream_id: str  # The matter.
    instance_id: str  # 64 hex digits.
    deadline_id: str  # Row of the rule set, such as D-PEN-01.
    rule_set_version: str  # Under which it started.
    kind: str  # One of ``KINDS``.
    state: str  # One of ``STATES``.
    is_outstanding: bool  # Open, or a duty that was missed and can still be done.
    agency_id: str  # Whose act started it.
    case_id: str | None
    item_code: str | None
    trigger_event_id: str
    trigger_type: str
    trigger_at: int  # When it happened.
    period: str  # Of a recurring one the last day of its period, as a day number; else empty.
    started_at: int  # From when it counts.
    due_at: int | None  # The last instant; None while it is paused, or never ends.
    provisional: bool
    calendar_version: str
    pauses: str  # JSON: lists of first day and last day (null while it lasts), as day numbers.
    extensions: int  # How many.
    fulfilled_by: str | None
    broken_by: str | None
    cancelled_by: str | None
    missed_on_record: bool
    changed_at: int  # ``receivedAt`` of the entry that changed it last.
    length: int | None  # That was counted, in ``unit``; None where a last day was named.
    unit: str | None  # WD, CD, H, M or Y.

    @property
    def order(self) -> Cursor:
        """Where it stands in a list: the earliest due first, the paused last."""
        return Cursor(NEVER if self.due_at is None else self.due_at, self.instance_id)

    def is_overdue(self, now: int) -> bool:
        """Tell whether it is a duty that is not done although its time is over."""
        is_past = self.due_at is not None and self.due_at < now
        return self.kind == "DUTY" and self.is_outstanding and is_past


class StreamRow(NamedTuple):
    """How far a stream was taken in; not followed while nothing of it is kept."""

    log: str
    stream_id: str
    version: int
    received_at: int
    control_size: int
    kept_version: int  # The newest version that is in ``ActRow``; 0: none.
    agency_id: str  # Whose its first act is.


class ActRow(NamedTuple):
    """One act that deadlines are made from; without an act, how far time had come by then."""

    log: str
    stream_id: str
    version: int
    received_at: int
    control_size: int
    act: bytes | None


class AgencyActRow(NamedTuple):
    """One part that an act plays in the deadlines of an agency over all of its acts."""

    log: str
    stream_id: str
    event_id: str
    deadline_id: str  # Row of the rule set; empty: it is about the agency itself.
    role: str
    part: int  # Of a fulfilment.
    agency_id: str
    event_type: str
    rule_set_version: str
    key: str  # JSON: the values by which acts find their deadline.
    day: int  # From which it counts, else on which it happened, as a day number.
    occurred_at: int
    received_at: int
    leaf_index: int

    @property
    def place(self) -> tuple[int, bool, int, int]:
        """Its place among the acts of all logs."""
        is_case = self.log.isdecimal()
        return (self.received_at, is_case, int(self.log) if is_case else 0, self.leaf_index)


class MissRow(NamedTuple):
    """A ``DeadlineMissed`` of an agency."""

    log: str
    stream_id: str
    instance_id: str
    deadline_id: str  # In capitals, as the act has it.
    agency_id: str
    trigger_event_id: str
    due_at: int
    provisional: bool
    calendar_version: str
    received_at: int


START: Final = "START"  # Starts a deadline of its day.
BASIS: Final = "BASIS"  # What recurs rests on it.
FULFIL: Final = "FULFIL"
CANCEL: Final = "CANCEL"
ENTERED: Final = "ENTERED"  # The agency is registered.
ENDED: Final = "ENDED"  # It is revoked.
POWER: Final = "POWER"  # An enforcement item or a power list is on record.

DAYS_SHOWN_MAX: Final = 64  # Of one row and agency on which something waits to be done.

AGENCY_ACTS: Final = Table("deadline_agency_act", AgencyActRow, 6)
MISSES: Final = Table("deadline_agency_miss", MissRow, 3)
DEADLINES: Final = Table("deadline", DeadlineRow, 3)
STREAMS: Final = Table("deadline_stream", StreamRow, 2)
ACTS: Final = Table("deadline_act", ActRow, 3, is_insert_only=True, is_read_back=True)
TABLES: Final = (DEADLINES, STREAMS, ACTS, AGENCY_ACTS, MISSES)


class DeadlineQuery(NamedTuple):
    """Which deadlines are asked for; None: any.

    Attributes:
        due_before: Due before this moment.
        stream_id: Of this matter.
        agency_id: Of this agency.
        deadline_id: Of this row of the rule set.
        state: In this state.
        is_overdue: Only duties whose time is over and that are not done.
        is_any: Also what is not to be done any more; else only what is outstanding, without what
            somebody may do and what nobody may do yet where the time for it is over.
    """

    due_before: int | None = None
    stream_id: str | None = None
    agency_id: str | None = None
    deadline_id: str | None = None
    state: str | None = None
    is_overdue: bool = False
    is_any: bool = False

    def starts(self, now: int) -> Mapping[str, int]:
        """Return from which due instant on deadlines of each kind are wanted."""
        if self.is_any:
            return dict.fromkeys(KINDS, FIRST.at)
        duties = {"DUTY": FIRST.at}
        return duties if self.is_overdue else {**duties, "WINDOW": now, "WAIT": now}

    def last(self, now: int) -> int:
        """Return the last due instant that is wanted; ``NEVER``: any, also none."""
        last = NEVER if self.due_before is None else self.due_before - 1
        return min(last, now - 1) if self.is_overdue else last


def is_wanted(row: DeadlineRow, query: DeadlineQuery, now: int) -> bool:
    """Tell whether a deadline is one of those that are asked for."""
    names = ("stream_id", "agency_id", "deadline_id", "state")
    wanted = {name: value for name in names if (value := getattr(query, name)) is not None}
    start = query.starts(now).get(row.kind)
    return (
        all(getattr(row, name) == value for name, value in wanted.items())
        and (query.is_any or row.is_outstanding)
        and (start is not None and start <= row.order.at <= query.last(now))
        and (not query.is_overdue or row.is_overdue(now))
    )


class Fulfilled(NamedTuple):
    """The newest day on which something happened that fulfils a part of a row."""

    agency_id: str
    deadline_id: str
    part: int
    key: str
    day: int


class Wanted(NamedTuple):
    """Which fulfilments are asked for."""

    deadline_id: str
    part: int
    key: str


class AgencyReader(Protocol):
    """What the deadlines of agencies over all of their acts are reckoned from."""

    def standing(self, agency_id: str | None) -> Sequence[AgencyActRow]:
        """Return registrations, revocations, what recurs rests on, and one power of each agency.

        Args:
            agency_id: Of this agency only; None: of all.
        """
        ...

    def fulfilled(self, agencies: Sequence[str], wanted: Sequence[Wanted]) -> Sequence[Fulfilled]:
        """Return the newest fulfilments, one an agency and wanted part."""
        ...

    def starts(
        self, agencies: Sequence[str], after: Sequence[int], deadline_id: str
    ) -> Sequence[AgencyActRow]:
        """Return what starts a row, of each agency on the earliest days after one.

        Args:
            agencies: Of these.
            after: Of each agency: from the day after this one on.
            deadline_id: The row.
        """
        ...

    def misses(
        self, query: DeadlineQuery, limit: int, after: Cursor | None = None
    ) -> Sequence[MissRow]:
        """Return what is missed on record, the earliest due first."""
        ...

    def missed(self, instance_ids: Sequence[str]) -> Sequence[MissRow]:
        """Return what is missed on record of these deadlines."""
        ...

    def acts(self, event_ids: Sequence[str]) -> Sequence[AgencyActRow]:
        """Return the parts that acts play."""
        ...


class DeadlineReader(Protocol):
    """Questions to the view."""

    @property
    def agencies(self) -> AgencyReader:
        """Of the deadlines of agencies over all of their acts, which ``deadlines`` has not."""
        ...

    def deadlines(
        self, query: DeadlineQuery, now: int, limit: int, after: Cursor | None = None
    ) -> Listing[DeadlineRow]:
        """Return deadlines, the earliest due first, so what is overdue stands at the head.

        Args:
            query: Which.
            now: The moment that is asked with, microseconds UTC.
            limit: At most so many.
            after: The last row of the page before.
        """
        ...

    def deadline(self, instance_id: str) -> DeadlineRow | None:
        """Return one deadline."""
        ...
