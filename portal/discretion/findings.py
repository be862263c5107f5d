"""What a finding is, and the material that findings are made of: a bounded window of the view.

Read before: ``projections/discretion/view.py``. Read next: ``outliers``, ``patterns``.

Everything is computed from the decisions and closings of the days before a moment, at most so many
of the newest. Where there were more, the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.domain.control_records import day_of
from portal.discretion.similar import Benchmarks
from projections.discretion.method import method
from projections.discretion.view import (
    ClosingRow,
    Decided,
    DecisionQuery,
    DiscretionReader,
    Moment,
)

OUTLIER: Final = "OUTLIER"
REPEAT_ORGANISATION: Final = "REPEAT_ORGANISATION"
REPEAT_PERSON: Final = "REPEAT_PERSON"
OFFICER_LOWEST: Final = "OFFICER_LOWEST"
AGENCY_LOWEST: Final = "AGENCY_LOWEST"
OFFICER_ENDED: Final = "OFFICER_ENDED"
AGENCY_ENDED: Final = "AGENCY_ENDED"
AGENCY_UNREASONED: Final = "AGENCY_UNREASONED"
KINDS: Final = (
    *(OUTLIER, REPEAT_ORGANISATION, REPEAT_PERSON, OFFICER_LOWEST, AGENCY_LOWEST),
    *(OFFICER_ENDED, AGENCY_ENDED, AGENCY_UNREASONED),
)
BEHIND_MAX: Final = 20  # Cases named behind a finding; how many there are, it says.


class Behind(NamedTuple):
    """An act behind a finding."""

    event_id: str
    case_id: str
    agency_id: str
    doc_no: str | None
    day: int
    fine_fen: int | None


class Finding(NamedTuple):
    """Something that stands out, in words and numbers."""

    kind: str
    subject: str  # Decision, credit code, officer or agency; of a natural person a decision.
    name: str | None  # Of an organisation.
    agency_ids: tuple[str, ...]
    day: int  # Of the newest act behind it.
    numbers: dict[str, int]
    behind: tuple[Behind, ...]  # The newest first.
    via_vault: bool = False  # Natural persons, compared by the vault's keyed index only.

    @property
    def id(self) -> str:
        """Tell it from all others of one answer."""
        return f"{self.kind} {self.subject}"


class Material(NamedTuple):
    """What findings are made of."""

    decisions: Sequence[Decided]
    closings: Sequence[ClosingRow]
    benchmarks: Benchmarks
    from_day: int
    to_day: int
    is_cut: bool  # There were more.


def material(reader: DiscretionReader, moment: Moment, item_code: str | None) -> Material:
    """Read what is known at a moment of the days up to it.

    Args:
        reader: The view.
        moment: As of when.
        item_code: Only decisions of this item; closings are of all.
    """
    limits = method()["correlation"]
    most, to_day = limits["decisions_max"], day_of(moment.at)
    from_day = to_day - limits["window_days"] + 1
    query = DecisionQuery(item_code=item_code, from_day=from_day, to_day=to_day)
    decisions = reader.decisions(query, moment, most + 1)
    closings = reader.closings(from_day, to_day, moment, most + 1)
    rows = reader.benchmarks(moment, most + 1, item_code)
    is_cut = max(len(decisions), len(closings), len(rows)) > most
    benchmarks = Benchmarks(rows[:most])
    return Material(decisions[:most], closings[:most], benchmarks, from_day, to_day, is_cut)


def behind_decision(decided: Decided) -> Behind:
    """Return a decision as an act behind a finding."""
    row = decided.row
    place = (row.event_id, row.stream_id, row.agency_id)
    return Behind(*place, row.doc_no, row.occurred_day, row.fine_fen)


def behind_closing(row: ClosingRow) -> Behind:
    """Return a closing as an act behind a finding."""
    return Behind(row.event_id, row.stream_id, row.agency_id, None, row.occurred_day, None)


def finding(
    kind: str,
    subject: str,
    behind: Sequence[Behind],
    numbers: dict[str, int],
    *,
    name: str | None = None,
    via_vault: bool = False,
) -> Finding:
    """Return a finding on acts, the newest of which comes first."""
    agencies = tuple(sorted({one.agency_id for one in behind}))
    shown = tuple(behind[:BEHIND_MAX])
    return Finding(kind, subject, name, agencies, behind[0].day, numbers, shown, via_vault)


def numbers_for(name: str) -> dict[str, Any]:
    """Return the thresholds of one kind of finding."""
    found: dict[str, Any] = method()["correlation"][name]
    return found
