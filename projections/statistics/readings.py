"""Which acts count for the annual tables, and as they read by which correction.

Read before: ``ledger/domain/amendments.py``. Read next: ``counting``, ``registers_at``.

A log is read once, and an act may be annulled or corrected after it was counted. So each reading of
an act is counted by itself, and said in the end is which one counts: none of an annulled act, else
the last correction that is not annulled, else what the act said when it came. Of an act are kept
the few parts of its head that decide whether a correction of it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Any, NamedTuple

from ledger.chain.act import Act
from ledger.chain.ids import uuid_text
from ledger.domain.amendments import as_corrected
from ledger.domain.projection import ControlReader, EntryView
from ledger.domain.stream import StreamAct


class EventPlace(NamedTuple):
    """An act of one stream; annulments and corrections are those of the same stream."""

    log: str
    stream_id: str
    event_id: str


class Reading(NamedTuple):
    """An act, and what says how it reads.

    Attributes:
        place: Of the act.
        event_type: Its type.
        agency_id: Whose it is.
        emitter_id: Who sent it.
        aggregate_type: What it is about.
        occurred_at: When it happened, microseconds UTC.
        leaf_index: Its place in the log.
        said_by: The act itself, or the correction that has it read so.
        said_index: The place of that in the log.
    """

    place: EventPlace
    event_type: str
    agency_id: str
    emitter_id: str
    aggregate_type: str
    occurred_at: int
    leaf_index: int
    said_by: EventPlace
    said_index: int


class Readings:
    """The acts that were read so far, their corrections and annulments."""

    def __init__(self) -> None:
        self._first: dict[EventPlace, Reading] = {}
        self._corrections: dict[EventPlace, list[EventPlace]] = {}
        self._annulled: set[EventPlace] = set()

    def take_in(self, view: EntryView) -> Reading:
        """Return an act as it came."""
        act, place = view.act, event_place(view)
        reading = Reading(
            place,
            intern(act.event_type),
            intern(act.agency_id),
            intern(act.emitter_id),
            intern(act.aggregate_type),
            act.occurred_at,
            view.entry.leaf_index,
            said_by=place,
            said_index=view.entry.leaf_index,
        )
        self._first[place] = reading
        return reading

    def correct(
        self, view: EntryView, facts: ControlReader
    ) -> tuple[Reading, Mapping[str, Any]] | None:
        """Return the act that a correction is about, and its payload by it; None if none is."""
        place = _target(view)
        first = self._first.get(place)
        if first is None:
            return None
        item = as_corrected(
            StreamAct(view.entry, _head(first, view.act), {}),
            StreamAct(view.entry, view.act, view.payload),
            facts.judged_by(view.entry.control_size),
        )
        if item is None:
            return None
        said_by = event_place(view)
        self._corrections.setdefault(place, []).append(said_by)
        return first._replace(said_by=said_by, said_index=view.entry.leaf_index), item.payload

    def annul(self, view: EntryView) -> None:
        """Take in that an act is annulled."""
        self._annulled.add(_target(view))

    def is_annulled(self, place: EventPlace) -> bool:
        """Tell whether an act counts nowhere."""
        return place in self._annulled

    def reads_so(self, place: EventPlace, said_by: EventPlace) -> bool:
        """Tell whether an act counts, and reads as this one says."""
        if place in self._annulled:
            return False
        corrections = self._corrections.get(place)
        if corrections is None:
            return True
        holding = (one for one in reversed(corrections) if one not in self._annulled)
        return next(holding, place) == said_by


def event_place(view: EntryView) -> EventPlace:
    """Return where an act lies."""
    return EventPlace(view.log, view.entry.stream_id, uuid_text(view.event_id))


def _target(view: EntryView) -> EventPlace:
    """Return what an annulment or a correction is about: an act of its own stream."""
    return event_place(view)._replace(event_id=uuid_text(view.payload["targetEventId"]))


def _head(reading: Reading, other: Act) -> Act:
    """Return an act as far as it decides whether a correction of it holds."""
    return other._replace(
        event_type=reading.event_type,
        agency_id=reading.agency_id,
        emitter_id=reading.emitter_id,
        aggregate_type=reading.aggregate_type,
    )
