"""The rows of the organisation view, and what can be asked of them.

Read before: ``fact_rules``. Read next: ``projection``.

One row an act and one more for each correction of it, never changed: what was in force at a moment
follows from the acts that had happened, held and were received by then, as they then read, less
those then known to be annulled. So every question can be asked as of an earlier moment, and of what
the ledger knew at another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol

from projections.kept_acts import kept_table
from projections.tables import Table


class FactRow(NamedTuple):
    """One act of an organisation; times in microseconds UTC."""

    log: str
    stream_id: str
    event_id: str
    said_index: int  # ``Said``: of the act, or of the correction that has it read so.
    said_by: str
    said_at: int
    event_type: str
    agency_id: str  # The agency it is about.
    by_agency_id: str  # The agency that acts.
    officer_id: str | None  # The person it is about.
    valid_from: int
    valid_to: int | None  # The first moment at which it holds no more.
    occurred_at: int
    received_at: int
    leaf_index: int
    payload: str  # JSON: what ``facts.json`` keeps of it.


class TrainingRow(NamedTuple):
    """One officer in one attendance list, or one record of a completed training."""

    log: str
    stream_id: str
    event_id: str
    said_index: int  # As of a fact.
    officer_id: str
    said_by: str
    said_at: int
    source: str  # HELD or COMPLETED.
    topic: str
    day: int  # Days since 1970-01-01.
    hours: int | None  # None: the list does not say.
    agency_id: str  # Who held or recorded it.
    occurred_at: int
    received_at: int
    leaf_index: int


class AnnulmentRow(NamedTuple):
    """An act was annulled."""

    log: str
    stream_id: str
    event_id: str
    target_event_id: str
    occurred_at: int
    received_at: int


class CorrectionRow(NamedTuple):
    """An act was corrected: what was said of it before counts no more, unless this is annulled."""

    log: str
    stream_id: str
    event_id: str
    target_event_id: str
    leaf_index: int
    received_at: int


FACTS: Final = Table("organisation_fact", FactRow, 4, is_insert_only=True)
TRAINING: Final = Table("organisation_training", TrainingRow, 5, is_insert_only=True)
ANNULMENTS: Final = Table("organisation_annulment", AnnulmentRow, 3, is_insert_only=True)
CORRECTIONS: Final = Table("organisation_correction", CorrectionRow, 3, is_insert_only=True)
ACTS: Final = kept_table("organisation_act")
TABLES: Final = (FACTS, TRAINING, ANNULMENTS, CORRECTIONS, ACTS)


class Moment(NamedTuple):
    """As of when: what had happened and held ``at``, of what was received by ``known_at``."""

    at: int
    known_at: int


class Fact:
    """A row with its payload read."""

    def __init__(self, row: FactRow) -> None:
        self.row = row

    @cached_property
    def payload(self) -> dict[str, Any]:
        """What is kept of the payload."""
        kept: dict[str, Any] = json.loads(self.row.payload)
        return kept

    def value(self, path: str) -> Any:
        """Return a value of the payload by its path; of a list, the values of its members."""
        found: Any = self.payload
        for name in path.split("."):
            if isinstance(found, list):
                found = [member.get(name) for member in found]
            else:
                found = None if found is None else found.get(name)
        return found


class OrganisationReader(Protocol):
    """Questions to the view; rows come by (valid_from, received_at, log, leaf index), ascending."""

    def facts(
        self,
        event_types: Sequence[str],
        moment: Moment,
        agency_id: str | None = None,
        officer_ids: Sequence[str] | None = None,
    ) -> Sequence[FactRow]:
        """Return the acts of these types that count at a moment, of an agency or some officers."""
        ...

    def newest(self, event_type: str, moment: Moment) -> Sequence[FactRow]:
        """Return the last act of a type that counts at a moment, of each agency; by its code."""
        ...

    def training(
        self, officer_ids: Sequence[str], first_day: int, last_day: int, moment: Moment
    ) -> Sequence[TrainingRow]:
        """Return the trainings of officers on days from first to last; by day, then event id."""
        ...
