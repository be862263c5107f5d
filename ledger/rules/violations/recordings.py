"""The recordings of a matter (音像记录): which spans they cover, what rests on them, their term.

Read before: ``matter``. Read next: ``recording``.

An act is covered by a recording that was running at its start, until the recording stops too
early, or by spans that were recorded whole. A recording in a stream of its own (``media:``) is
cited by ``EvidenceRegistered``; its span cannot be seen from here, so it counts for the day on
which it was taken. Moments are microseconds UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct

_DATE_MAX: Final = (1 << 31) - 1  # A greater number of an act is a moment and no day.


class Span(NamedTuple):
    """From when to when something happened."""

    start: int
    end: int


class RecordedAct(NamedTuple):
    """An act that a recording has to cover."""

    event_id: bytes
    span: Span


@dataclass
class Medium:
    """One recording."""

    started: StreamAct | None = None
    stopped: StreamAct | None = None
    uploaded: StreamAct | None = None
    kept_until: int = 0  # Day, as extended.
    is_permanent: bool = False
    resting: list[RecordedAct] = field(default_factory=list)  # Covered only while it runs.


class Recordings:
    """The recordings of a matter."""

    def __init__(self) -> None:
        self.media: dict[str, Medium] = {}
        self.exempted: set[bytes] = set()
        self._running: dict[str, int] = {}  # As many as there are devices at work at one time.
        self._starts: list[int] = []  # Of the recorded spans, which are disjoint and ascending.
        self._ends: list[int] = []
        self._cited_days: set[int] = set()

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type, payload = item.event_type, item.payload
        if event_type == "RecordingExempted":
            self.exempted.add(payload["actEventId"])
        elif event_type == "EvidenceRegistered":
            if payload["mediaEntry"] is not None:
                self._cited_days.add(day_of(payload["collectedAt"]))
        elif item.act.aggregate_type == "Media":
            self._record(self.media.setdefault(item.act.aggregate_id, Medium()), item)
        else:
            self._rest(item)

    def covers(self, span: Span) -> bool:
        """Tell whether a recording covers a span, as far as is known."""
        return self.is_recorded(span) or self._running_at(span.start) is not None

    def is_recorded(self, span: Span) -> bool:
        """Tell whether what was recorded whole covers a span."""
        place = bisect_right(self._starts, span.start) - 1
        has_span = place >= 0 and self._ends[place] >= span.end
        return has_span or day_of(span.start) in self._cited_days

    def _running_at(self, moment: int) -> str | None:
        running = (media for media, started in self._running.items() if started <= moment)
        return next(running, None)

    def _rest(self, item: StreamAct) -> None:
        span = span_of(item)
        media = None if self.is_recorded(span) else self._running_at(span.start)
        if media is not None and "from" in item.payload:
            self.media[media].resting.append(RecordedAct(item.act.event_id, span))

    def _record(self, held: Medium, item: StreamAct) -> None:
        event_type, payload, media = item.event_type, item.payload, item.act.aggregate_id
        if event_type == "RecordingStarted":
            held.started = item
            if held.stopped is None:
                self._running[media] = payload["at"]
            else:
                self._add(Span(payload["at"], held.stopped.payload["at"]))
        elif event_type == "RecordingStopped":
            held.stopped = item
            held.resting = []
            if media in self._running:
                self._add(Span(self._running.pop(media), payload["at"]))
        elif event_type == "RecordingUploaded":
            held.uploaded = item
            for segment in payload["segments"]:
                self._add(Span(segment["from"], segment["to"]))
        elif event_type == "MediaRetentionExtended":
            held.is_permanent = held.is_permanent or payload["permanent"]
            held.kept_until = max(held.kept_until, payload["until"] or 0)

    def _add(self, span: Span) -> None:
        """Join a span with those it touches."""
        if span.end < span.start:
            return
        first, last = bisect_left(self._ends, span.start), bisect_right(self._starts, span.end)
        if first < last:
            span = Span(min(span.start, self._starts[first]), max(span.end, self._ends[last - 1]))
        self._starts[first:last] = [span.start]
        self._ends[first:last] = [span.end]


def span_of(item: StreamAct) -> Span:
    """Return when an act happened: the moments that it says itself, else its ``occurredAt``."""
    at = item.act.occurred_at
    start, end = (item.payload.get(name, at) for name in ("from", "to"))
    is_said = all(isinstance(it, int) and it > _DATE_MAX for it in (start, end)) and start <= end
    return Span(start, end) if is_said else Span(at, at)
