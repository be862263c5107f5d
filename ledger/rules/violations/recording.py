"""Rules of audio-visual recording (音像记录): devices, coverage, interruption, upload.

Read before: ``recordings``. Basis: 全过程记录 of 任务分解表 row 7, 国办发〔2018〕118号.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.rules.violations.chronicle import ALL_TYPES
from ledger.rules.violations.law import number
from ledger.rules.violations.recordings import Recordings, span_of
from ledger.rules.violations.rule import BOOK, Finding, Sight
from ledger.rules.violations.terms import Lateness, late_by_hours, missed


@BOOK.rule("V-EVD-02", "RecordingStarted")
def unregistered_device(sight: Sight) -> Iterator[Finding]:
    """What records is registered with the agency, and not retired, when it starts."""
    device = sight.control.devices.get(sight.item.payload["deviceId"])
    if device is None or not device.is_registered(sight.item.act.occurred_at):
        yield Finding(sight.item.act.aggregate_id)


@BOOK.rule("V-EVD-03", "RecorderDeviceChecked")
def clock_drift(sight: Sight) -> Iterator[Finding]:
    """The clock of a device may be wrong by a minute: what it records is proof of a time."""
    if abs(sight.item.payload["clockDriftMs"]) > number(sight.rules, "device_clock_drift_ms"):
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule("V-EVD-04", *ALL_TYPES, cured_by=("RecordingExempted",))
def act_without_recording(sight: Sight) -> Iterator[Finding]:
    """任务分解表 7.2: what the agency's list says is recorded from start to end, or exempted."""
    if sight.item.event_type == "RecordingStopped":
        yield from _left_uncovered(sight, sight.matter.part(Recordings))
    elif _must_be_recorded(sight):
        recordings = sight.matter.part(Recordings)
        is_exempted = sight.item.act.event_id in recordings.exempted
        if not is_exempted and not recordings.covers(span_of(sight.item)):
            yield Finding(sight.item.act.event_id.hex())


def _must_be_recorded(sight: Sight) -> bool:
    act = sight.item.act
    steps = sight.control.recorded_steps.codes_at(act.agency_id, act.occurred_at)
    return steps is not None and act.event_type in steps


def _left_uncovered(sight: Sight, recordings: Recordings) -> Iterator[Finding]:
    medium = recordings.media.get(sight.item.act.aggregate_id)
    for recorded in () if medium is None else medium.resting:
        act = sight.matter.act(recorded.event_id)
        if act is None or recorded.span.end <= sight.item.payload["at"]:
            continue
        if _must_be_recorded(sight._replace(item=act)) and not (
            recorded.event_id in recordings.exempted or recordings.is_recorded(recorded.span)
        ):
            yield Finding(recorded.event_id.hex(), (recorded.event_id,))


@BOOK.rule("V-EVD-05", "RecordingInterrupted")
def interruption_without_reason(sight: Sight) -> Iterator[Finding]:
    """A recording that is interrupted says why."""
    if sight.item.payload["reason"] is None:
        yield Finding(sight.item.act.event_id.hex())


@BOOK.rule(
    "V-EVD-06",
    "RecordingUploaded",
    "RecordingStopped",
    "DeadlineMissed",
    cured_by=("RecordingUploaded",),
)
def late_upload(sight: Sight) -> Iterator[Finding]:
    """A recording is uploaded within 24 hours after it stopped."""
    late = missed(sight, "D-REC-01") or _late_upload(sight)
    if late:
        yield late.finding(sight, late.trigger.act.aggregate_id)


def _late_upload(sight: Sight) -> Lateness | None:
    medium = sight.matter.part(Recordings).media.get(sight.item.act.aggregate_id)
    if medium is None:
        return None
    if sight.item.event_type == "RecordingUploaded" and medium.uploaded is None:
        return late_by_hours(sight, medium.stopped, "recording_upload_hours")
    if sight.item.event_type == "RecordingStopped" and medium.uploaded is not None:
        return late_by_hours(sight, sight.item, "recording_upload_hours", done=medium.uploaded)
    return None
