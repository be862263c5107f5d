"""What the control log says for the annual tables: agencies, staff, credentials, earlier reports.

Read before: ``counting``. Read next: ``report``.

What is registered is changed by new registrations only; a declaration of staff is corrected as any
act is (docs/spec/corrections.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.control_records import day_of
from ledger.domain.projection import ControlReader, EntryView
from projections.statistics.readings import EventPlace, Reading, Readings, event_place

_T = TypeVar("_T")
_STAFF: Final = "StaffingDeclared"


class Staffing(NamedTuple):
    """One declaration of an agency."""

    day: int
    leaf_index: int
    officers: int
    with_credential: int


class EarlierReport(NamedTuple):
    """A report that the ledger says was made: its year, and the sizes it was made from."""

    year: int
    sizes: Mapping[str, int]  # By origin.


class _Credential(NamedTuple):
    officer_id: str
    first_day: int
    last_day: int


class ControlCounting:
    """Takes in what counts of the control log, in its order."""

    def __init__(self) -> None:
        self._readings = Readings()
        self._agencies: dict[EventPlace, tuple[str, str]] = {}  # Code and name.
        self._reports: dict[EventPlace, EarlierReport] = {}
        # What each agency said, by act and by what says so.
        self._staffing: dict[tuple[EventPlace, EventPlace], tuple[str, Staffing]] = {}
        self._officers: dict[EventPlace, str] = {}  # Agency of the officer whose stream it is.
        self._credentials: dict[EventPlace, _Credential] = {}
        self._revoked: dict[EventPlace, tuple[str, int]] = {}  # Officer and day.
        self._handlers: Mapping[str, Callable[[EntryView, Mapping[str, Any]], None]] = {
            "AgencyRegistered": self._agency,
            "OfficerRegistered": self._officer,
            "CredentialIssued": self._issued,
            "CredentialRevoked": self._revoke,
            "StatisticsReportGenerated": self._reported,
        }
        self.event_types = frozenset({*self._handlers, _STAFF, ANNULLED, CORRECTED})

    def take_in(self, view: EntryView, facts: ControlReader) -> None:
        """Take in an entry of one of ``event_types``; ``facts`` at least as far as it needs."""
        if view.event_type == ANNULLED:
            self._readings.annul(view)
        elif view.event_type == CORRECTED:
            found = self._readings.correct(view, facts)
            if found is not None:
                self._staff(*found)
        elif view.event_type == _STAFF:
            self._staff(self._readings.take_in(view), view.payload)
        else:
            self._handlers[view.event_type](view, view.payload)

    @property
    def agencies(self) -> dict[str, str]:
        """Names of the agencies, by code."""
        return dict(self._counting(self._agencies))

    @property
    def reports(self) -> list[EarlierReport]:
        """The reports that the ledger says were made."""
        return self._counting(self._reports)

    def staffing_at(self, day: int) -> dict[str, Staffing]:
        """Return the newest declaration of each agency as of a day."""
        said = [one for key, one in self._staffing.items() if self._readings.reads_so(*key)]
        ascending = sorted(said)  # By agency, day and place: last stays.
        return {agency: one for agency, one in ascending if one.day <= day}

    def officers_with_credential(self, day: int) -> dict[str, int]:
        """Return how many officers of each agency held a credential on a day."""
        agency_of = {
            place.stream_id: agency
            for place, agency in self._officers.items()
            if not self._readings.is_annulled(place)
        }
        gone = {officer for officer, revoked in self._counting(self._revoked) if revoked <= day}
        holders = {
            one.officer_id
            for one in self._counting(self._credentials)
            if one.first_day <= day <= one.last_day and one.officer_id not in gone
        }
        found: dict[str, int] = {}
        for officer in holders:
            agency = agency_of.get(officer, "")
            found[agency] = found.get(agency, 0) + 1
        return found

    def _counting(self, facts: Mapping[EventPlace, _T]) -> list[_T]:
        """Return what no act of its stream annuls, in the order of the log."""
        return [fact for place, fact in facts.items() if not self._readings.is_annulled(place)]

    def _agency(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        self._agencies[event_place(view)] = (payload["uscc"], payload["name"])

    def _staff(self, act: Reading, payload: Mapping[str, Any]) -> None:
        counts = (payload["officersTotal"], payload["officersWithCredential"])
        declared = Staffing(payload["asOf"], act.leaf_index, *counts)
        self._staffing[act.place, act.said_by] = (act.agency_id, declared)

    def _officer(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        self._officers[event_place(view)] = payload["agencyId"]

    def _issued(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        days = (payload["validFrom"], payload["validTo"])
        self._credentials[event_place(view)] = _Credential(view.entry.stream_id, *days)

    def _revoke(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        at = (view.entry.stream_id, day_of(payload["effectiveAt"]))
        self._revoked[event_place(view)] = at

    def _reported(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        sizes = {head["origin"]: head["treeSize"] for head in payload["asOf"]}
        self._reports[event_place(view)] = EarlierReport(payload["year"], sizes)
