"""What of each stream's deadlines an entry changes.

Read before: ``projections/supervision/projection.py``, ``folding``. Read next: ``view``.

Deadlines follow from the acts of a stream, the rule sets and the calendars of the control log as
they stood at each entry's ``controlSize``; the engine is that of the rules. Of rows of the law that
run over all acts of an agency only what each act means is kept, and what was missed
(``agency_acts``): their acts lie in many streams.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.projection import ControlReader, EntryView
from ledger.rules.deadline_instance import MISSED, OPEN, Deadline
from ledger.rules.deadline_missed import MISSED_TYPE
from projections.deadlines.agency_acts import AgencyActs
from projections.deadlines.folding import (
    KnownStream,
    KnownStreams,
    Moment,
    Spoken,
    is_same,
    passing_terms,
)
from projections.deadlines.view import (
    ACTS,
    DEADLINES,
    MISSES,
    STREAMS,
    TABLES,
    ActRow,
    DeadlineRow,
    MissRow,
    StreamRow,
)
from projections.rows import Rows
from projections.tables import StreamKey, Table

_AGENCY: Final = "agency:"
_DEADLINE: Final = "deadline:"


class DeadlineProjection:
    """Feeds the view of deadlines; may be dropped and replayed at any time."""

    name = "deadlines"
    code_version = "4"
    package = "projections.deadlines"
    event_types: Collection[str] | None = None  # Rule sets say which; and any lets time pass.
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self, known: KnownStreams | None = None) -> None:
        self._known = KnownStreams() if known is None else known
        self._spoken = Spoken()
        self._agency_acts = AgencyActs()

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        key = entry.log, entry.entry.stream_id
        if is_own_stream(entry.entry.stream_id):
            return
        if entry.event_type == MISSED_TYPE and key[1].startswith(_AGENCY):
            rows.put(MISSES, _miss(key, entry))
        moment = Moment(entry.entry.received_at, entry.entry.control_size)
        rule_sets = facts.judged_by(moment.control_size).rule_sets
        is_spoken = self._spoken.of(entry.event_type, rule_sets)
        before = rows.get(STREAMS, key)
        if before is None:
            before = StreamRow(*key, 0, *moment, 0, entry.act.agency_id)
            if not is_spoken:
                rows.put(STREAMS, before)
        if is_spoken or before.kept_version:
            self._take_in(entry, moment, before, facts, rows, is_spoken=is_spoken)

    def _take_in(
        self,
        entry: EntryView,
        moment: Moment,
        before: StreamRow,
        facts: ControlReader,
        rows: Rows,
        *,
        is_spoken: bool,
    ) -> None:
        key, version = (before.log, before.stream_id), entry.entry.stream_version
        stream = self._known.take_out(key, before.version) or _replayed(before, facts, rows)
        kept = _keep_time(before, moment, facts, rows)
        if is_spoken:
            rows.append(ACTS, ActRow(*key, version, *moment, entry.entry.act))
            stream.take(entry.entry.act, moment, facts)
            kept = version
        else:
            stream.pass_time(moment, facts)
        stream.version = version
        for told in stream.take_told():
            index, size = entry.entry.leaf_index, moment.control_size
            self._agency_acts.write(key, told, index, facts, size, rows)
        for deadline in stream.take_changed():
            _write(row_of(key, deadline, moment.received_at), rows)
        rows.put(STREAMS, StreamRow(*key, version, *moment, kept, before.agency_id))
        self._known.keep(key, stream)


def _keep_time(before: StreamRow, moment: Moment, facts: ControlReader, rows: Rows) -> int:
    """Note how far time had come, where it is counted otherwise from here on.

    Returns:
        The newest version that is kept.
    """
    then = Moment(before.received_at, before.control_size)
    is_told = before.kept_version == before.version  # By the act, or there is none yet.
    if is_told or is_same(passing_terms(then, facts), passing_terms(moment, facts)):
        return before.kept_version
    rows.append(ACTS, ActRow(before.log, before.stream_id, before.version, *then, None))
    return before.version


def _replayed(before: StreamRow, facts: ControlReader, rows: Rows) -> KnownStream:
    """Return a stream as it stands in the rows."""
    stream = KnownStream(before.log, before.agency_id)
    if not before.kept_version:
        return stream
    for row in rows.of_stream(ACTS, (before.log, before.stream_id)):
        moment = Moment(row.received_at, row.control_size)
        if row.act is None:
            stream.pass_time(moment, facts)
        else:
            stream.take(row.act, moment, facts)
    stream.pass_time(Moment(before.received_at, before.control_size), facts)
    stream.version = before.version
    stream.take_changed()  # It is in the rows.
    stream.take_told()
    return stream


def _miss(key: StreamKey, entry: EntryView) -> MissRow:
    act, payload = entry.act, entry.payload
    return MissRow(
        *key,
        act.aggregate_id.removeprefix(_DEADLINE),
        payload["deadlineId"],
        act.agency_id,
        uuid_text(payload["triggerEventId"]),
        payload["dueAt"],
        payload["provisional"],
        payload["calendarVersion"],
        entry.entry.received_at,
    )


def _write(row: DeadlineRow, rows: Rows) -> None:
    """Write a deadline that stands otherwise than its row."""
    before = rows.get(DEADLINES, DEADLINES.key_of(row))
    if before is None or before._replace(changed_at=row.changed_at) != row:
        rows.put(DEADLINES, row)


def row_of(key: StreamKey, deadline: Deadline, changed_at: int) -> DeadlineRow:
    """Return a deadline as a row of a stream, as of an entry received at ``changed_at``."""
    trigger, rule, term = deadline.trigger, deadline.rule, deadline.term
    has_length = term.on_day is None and term.month_day is None
    pauses = [[pause.first_day, pause.last_day] for pause in deadline.pauses]
    return DeadlineRow(
        *key,
        instance_id=deadline.instance_id,
        deadline_id=deadline.deadline_id,
        rule_set_version=deadline.rule_set_version,
        kind=rule.kind,
        state=deadline.state,
        is_outstanding=_is_outstanding(deadline),
        agency_id=trigger.agency_id,
        case_id=trigger.case_id,
        item_code=trigger.item_code,
        trigger_event_id=uuid_text(trigger.event_id),
        trigger_type=trigger.event_type,
        trigger_at=trigger.occurred_at,
        period=deadline.period,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        provisional=deadline.provisional,
        calendar_version=deadline.calendar_version,
        pauses=json.dumps(pauses, separators=(",", ":")),
        extensions=len(deadline.extensions),
        fulfilled_by=_uuid(deadline.fulfilled_by),
        broken_by=_uuid(deadline.broken_by),
        cancelled_by=_uuid(deadline.cancelled_by),
        missed_on_record=deadline.missed_on_record,
        changed_at=changed_at,
        length=term.length if has_length else None,
        unit=term.unit if has_length else None,
    )


def _is_outstanding(deadline: Deadline) -> bool:
    """Tell whether it is to be done still.

    What had to precede an event cannot be done once the event has come.
    """
    rule = deadline.rule
    can_be_done = rule.kind == "DUTY" and not rule.is_backward and deadline.fulfilled_by is None
    return deadline.state == OPEN or (deadline.state == MISSED and can_be_done)


def _uuid(event_id: bytes | None) -> str | None:
    return None if event_id is None else uuid_text(event_id)
