"""Training hours of officers in a year: what attendance lists say, and what was recorded.

Read before: ``tasks``. Read next: ``portal/organisation.py``. Pure functions of the acts that
count (task table rows 21 and 24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from projections.organisation.view import Fact, Moment, OrganisationReader, TrainingRow

MATCH, NOT_LISTED, NOT_RECORDED, UNKNOWN = "MATCH", "NOT_LISTED", "NOT_RECORDED", "UNKNOWN"
STATES: Final = (MATCH, NOT_LISTED, NOT_RECORDED, UNKNOWN)
_PLACES: Final = ("OfficerRegistered", "OfficerTransferred")


class OfficerHours(NamedTuple):
    """One officer's year.

    Attributes:
        officer_id: The officer.
        held: Hours by the attendance lists that name the officer.
        completed: Hours by the records of completed trainings.
        state: MATCH; NOT_LISTED: more recorded than lists show; NOT_RECORDED: fewer; UNKNOWN: a
            list does not say how long.
        trainings: The rows, by day.
    """

    officer_id: str
    held: int
    completed: int
    state: str
    trainings: tuple[TrainingRow, ...]


def officer_hours(officer_ids: Iterable[str], rows: Sequence[TrainingRow]) -> list[OfficerHours]:
    """Return the hours of each of these officers, by id; also of those who have none."""
    by_officer: dict[str, list[TrainingRow]] = {one: [] for one in sorted(officer_ids)}
    for row in rows:
        by_officer[row.officer_id].append(row)
    return [_hours(officer, found) for officer, found in by_officer.items()]


def officers_of(reader: OrganisationReader, agency_id: str, moment: Moment) -> Mapping[str, str]:
    """Return the names of the officers whom the register has in an agency at a moment, by id."""
    here = reader.facts(_PLACES, moment, agency_id)
    ids = sorted({row.officer_id for row in here if row.officer_id is not None})
    places: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in reader.facts(_PLACES, moment, officer_ids=ids):
        officer = str(row.officer_id)
        places[officer] = row.agency_id
        if row.event_type == _PLACES[0]:
            names[officer] = Fact(row).value("name")
    return {one: names.get(one, one) for one in ids if places[one] == agency_id}


def _hours(officer_id: str, rows: Sequence[TrainingRow]) -> OfficerHours:
    held = sum(row.hours or 0 for row in rows if row.source == "HELD")
    completed = sum(row.hours or 0 for row in rows if row.source == "COMPLETED")
    return OfficerHours(officer_id, held, completed, _match(rows, held, completed), tuple(rows))


def _match(rows: Sequence[TrainingRow], held: int, completed: int) -> str:
    if any(row.hours is None for row in rows):
        return UNKNOWN
    if held == completed:
        return MATCH
    return NOT_LISTED if completed > held else NOT_RECORDED
