"""Facts whose count is measured by a function: stages of a case, accesses to records, lags.

Read before: ``projection``. Read next: ``memory``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.case_stages import stage_rows, stage_types, stages_of
from ledger.domain.projection import EntryView
from ledger.domain.stream import StreamAct
from projections.indicators.definitions import Indicator
from projections.indicators.memory_of_stream import StreamMemory

_HOUR_MICROS: Final = 3_600_000_000
_INT64_MAX: Final = 2**63 - 1
_STAGES: Final = "stages"
_WINDOWS: Final = "windows"


class Measured(NamedTuple):
    """What a fact adds to both counts, and whether it is met at once."""

    numerator: int
    denominator: int
    is_met: bool
    value: int | None = None


def remember(view: EntryView, memory: StreamMemory) -> None:
    """Keep of an act what a later one is measured by."""
    if view.event_type in stage_types():
        for stage in stages_of(StreamAct(view.entry, view.act, view.payload)):
            memory.set(_STAGES, stage, True)
    if view.event_type == "RetrievalApproved":
        payload = view.payload
        targets = [*payload["scope"]["mediaIds"], *payload["scope"]["docIds"]]
        window = [payload["from"], payload["to"], targets]
        memory.set(_WINDOWS, uuid_text(view.event_id), window)


def measured(indicator: Indicator, name: str, view: EntryView, memory: StreamMemory) -> Measured:
    """Measure an act by the function of this name."""
    if name == "STAGES":
        return Measured(len(memory.all(_STAGES)), len(stage_rows()), is_met=True)
    if name == "ACCESS":
        return Measured(1, 1, _is_approved(view, memory))
    assert name == "LAG"
    lag = min(view.entry.received_at - view.act.occurred_at, _INT64_MAX)  # It may claim any moment.
    return Measured(1, 1, lag > indicator.late_after_hours * _HOUR_MICROS, lag)


def _is_approved(view: EntryView, memory: StreamMemory) -> bool:
    """Tell whether a record was looked at as somebody had approved it (任务分解表第九项)."""
    payload = view.payload
    if view.event_type == "OfflineAccessReported":
        return payload["approvedBy"] is not None
    window = memory.get(_WINDOWS, uuid_text(payload["windowId"]))
    if window is None:
        return False
    start, end, targets = window
    return start <= payload["at"] <= end and (payload["mediaId"] or payload["docId"]) in targets
