"""Rules of compulsory measures (行政强制措施): approval, term, papers, who may take them.

Read before: ``terms``. Statutes: 行政强制法 arts. 17 to 33, 行政处罚法 art. 56.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.prerequisites import had_happened_to
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import Lateness, late_by_hours, late_by_working_days, missed

_IMPOSING: Final = ("MeasureImposed", "EmergencyMeasureImposed")
_ENDING: Final = ("MeasureLifted", "SeizedPropertyReturned", "SeizedPropertyDisposed")
_ENDING_ALL: Final = ("ConfiscationExecuted", "CaseTransferredToJudiciary")


@dataclass
class Measure:
    """One measure so far; days are days since 1970-01-01."""

    kind: str
    started: int  # Day it was imposed.
    is_extended: bool = False
    testing_days: int = 0  # Days of testing and appraisal, which do not count.
    testing_until: int = 0
    has_ended: bool = False


class Measures:
    """The measures of a matter by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Measure] = {}
        self._open: dict[str, Measure] = {}

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        measure_id, payload = item.act.aggregate_id, item.payload
        if item.event_type in _IMPOSING:
            imposed = Measure(payload["measureKind"], day_of(item.act.occurred_at))
            if self.by_id.setdefault(measure_id, imposed) is imposed:
                self._open[measure_id] = imposed
        if item.event_type in _ENDING_ALL:
            for ended in self._open.values():
                ended.has_ended = True
            self._open.clear()
        held = self.by_id.get(measure_id)
        if held is None:
            return
        if item.event_type == "MeasureExtended":
            held.is_extended = True
        elif item.event_type == "MeasureTestingPeriodNotified":
            start = max(payload["from"], held.testing_until + 1, held.started + 1)
            held.testing_days += max(0, payload["to"] - start + 1)
            held.testing_until = max(payload["to"], held.testing_until)
        elif item.event_type in _ENDING:
            held.has_ended = True
            self._open.pop(measure_id, None)


@BOOK.rule("V-COE-01", "MeasureImposed", cured_by=("MeasureApproved",))
def measure_without_approval(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 18(1): the head approves before; art. 19 lets an emergency go first."""
    measure_id = sight.item.act.aggregate_id
    if not had_happened_to(sight, measure_id, "MeasureApproved", "EmergencyMeasureImposed"):
        yield Finding(measure_id)


@BOOK.rule(
    "V-COE-02",
    "EmergencyMeasureRatified",
    "DeadlineMissed",
    cured_by=("EmergencyMeasureRatified",),
)
def emergency_not_ratified(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 19: approval is made up for within 24 hours."""
    late = missed(sight, "D-COE-01")
    if sight.item.event_type == "EmergencyMeasureRatified":
        imposed = sight.matter.act(sight.item.payload["measureEventId"])
        late = late_by_hours(sight, imposed, "emergency_measure_hours")
    if late:
        yield late.finding(sight, late.trigger.act.aggregate_id)


@BOOK.rule("V-COE-03", *_IMPOSING, "MeasureExtended", *_ENDING, "DeadlineMissed")
def measure_beyond_its_term(sight: Sight) -> Iterator[Finding]:
    """行政强制法 arts. 25, 32: 30 days, extended by at most 30; testing time of goods is added."""
    late = missed(sight, "D-COE-02")
    if late:
        yield late.finding(sight, late.trigger.act.aggregate_id)
    elif _is_beyond_its_term(sight):
        measure_id = sight.item.act.aggregate_id
        held = (sight.matter.last_of(measure_id, event_type) for event_type in _IMPOSING)
        imposed = tuple(it.act.event_id for it in held if it is not None)
        yield Finding(measure_id, imposed)


def _is_beyond_its_term(sight: Sight) -> bool:
    act, payload, rules = sight.item.act, sight.item.payload, sight.rules
    held, today = sight.matter.part(Measures).by_id.get(act.aggregate_id), day_of(act.occurred_at)
    if sight.item.event_type in _IMPOSING:
        held = held or Measure(payload["measureKind"], today)
    if held is None or held.has_ended or held.kind not in listed(rules, "measures_with_term"):
        return False
    has_testing = held.kind in listed(rules, "measures_with_testing_time")
    due = held.started + number(rules, "measure_days") + held.testing_days * has_testing
    longest = due + number(rules, "measure_extension_days")
    if sight.item.event_type in _IMPOSING:
        return bool(payload["until"] > due)
    is_over = today > (longest if held.is_extended else due)
    return is_over or (sight.item.event_type == "MeasureExtended" and payload["newUntil"] > longest)


@BOOK.rule("V-COE-04", "MeasureImposed")
def papers_not_handed_over(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 24: decision and list are made and handed over on the spot, not later."""
    payload, today = sight.item.payload, day_of(sight.item.act.occurred_at)
    papers = (payload["decisionDoc"], payload["listDoc"])
    is_whole = all(paper["pages"] >= 1 and paper["docDate"] <= today for paper in papers)
    if payload["measureKind"] in listed(sight.rules, "measures_with_papers") and not is_whole:
        yield Finding(sight.item.act.aggregate_id)


@BOOK.rule(
    "V-COE-05",
    "PreRegistrationDisposed",
    "DeadlineMissed",
    cured_by=("PreRegistrationDisposed",),
)
def pre_registration_not_disposed(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 56, 85: what was pre-registered is dealt with in seven working days."""
    late = missed(sight, "D-PEN-03") or _late_disposal(sight)
    if late:
        yield late.finding(sight, late.trigger.act.event_id.hex())


def _late_disposal(sight: Sight) -> Lateness | None:
    if sight.item.event_type != "PreRegistrationDisposed":
        return None
    registered = sight.matter.act(sight.item.payload["registrationEventId"])
    return late_by_working_days(sight, registered, "pre_registration_working_days")


@BOOK.rule("V-COE-09", *_IMPOSING)
def measure_by_delegate(sight: Sight) -> Iterator[Finding]:
    """行政强制法 art. 17: the power to take compulsory measures is not delegated."""
    act = sight.item.act
    agency = sight.control.agencies.get(act.agency_id)
    is_entrusted = agency is not None and agency.kind == "ENTRUSTED_ORGANISATION"
    if act.delegate_id is not None or is_entrusted:
        yield Finding(act.aggregate_id)
