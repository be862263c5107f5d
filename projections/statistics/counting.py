"""What the annual tables count: one line an act and cell, from the entries of a ledger.

Read before: ``layout``, ``readings``. Read next: ``registers_at``, ``report``.

A decision counts in the year of its document, also when it was revoked later; one with several
penalties counts once, in the heaviest kind; amounts are those of the document, where it has one
(docs/spec/statistics.md). An annulled act counts nowhere, whichever of the two came first, and a
corrected one as it reads by its last correction: what is counted is said once all entries are taken
in. Reads classes P and I only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.control_records import day_of
from ledger.domain.projection import ControlReader, EntryView
from projections.statistics.layout import Layout
from projections.statistics.readings import EventPlace, Reading, Readings

_MEASURES: Final = frozenset({"SEAL_PREMISES", "SEIZE", "FREEZE"})
_ENFORCEMENT: Final = frozenset({"ADD_FINE", "TRANSFER", "AUCTION", "REMOVE_RESTORE", "SUBSTITUTE"})
_ACT_KINDS: Final = frozenset(
    {"LEVY", "REQUISITION", "PAYMENT", "CONFIRMATION", "ADJUDICATION", "REWARD"}
)
_RECONSIDERATION: Final = "ReconsiderationFiled"
_LAWSUIT: Final = "LitigationFiled"


class Counted(NamedTuple):
    """What one act adds to one cell."""

    table: str
    column: str
    agency_id: str
    day: int  # Days since 1970-01-01.
    amount: int  # How many, or fen.
    log: str
    leaf_index: int  # Of the act, or of the correction that has it read so.
    event_id: str  # As ``leaf_index``.


class _Line(NamedTuple):
    """What is counted if its act reads so in the end, and no act behind it is annulled."""

    counted: Counted
    place: EventPlace
    said_by: EventPlace
    filing: EventPlace | None = None  # What it is the result of.


class _Enforcement(NamedTuple):
    """One step of an enforcement: a kind is decided, or what was decided is done."""

    leaf_index: int
    place: EventPlace
    said_by: EventPlace
    kind: str | None
    done: Counted | None  # Its column is that of each kind.


class CaseCounting:
    """Counts the acts of the case logs that count; takes them in the order of each log."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lines: list[_Line] = []
        self._readings = Readings()
        self._filings: dict[EventPlace, str] = {}  # Type of each filing.
        self._enforced: dict[tuple[str, str], list[_Enforcement]] = {}  # By stream.
        self._handlers: Mapping[str, Callable[[Reading, Mapping[str, Any]], None]] = {
            "PenaltyDecisionMade": self._penalty,
            "OnSitePenaltyDecided": self._penalty,
            "CaseFiled": self._one("T1b", "FILED"),
            "CaseClosed": self._one("T1b", "CLOSED"),
            "NoPenaltyDecisionMade": self._one("T1b", "NO_PENALTY", "doc"),
            "CaseTransferredToJudiciary": self._one("T1b", "TRANSFERRED", "at"),
            "LicenceApplicationReceived": self._one("T2", "RECEIVED"),
            "LicenceApplicationAccepted": self._one("T2", "ACCEPTED", "at"),
            "LicenceGranted": self._one("T2", "GRANTED", "doc"),
            "LicenceAltered": self._one("T2", "GRANTED", "doc"),
            "LicenceRenewed": self._one("T2", "GRANTED", "doc"),
            "LicenceRefused": self._one("T2", "REFUSED", "doc"),
            "LicenceRevoked": self._one("T2", "REVOKED", "doc"),
            "MeasureImposed": self._measure,
            "EmergencyMeasureImposed": self._measure,
            "EnforcementDecisionMade": self._enforcement,
            "ExecutionCompleted": self._executed,
            "ExecutionTerminated": self._executed,
            "CourtEnforcementApplied": self._one("T3", "COURT", "appliedAt"),
            "OtherEnforcementActRecorded": self._other,
            "InspectionRecordMade": self._one("T4", "INSPECTION"),
            _RECONSIDERATION: self._filed,
            _LAWSUIT: self._filed,
            "RemedyResultReceived": self._result,
        }
        self.event_types = frozenset({*self._handlers, ANNULLED, CORRECTED})

    @property
    def counted(self) -> list[Counted]:
        """Everything counted, in no particular order."""
        found = [line.counted for line in self._lines if self._does_count(line)]
        for steps in self._enforced.values():
            found += self._carried_out(steps)
        return found

    def take_in(self, view: EntryView, facts: ControlReader) -> None:
        """Take in an entry of one of ``event_types``; ``facts`` at least as far as it needs."""
        if view.event_type == ANNULLED:
            self._readings.annul(view)
        elif view.event_type == CORRECTED:
            found = self._readings.correct(view, facts)
            if found is not None:
                self._handlers[found[0].event_type](*found)
        else:
            self._handlers[view.event_type](self._readings.take_in(view), view.payload)

    def _add(self, act: Reading, table: str, column: str, day: int, amount: int = 1) -> None:
        counted = _counted(act, table, column, day, amount)
        self._lines.append(_Line(counted, act.place, act.said_by))

    def _does_count(self, line: _Line) -> bool:
        if not self._readings.reads_so(line.place, line.said_by):
            return False
        if line.filing is None:
            return True
        # A result counts by its filing, which must be there.
        return line.filing in self._filings and not self._readings.is_annulled(line.filing)

    def _carried_out(self, steps: list[_Enforcement]) -> list[Counted]:
        """Return what was decided in a stream, once it is completed or terminated."""
        found, kinds = [], list[str]()
        for step in sorted(steps, key=lambda step: step.leaf_index):  # As the acts came.
            if not self._readings.reads_so(step.place, step.said_by):
                continue
            if step.kind is not None:
                kinds.append(step.kind)
            elif step.done is not None:
                found += [step.done._replace(column=kind) for kind in kinds]
                kinds = []
        return found

    def _one(
        self, table: str, column: str, when: str | None = None
    ) -> Callable[[Reading, Mapping[str, Any]], None]:
        """Return a handler that counts an act once, by its document, a time in it, or its own."""

        def count(act: Reading, payload: Mapping[str, Any]) -> None:
            self._add(act, table, column, _day(act, payload, when))

        return count

    def _penalty(self, act: Reading, payload: Mapping[str, Any]) -> None:
        day, penalties = payload["doc"]["docDate"], payload["penalties"]
        self._add(act, "T1", self._layout.heaviest([one["kind"] for one in penalties]), day)
        self._add(act, "T1", "TOTAL", day)
        amount = sum(one["amountFen"] or 0 for one in penalties)
        self._add(act, "T1", "AMOUNT", day, amount)

    def _measure(self, act: Reading, payload: Mapping[str, Any]) -> None:
        kind, when = payload["measureKind"], payload.get("decisionDoc")
        day = day_of(act.occurred_at) if when is None else when["docDate"]
        self._add(act, "T3", kind if kind in _MEASURES else "OTHER_MEASURE", day)

    def _enforcement(self, act: Reading, payload: Mapping[str, Any]) -> None:
        kind = payload["enforceKind"]
        kind = kind if kind in _ENFORCEMENT else "OTHER_ENFORCEMENT"
        self._enforce(act, _Enforcement(act.leaf_index, act.place, act.said_by, kind, None))

    def _executed(self, act: Reading, payload: Mapping[str, Any]) -> None:
        day = _day(act, payload, "completedAt" if "completedAt" in payload else None)
        done = _counted(act, "T3", "", day, 1)
        self._enforce(act, _Enforcement(act.leaf_index, act.place, act.said_by, None, done))

    def _enforce(self, act: Reading, step: _Enforcement) -> None:
        self._enforced.setdefault(act.place[:2], []).append(step)

    def _other(self, act: Reading, payload: Mapping[str, Any]) -> None:
        kind, day = payload["actKind"], _day(act, payload, "at")
        self._add(act, "T4", kind if kind in _ACT_KINDS else "OTHER", day)
        if kind == "LEVY":
            self._add(act, "T4", "LEVY_AMOUNT", day, payload["amountFen"] or 0)

    def _filed(self, act: Reading, payload: Mapping[str, Any]) -> None:
        self._filings[act.place] = act.event_type
        column = "RECONSIDERED" if act.event_type == _RECONSIDERATION else "SUED"
        self._add(act, "T6", column, _day(act, payload, "acceptedAt"))

    def _result(self, act: Reading, payload: Mapping[str, Any]) -> None:
        filing = act.place._replace(event_id=uuid_text(payload["filingEventId"]))
        filed = self._filings.get(filing)
        if filed is not None and payload["result"] in self._layout.lost_results:
            column = "RECONSIDERATION_LOST" if filed == _RECONSIDERATION else "LAWSUIT_LOST"
            line = _counted(act, "T6", column, _day(act, payload, "doc"), 1)
            self._lines.append(_Line(line, act.place, act.said_by, filing))


def _counted(act: Reading, table: str, column: str, day: int, amount: int) -> Counted:
    said = act.said_by
    return Counted(
        table, column, act.agency_id, day, amount, said.log, act.said_index, said.event_id
    )


def _day(act: Reading, payload: Mapping[str, Any], when: str | None) -> int:
    """Return the day by which an act belongs to a year: its document's, a time's, or its own."""
    if when is None:
        return day_of(act.occurred_at)
    value = payload[when]
    return int(value["docDate"]) if isinstance(value, Mapping) else day_of(int(value))
