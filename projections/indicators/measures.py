"""Facts whose count is measured by a function: stages of a case, accesses to records, lags.

Read before: ``folding``. Read next: ``law_measures``, ``memory``.
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
INT64_MAX: Final = 2**63 - 1
ITEM: Final = "item"
# Beside the acts of stages.
REMEMBERED: Final = ("RetrievalApproved", "CaseFiled", "DisclosureDrafted")
_DISCLOSED: Final = "disclosed"
_OWN_PAGE: Final = "PORTAL"
_STAGES: Final = "stages"
_WINDOWS: Final = "windows"
_SEGMENTS: Final = "segments"


class Measured(NamedTuple):
    """What a fact adds to both counts, whether it is met at once, and what is told with it."""

    numerator: int
    denominator: int
    is_met: bool
    value: int | None = None
    detail: str | None = None
    outcome: str | None = None
    subject: str | None = None
    item_code: str | None = None
    met_event: str | None = None  # What met it before it came.


def remember(view: EntryView, memory: StreamMemory) -> None:
    """Keep of an act what a later one is measured by."""
    payload = view.payload if view.event_type in REMEMBERED else {}
    if view.event_type in stage_types():
        for stage in stages_of(StreamAct(view.entry, view.act, view.payload)):
            memory.set(_STAGES, stage, True)
    if view.event_type == "RetrievalApproved":
        targets = [*payload["scope"]["mediaIds"], *payload["scope"]["docIds"]]
        window = [payload["from"], payload["to"], targets]
        memory.set(_WINDOWS, uuid_text(view.event_id), window)
    if view.event_type == "DisclosureDrafted":
        memory.set(_DISCLOSED, view.act.aggregate_id, _duty(view, payload["channel"]))
    if view.event_type == "CaseFiled" and memory.get(ITEM, "") is None:
        memory.set(ITEM, "", payload["itemCode"])


def measured(indicator: Indicator, name: str, view: EntryView, memory: StreamMemory) -> Measured:
    """Measure an act by the function of this name."""
    if name == "STAGES":
        return Measured(len(memory.all(_STAGES)), len(stage_rows()), is_met=True)
    if name == "ACCESS":
        return Measured(1, 1, _is_approved(view, memory))
    if name == "SEGMENT":
        return _segment(view, memory)
    assert name == "LAG"
    lag = min(view.entry.received_at - view.act.occurred_at, INT64_MAX)  # It may claim any moment.
    return Measured(1, 1, lag > indicator.late_after_hours * _HOUR_MICROS, lag)


def segment_key(origin: str, tree_size: int) -> str:
    """Return by what the segment of a log up to an anchored size is found."""
    return f"{origin} {tree_size}"


def disclosed(view: EntryView, memory: StreamMemory) -> list[str]:
    """Return the keys of the duties that a publication fulfils: what, and on which channel.

    The platform's own names its draft, which names the act; an agency's page stands for its portal.
    """
    if "sourceEventId" in view.payload:
        return [_duty(view, _OWN_PAGE)]
    found = memory.get(_DISCLOSED, view.act.aggregate_id)
    return [] if found is None else [found]


def _duty(view: EntryView, channel: str) -> str:
    return f"{uuid_text(view.payload['sourceEventId'])} {channel}"


def verified(view: EntryView, memory: StreamMemory) -> list[str]:
    """Return the keys of the segments that a sound verification covers; it is remembered."""
    origin, size = view.payload["origin"], view.payload["treeSize"]
    held = memory.get("verified", origin)
    if held is None or held[0] < size:
        memory.set("verified", origin, [size, uuid_text(view.event_id)])
    ends = memory.get(_SEGMENTS, origin) or ()
    return [segment_key(origin, end) for end in ends if end <= size]


def breached(view: EntryView, memory: StreamMemory) -> list[str]:
    """Return the keys of the segments that reach beyond the first bad entry."""
    bad = view.payload["firstBad"]
    ends = memory.get(_SEGMENTS, bad["origin"]) or ()
    return [segment_key(bad["origin"], end) for end in ends if end > bad["leafIndex"]]


def _segment(view: EntryView, memory: StreamMemory) -> Measured:
    """Measure what stands between an anchored size of a log and the one before it."""
    origin, size = view.payload["origin"], view.payload["treeSize"]
    memory.add(_SEGMENTS, origin, size)
    held = memory.get("verified", origin)
    is_met = held is not None and size <= held[0]
    return Measured(1, 1, is_met, size, origin, met_event=held[1] if is_met else None)


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
