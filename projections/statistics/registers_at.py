"""What the control log says for the annual tables: agencies, staff, credentials, earlier reports.

Read before: ``counting``. Read next: ``report``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.control_records import day_of
from ledger.domain.projection import EntryView


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
    """Takes in the control log, in its order."""

    def __init__(self) -> None:
        self.agencies: dict[str, str] = {}
        self.reports: list[EarlierReport] = []
        self._staffing: dict[str, tuple[str, Staffing]] = {}  # By event.
        self._agency_of: dict[str, str] = {}  # By officer.
        self._credentials: dict[str, _Credential] = {}  # By event.
        self._revoked: dict[str, tuple[str, int]] = {}  # By event: officer and day.
        self._handlers: Mapping[str, Callable[[EntryView, Mapping[str, Any]], None]] = {
            "AgencyRegistered": self._agency,
            "StaffingDeclared": self._staff,
            "OfficerRegistered": self._officer,
            "CredentialIssued": self._issued,
            "CredentialRevoked": self._revoke,
            "StatisticsReportGenerated": self._reported,
            "EventAnnulled": self._annulled,
        }
        self.event_types = frozenset(self._handlers)

    def take_in(self, view: EntryView) -> None:
        """Take in an entry of one of ``event_types``."""
        self._handlers[view.event_type](view, view.payload)

    def staffing_at(self, day: int) -> dict[str, Staffing]:
        """Return the newest declaration of each agency as of a day."""
        ascending = sorted(self._staffing.values())  # By agency, day and place: the last stays.
        return {agency: one for agency, one in ascending if one.day <= day}

    def officers_with_credential(self, day: int) -> dict[str, int]:
        """Return how many officers of each agency held a credential on a day."""
        gone = {officer for officer, revoked in self._revoked.values() if revoked <= day}
        holders = {
            one.officer_id
            for one in self._credentials.values()
            if one.first_day <= day <= one.last_day and one.officer_id not in gone
        }
        found: dict[str, int] = {}
        for officer in holders:
            agency = self._agency_of.get(officer, "")
            found[agency] = found.get(agency, 0) + 1
        return found

    def _agency(self, _view: EntryView, payload: Mapping[str, Any]) -> None:
        self.agencies[payload["uscc"]] = payload["name"]

    def _staff(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        counts = (payload["officersTotal"], payload["officersWithCredential"])
        declared = Staffing(payload["asOf"], view.entry.leaf_index, *counts)
        self._staffing[uuid_text(view.event_id)] = (view.act.agency_id, declared)

    def _officer(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        self._agency_of[view.entry.stream_id] = payload["agencyId"]

    def _issued(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        days = (payload["validFrom"], payload["validTo"])
        self._credentials[uuid_text(view.event_id)] = _Credential(view.entry.stream_id, *days)

    def _revoke(self, view: EntryView, payload: Mapping[str, Any]) -> None:
        at = (view.entry.stream_id, day_of(payload["effectiveAt"]))
        self._revoked[uuid_text(view.event_id)] = at

    def _reported(self, _view: EntryView, payload: Mapping[str, Any]) -> None:
        sizes = {head["origin"]: head["treeSize"] for head in payload["asOf"]}
        self.reports.append(EarlierReport(payload["year"], sizes))

    def _annulled(self, _view: EntryView, payload: Mapping[str, Any]) -> None:
        target = uuid_text(payload["targetEventId"])
        for facts in (self._staffing, self._credentials, self._revoked):
            facts.pop(target, None)
