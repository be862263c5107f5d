"""The daily reconciliation (对账): what came in, what was published, what channels acknowledged.

Read before: ``projections/sharing/view.py``, docs/spec/disclosure-push.md. Read next:
``portal/api/reconciliation.py``, ``portal/programs/reconciliation.py``.

A day is one in China, by the ledger's clock. *Emitted* is what the senders' own numbers say: the
acts received and the numbers passed over before them. What became of a day's steps is told as the
ledger has it now, so a receipt that comes tomorrow closes today's gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.domain.control import ControlState
from ledger.domain.control_records import HOUR_MICROS
from ledger.domain.push import push_channels
from ledger.errors import MalformedError
from portal.cli.times import iso_time, parse_time
from projections.sharing.view import (
    ACKNOWLEDGED,
    COUNTED,
    GAPS,
    PUSHED,
    REFUSED,
    Day,
    PushRow,
    SequenceGap,
    SharingReader,
)

ALWAYS: Final = Day(-(2**63), 2**63 - 1)
GAPS_MAX: Final = 1_000  # Of numbers, shown of one day and page.
SILENT_NUMBER: Final = "emitter_silent_hours"
SILENT_HOURS: Final = 72  # Where the rule set says nothing.
_DAY_CHARS: Final = 10
_ONE_DAY: Final = 24 * HOUR_MICROS


class Line(NamedTuple):
    """One agency, one channel, one day."""

    agency_id: str
    channel: str
    emitted: int
    received: int
    published: int
    pushed: int
    acknowledged: int
    gaps: int


class EmitterLine(NamedTuple):
    """One registered system on one day."""

    emitter_id: str
    kind: str
    agency_ids: tuple[str, ...]
    received: int
    missing: int  # Numbers passed over, all of them.
    gaps: tuple[SequenceGap, ...]  # Not more than ``GAPS_MAX`` of a page.
    last_heard: int | None  # Microseconds UTC.
    last_number: int | None
    silent_hours: int | None  # Since when nothing was heard; None: never heard.
    is_silent: bool


def day_named(text: str) -> Day:
    """Return a day of China by its date, ``2026-11-26``. Raises MalformedError."""
    if len(text) != _DAY_CHARS:
        raise MalformedError(f"{text!r} is not a day such as 2026-11-26")
    start = parse_time(text)
    return Day(start, start + _ONE_DAY)


def day_at(micros: int) -> Day:
    """Return the day of China that a moment is in."""
    return day_named(iso_time(micros)[:_DAY_CHARS])


def name_of(day: Day) -> str:
    """Return the date of a day."""
    return iso_time(day.start)[:_DAY_CHARS]


def before(day: Day) -> Day:
    """Return the day before."""
    return Day(day.start - _ONE_DAY, day.start)


def channels_of(state: ControlState, day: Day) -> tuple[str, ...]:
    """Return the channels that the rule set in force on a day names."""
    return push_channels(state.rule_set_at(day.end - 1))


def lines(
    reader: SharingReader, day: Day, channels: Sequence[str], agencies: Collection[str]
) -> list[Line]:
    """Return a day's lines of these agencies, ascending; also where nothing was to be pushed."""
    received = Counter[str]()
    for came in reader.received(day, agencies):
        received[came.agency_id] += came.received
    missing = Counter[str]()
    for one in reader.missing(day, agencies):
        missing[one.agency_id] += one.numbers
    steps: dict[tuple[str, str], Counter[str]] = {}
    for count in reader.channels(day, agencies):
        steps.setdefault((count.agency_id, count.target), Counter())[count.state] += count.steps
    wanted = {(agency, channel) for agency in agencies for channel in channels}
    return [
        _line(agency, channel, received[agency], missing[agency], steps.get((agency, channel)))
        for agency, channel in sorted(wanted | set(steps))
    ]


def _line(
    agency_id: str, channel: str, received: int, missing: int, found: Mapping[str, int] | None
) -> Line:
    states = found or {}

    def total(names: Collection[str]) -> int:
        return sum(states.get(name, 0) for name in names)

    return Line(
        agency_id,
        channel,
        emitted=received + missing,
        received=received,
        published=total(COUNTED),
        pushed=total((PUSHED, REFUSED, ACKNOWLEDGED)),
        acknowledged=total((ACKNOWLEDGED,)),
        gaps=total(GAPS),
    )


def line_document(line: Line, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a line as JSON."""
    return {"agency_name": names.get(line.agency_id), **line._asdict()}


def push_document(row: PushRow) -> dict[str, Any]:
    """Return one step for one channel as JSON."""
    return {
        "channel": row.target,
        "state": row.state,
        "action": row.action,
        "agency_id": row.agency_id,
        "case_id": row.stream_id,
        "disclosure_id": row.disclosure_id,
        "record_hash": row.record_hash,
        "due_from": iso_time(row.due_from),
        "event_id": row.event_id,
        "batch_id": row.batch_id,
        "pushed_at": _time(row.pushed_at),
        "answered_at": _time(row.answered_at),
        "log": row.log,
        "leaf_index": row.leaf_index,
    }


def emitter_lines(
    reader: SharingReader, state: ControlState, day: Day, now: int, emitter_ids: Sequence[str]
) -> list[EmitterLine]:
    """Return what was heard of registered systems, by id.

    Args:
        reader: The view.
        state: The control log.
        day: Whose acts and gaps are told.
        now: The moment that silence is measured at.
        emitter_ids: Which systems.
    """
    agencies = sorted({one for name in emitter_ids for one in state.emitters[name].agency_ids})
    received, missing = Counter[str](), Counter[str]()
    for came in reader.received(day, agencies):
        received[came.emitter_id] += came.received
    for one in reader.missing(day, agencies):
        missing[one.emitter_id] += one.numbers
    gaps: dict[str, list[SequenceGap]] = {}
    for gap in reader.sequence_gaps(day, agencies, GAPS_MAX):
        gaps.setdefault(gap.emitter_id, []).append(gap)
    heard = {one.emitter_id: one for one in reader.heard(emitter_ids)}
    most = silent_hours(state)
    found = []
    for name in emitter_ids:
        last, emitter = heard.get(name), state.emitters[name]
        hours = None if last is None else max(0, now - last.received_at) // HOUR_MICROS
        own = tuple(gaps.get(name, ()))
        found.append(
            EmitterLine(
                name,
                emitter.kind,
                tuple(sorted(emitter.agency_ids)),
                received[name],
                missing[name],
                own,
                None if last is None else last.received_at,
                None if last is None else last.emitter_seq,
                hours,
                hours is None or hours >= most,
            )
        )
    return found


def silent_hours(state: ControlState) -> int:
    """Return after how many hours without an act a system is shown as silent."""
    rules = state.rule_set
    return SILENT_HOURS if rules is None else rules.numbers.get(SILENT_NUMBER, SILENT_HOURS)


def emitter_document(line: EmitterLine) -> dict[str, Any]:
    """Return what was heard of a system as JSON."""
    return {
        "emitter_id": line.emitter_id,
        "kind": line.kind,
        "agency_ids": list(line.agency_ids),
        "emitted": line.received + line.missing,
        "received": line.received,
        "missing": line.missing,
        "gaps": [{"first": gap.first, "last": gap.last} for gap in line.gaps],
        "last_heard": _time(line.last_heard),
        "last_number": line.last_number,
        "silent_hours": line.silent_hours,
        "silent": line.is_silent,
    }


def _time(micros: int | None) -> str | None:
    return None if micros is None else iso_time(micros)
