"""Lists and devices that the control log knows: what is recorded, what is inspected, with what.

Read before: ``law_lists``. Read next: ``control_changes``, which joins these changes to the others.

An agency publishes a list anew as a whole; a version counts from its day on, and the newest one
whose day has come is in force. Days are days since 1970-01-01, times microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ledger.chain.act import Act
from ledger.domain.control_records import day_of
from ledger.domain.law_lists import in_force

if TYPE_CHECKING:
    from ledger.domain.control import ControlState

Payload: TypeAlias = Mapping[str, Any]


class ListVersion(NamedTuple):
    """One version of an agency's list: the codes in it that bind."""

    effective_from: int  # Day.
    codes: frozenset[str]


class Device(NamedTuple):
    """A recorder (执法记录仪) and when it was one of an agency's."""

    registered_at: int
    retired_at: int | None

    def is_registered(self, at: int) -> bool:
        """Tell whether the device was registered, and not retired, at ``at``."""
        return self.registered_at <= at and (self.retired_at is None or at < self.retired_at)


class AgencyLists(NamedTuple):
    """The versions of one kind of list, by agency; replaced, never altered in place."""

    by_agency: Mapping[str, tuple[ListVersion, ...]]

    def with_version(self, agency_id: str, version: ListVersion) -> AgencyLists:
        """Return the lists with one more version."""
        held = self.by_agency.get(agency_id, ())
        return AgencyLists({**self.by_agency, agency_id: (*held, version)})

    def codes_at(self, agency_id: str, at: int) -> frozenset[str] | None:
        """Return the codes of the list in force at ``at``, None where there is no list."""
        version = in_force(self.by_agency.get(agency_id, ()), day_of(at))
        return None if version is None else version.codes


def _recording_list(state: ControlState, act: Act, payload: Payload) -> None:
    steps = frozenset(entry["step"] for entry in payload["entries"] if entry["mandatory"])
    version = ListVersion(payload["effectiveFrom"], steps)
    state.recorded_steps = state.recorded_steps.with_version(act.agency_id, version)


def _inspection_list(state: ControlState, act: Act, payload: Payload) -> None:
    codes = frozenset(item["itemCode"] for item in payload["items"])
    version = ListVersion(payload["effectiveFrom"], codes)
    state.inspection_items = state.inspection_items.with_version(act.agency_id, version)


def _device_registered(state: ControlState, act: Act, payload: Payload) -> None:
    state.devices = {**state.devices, payload["deviceId"]: Device(act.occurred_at, None)}


def _device_retired(state: ControlState, act: Act, payload: Payload) -> None:
    held = state.devices.get(payload["deviceId"])
    if held is not None:
        retired = held._replace(retired_at=act.occurred_at)
        state.devices = {**state.devices, payload["deviceId"]: retired}


AGENCY_LIST_CHANGES: Final[Mapping[str, Callable[[ControlState, Act, Payload], None]]] = {
    "AvRecordListPublished": _recording_list,
    "InspectionItemListPublished": _inspection_list,
    "RecorderDeviceRegistered": _device_registered,
    "RecorderDeviceRetired": _device_retired,
}
