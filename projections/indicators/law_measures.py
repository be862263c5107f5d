"""Facts measured by a list that the agency has published: recordings, discretion, inspections.

Read before: ``measures``. Read next: ``folding``.

The list is the one that counts on the day of the act, as far as the control log had it when the act
was entered. Where no list says something, there is no fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.domain.control_records import day_of
from ledger.domain.projection import ControlReader, EntryView
from ledger.rules.violations.penalties import FINES, amount
from projections.indicators.measures import INT64_MAX, ITEM, Measured
from projections.indicators.memory_of_stream import StreamMemory

LAW_MEASURES: Final = frozenset({"RECORDED", "DEVIATION", "FINE", "FREQUENCY"})
_PER_MILLE: Final = 1_000
_QUARTER: Final = 250
_BANDS: Final = ("Q1", "Q2", "Q3", "Q4")


class Grade(NamedTuple):
    """One grade of a discretion benchmark (裁量基准), and how a fine lies to it."""

    circumstance: str
    low: int  # Fen.
    top: int
    is_outside: bool
    fine: int

    @property
    def deviation(self) -> int | None:
        """(fine - midpoint) / width in thousandths; None of a grade without width."""
        width = self.top - self.low
        if width <= 0:
            return None
        found = (2 * self.fine - self.low - self.top) * (_PER_MILLE // 2) // width
        return max(min(found, INT64_MAX), -INT64_MAX)

    @property
    def band(self) -> str:
        """BELOW or ABOVE the grade, else the quarter of it: Q1 to Q4; SINGLE without width."""
        if self.is_outside:
            return "BELOW" if self.fine < self.low else "ABOVE"
        deviation = self.deviation
        if deviation is None:
            return "SINGLE"
        return _BANDS[min((deviation + 2 * _QUARTER) // _QUARTER, len(_BANDS) - 1)]


def measured_by_list(
    name: str, view: EntryView, memory: StreamMemory, control: ControlReader, value: Any
) -> Measured | None:
    """Measure an act by the function of this name; None where no list speaks of it.

    Args:
        name: One of ``LAW_MEASURES``.
        view: The act.
        memory: Of its stream.
        control: The published lists.
        value: Which of the values the fact is for, where an act makes several.
    """
    if name == "RECORDED":
        return _recorded(view, control)
    if name == "FREQUENCY":
        return _frequency(view, control, str(value))
    grade = _grade(view, memory, control)
    if grade is None:
        return None
    item = _item(view, memory)
    circumstance = "".join(grade.circumstance.split()) or "–"
    if name == "FINE":
        detail = f"{item}:{circumstance}"
        return Measured(1, 1, is_met=True, value=grade.fine, detail=detail, item_code=item)
    return Measured(
        1,
        1,
        grade.is_outside,
        grade.deviation,
        detail=circumstance,
        outcome=grade.band,
        item_code=item,
    )


def nearest_grade(grades: Sequence[Mapping[str, Any]], fine: int) -> Grade | None:
    """Return the first grade that a fine lies in, else the one that it is nearest to."""

    def distance(grade: Mapping[str, Any]) -> int:
        return int(max(grade["minFen"] - fine, fine - grade["maxFen"], 0))

    found = min(grades, key=distance, default=None)
    if found is None:
        return None
    is_outside = distance(found) > 0
    return Grade(found["circumstance"], found["minFen"], found["maxFen"], is_outside, fine)


def _recorded(view: EntryView, control: ControlReader) -> Measured | None:
    """任务分解表 7.2: what the agency's list says is recorded from start to end."""
    found = _list(view, control, "AvRecordListPublished")
    entries = () if found is None else found["entries"]
    steps = {entry["step"] for entry in entries if entry["mandatory"]}
    return Measured(1, 1, is_met=True) if view.event_type in steps else None


def _grade(view: EntryView, memory: StreamMemory, control: ControlReader) -> Grade | None:
    """行政处罚法 art. 34: the grade of the benchmark that a fine lies in or is nearest to."""
    fine = max(min(amount(view.payload["penalties"], FINES), INT64_MAX), -INT64_MAX)
    if not fine:
        return None
    found = _list(view, control, "DiscretionBenchmarkPublished", _item(view, memory))
    return None if found is None else nearest_grade(found["grades"], fine)


def _frequency(view: EntryView, control: ControlReader, item_code: str) -> Measured | None:
    """国办发〔2024〕54号: how often a year an enterprise may be inspected for an item."""
    party = view.payload["object"]
    found = _list(view, control, "InspectionItemListPublished")
    caps = {} if found is None else {it["itemCode"]: it for it in found["items"]}
    if party["partyType"] == "NATURAL" or item_code not in caps:
        return None
    cap = caps[item_code]["frequencyCapPerYear"]
    enterprise = party["uscc"] or party["partyId"]
    subject = f"{enterprise} {item_code}"
    return Measured(
        1, 1, is_met=False, value=cap, detail=item_code, subject=subject, item_code=item_code
    )


def _item(view: EntryView, memory: StreamMemory) -> str:
    """Return the enforcement item of a decision: its own, else the one the case was filed for."""
    return view.act.item_code or memory.get(ITEM, "") or ""


def _list(
    view: EntryView, control: ControlReader, event_type: str, key: str = ""
) -> Mapping[str, Any] | None:
    day = day_of(view.act.occurred_at)
    agency, size = view.act.agency_id, view.entry.control_size
    return control.list_in_force(event_type, agency, key, day, size)
