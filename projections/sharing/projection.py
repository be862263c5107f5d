"""What outside channels have to hear of a disclosure, and what they have answered.

Read before: ``projections/disclosure/projection.py``, docs/spec/disclosure-push.md. Read next:
``view``.

A push is a message of the platform that it has sent a record; a receipt counts only with the hash
of what was pushed. Which channels there are says the rule set in force when a step was received;
whether a decision belongs on one, what was judged of it. What an annulled act did is as if it had
not come, what a corrected one says is as it reads now: the acts of the stream are taken in once
more, as they count. Reads classes P and I only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.disclosure import EXPIRED
from ledger.domain.obligation import Result
from ledger.domain.projection import ControlReader, EntryView
from ledger.domain.push import PUBLISHING, push_channels
from projections.kept_acts import as_they_read, corrected, kept, kept_view
from projections.rows import Rows
from projections.sharing.view import (
    ACKNOWLEDGED,
    ACTS,
    ANNULMENTS,
    DUE,
    EMITTED,
    GAPS,
    NOT_DUE,
    NOT_NEEDED,
    OBLIGATIONS,
    PUSHED,
    PUSHES,
    REFUSED,
    REPLACED,
    SHARED,
    TABLES,
    UNASSESSED,
    AnnulledRow,
    EmittedRow,
    ObligationRow,
    PushRow,
    SharedRow,
)
from projections.tables import Table

PUBLISH, UPDATE, WITHDRAW = "PUBLISH", "UPDATE", "WITHDRAW"
_ANSWERS: Final = {"ACCEPTED": ACKNOWLEDGED, "REFUSED": REFUSED}
_MADE_AGAIN: Final[tuple[Table[Any], ...]] = (SHARED, PUSHES, OBLIGATIONS)
_OF_A_LOG: Final = "/"  # In the name of a log, and of no emitter.


class SharingProjection:
    """Feeds the sharing view; may be dropped and replayed at any time."""

    name = "sharing"
    code_version = "3"
    package = "projections.sharing"
    event_types = None  # Every act that was handed in is counted.
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[EntryView, ControlReader, Rows], None]] = {
            "DisclosureObligationAssessed": _assessed,
            "DisclosureDrafted": _drafted,
            "DisclosurePublished": _published,
            "DisclosureUpdated": _published,
            "DisclosureCorrected": _published,
            "DisclosureWithdrawn": _ended,
            EXPIRED: _expired,
            "DisclosureRepairEnded": _ended,
            "DisclosurePushed": _pushed,
            "DisclosurePushAcknowledged": _acknowledged,
        }

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        act = entry.act
        if _OF_A_LOG not in act.emitter_id:
            rows.append(
                EMITTED,
                EmittedRow(
                    entry.log,
                    entry.entry.stream_id,
                    entry.entry.leaf_index,
                    act.emitter_id,
                    act.emitter_seq,
                    act.agency_id,
                    entry.entry.received_at,
                ),
            )
        if entry.event_type == ANNULLED:
            self._annul(entry, facts, rows)
        elif rows.get(ANNULMENTS, _place(entry, entry.event_id)) is not None:
            return  # Its annulment came first.
        elif entry.event_type == CORRECTED:
            self._correct(entry, facts, rows)
        elif (handler := self._handlers.get(entry.event_type)) is not None:
            rows.append(ACTS, kept(entry))
            handler(entry, facts, rows)

    def _annul(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        target = _place(entry, entry.payload["targetEventId"])
        if rows.get(ANNULMENTS, target) is None:
            rows.put(ANNULMENTS, AnnulledRow(*target))
            if rows.stored(ACTS, target) is not None:
                self._take_in_again(entry, facts, rows)

    def _correct(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        if corrected(entry, facts, rows, ACTS) is not None:
            rows.append(ACTS, kept(entry))
            self._take_in_again(entry, facts, rows)

    def _take_in_again(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Have the rows of a stream be what its acts say as they are annulled and corrected now."""
        stream = (entry.log, entry.entry.stream_id)
        for table in _MADE_AGAIN:
            for row in rows.held(table, stream):
                rows.delete(table, table.key_of(row))
        views = [kept_view(row, facts) for row in rows.of_stream(ACTS, stream)]
        views.sort(key=lambda view: view.entry.leaf_index)
        counting = (it for it in views if rows.get(ANNULMENTS, _place(it, it.event_id)) is None)
        for view in as_they_read(counting, facts):
            if (handler := self._handlers.get(view.event_type)) is not None:
                handler(view, facts, rows)


def _place(view: EntryView, event_id: bytes) -> tuple[str, str, str]:
    """Return the key of an act of the same stream."""
    return view.log, view.entry.stream_id, uuid_text(event_id)


def _drafted(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    row = _shared(view, rows)
    source, channel = uuid_text(view.payload["sourceEventId"]), view.payload["channel"]
    rows.put(SHARED, row._replace(source_event_id=source, channel=channel))


def _assessed(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    source, channel = uuid_text(view.payload["sourceEventId"]), view.payload["channel"]
    row = _obligation(view, source, channel, rows)._replace(result=view.payload["result"])
    rows.put(OBLIGATIONS, row)
    for disclosure_id in filter(None, row.disclosures.split(",")):
        shared = rows.get(SHARED, (view.log, view.entry.stream_id, disclosure_id))
        push = None if shared is None else _newest(shared, channel, rows)
        if shared is None or push is None or push.action == WITHDRAW:
            continue  # What is to be taken down is, whatever it may have been.
        if push.state in (UNASSESSED, DUE, NOT_DUE):
            rows.put(PUSHES, push._replace(state=_wanted(row.result, shared, channel)))


def _published(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    shared = _shared(view, rows)
    if view.event_type == "DisclosurePublished":
        shared = shared._replace(published_by=uuid_text(view.event_id))
    state = facts.judged_by(view.entry.control_size)
    rules = state.rule_set_at(view.entry.received_at)
    known = [one for one in shared.targets.split(",") if one]
    targets = list(dict.fromkeys([*known, *push_channels(rules)]))
    action = PUBLISH if shared.record_hash is None else UPDATE
    _step(view, shared, targets, action, view.payload["contentHash"], rows)


def _expired(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """End a disclosure; an act that names a publication, as the engine's do, ends that one only."""
    named = view.act.causation_id
    if named is None or _shared(view, rows).published_by == uuid_text(named):
        _ended(view, facts, rows)


def _ended(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    shared = _shared(view, rows)._replace(published_by=None)
    if shared.record_hash is not None:
        targets = [one for one in shared.targets.split(",") if one]
        _step(view, shared, targets, WITHDRAW, shared.record_hash, rows)


def _step(
    view: EntryView,
    shared: SharedRow,
    targets: Sequence[str],
    action: str,
    record_hash: str,
    rows: Rows,
) -> None:
    """Write the next step of a disclosure for each channel; what waited before waits no more."""
    for target in targets:
        before = _newest(shared, target, rows)
        if before is not None and before.state in (*GAPS, NOT_DUE):
            rows.put(PUSHES, before._replace(state=REPLACED))
        row = PushRow(
            *shared[:3],
            step=shared.steps + 1,
            target=target,
            agency_id=shared.agency_id,
            source_event_id=shared.source_event_id,
            action=action,
            record_hash=record_hash,
            state=_first_state(view, shared, target, action, rows),
            due_from=view.entry.received_at,
            event_id=uuid_text(view.event_id),
            leaf_index=view.entry.leaf_index,
            batch_id=None,
            pushed_at=None,
            answered_at=None,
        )
        rows.put(PUSHES, row)
    rows.put(
        SHARED,
        shared._replace(steps=shared.steps + 1, targets=",".join(targets), record_hash=record_hash),
    )


def _first_state(view: EntryView, shared: SharedRow, target: str, action: str, rows: Rows) -> str:
    if action == WITHDRAW:
        return DUE if _was_pushed(shared, target, rows) else NOT_NEEDED
    if shared.source_event_id is None:
        return _wanted(None, shared, target)
    row = _obligation(view, shared.source_event_id, target, rows)
    waiting = dict.fromkeys([*filter(None, row.disclosures.split(",")), shared.disclosure_id])
    rows.put(OBLIGATIONS, row._replace(disclosures=",".join(waiting)))
    return _wanted(row.result, shared, target)


def _wanted(result: str | None, shared: SharedRow, target: str) -> str:
    """Return where a step stands before it was pushed."""
    if result == Result.MUST or (result != Result.MUST_NOT and target == shared.channel):
        return DUE
    return UNASSESSED if result is None else NOT_DUE


def _pushed(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    payload, shared = view.payload, _shared(view, rows)
    target, is_withdrawal = payload["target"], payload["action"] == WITHDRAW
    for row in _steps(shared, target, rows):
        if row.record_hash == payload["recordHash"] and is_withdrawal == (row.action == WITHDRAW):
            state = row.state if row.state in (ACKNOWLEDGED, REPLACED) else PUSHED
            pushed = row._replace(
                action=payload["action"],
                batch_id=payload["batchId"],
                pushed_at=view.entry.received_at,
                state=state,
            )
            rows.put(PUSHES, pushed)
            break
    newest = _newest(shared, target, rows)
    if newest is not None and newest.state == NOT_NEEDED and payload["action"] in PUBLISHING:
        rows.put(PUSHES, newest._replace(state=DUE))  # It went out when it was public no more.


def _acknowledged(view: EntryView, _facts: ControlReader, rows: Rows) -> None:
    """Take in a receipt: of the batch, with the hash that was pushed; any other is none."""
    payload, shared = view.payload, _shared(view, rows)
    for row in _steps(shared, payload["target"], rows):
        if row.batch_id == payload["batchId"] and row.record_hash == payload["recordHash"]:
            is_over = row.state in (ACKNOWLEDGED, REPLACED)
            answered = row._replace(
                state=row.state if is_over else _ANSWERS[payload["status"]],
                answered_at=view.entry.received_at,
            )
            rows.put(PUSHES, answered)
            return


def _shared(view: EntryView, rows: Rows) -> SharedRow:
    """Return the disclosure that an act is about, as it stands."""
    key = (view.log, view.entry.stream_id, view.act.aggregate_id)
    return rows.get(SHARED, key) or SharedRow(*key, agency_id=view.act.agency_id)


def _obligation(view: EntryView, source: str, channel: str, rows: Rows) -> ObligationRow:
    key = (view.log, view.entry.stream_id, source, channel)
    return rows.get(OBLIGATIONS, key) or ObligationRow(*key, result=None, disclosures="")


def _newest(shared: SharedRow, target: str, rows: Rows) -> PushRow | None:
    return next(_steps(shared, target, rows), None)


def _steps(shared: SharedRow, target: str, rows: Rows) -> Iterator[PushRow]:
    """Yield the steps of a disclosure for a channel, the newest first."""
    for step in range(shared.steps, 0, -1):
        row = rows.get(PUSHES, (*shared[:3], step, target))
        if row is not None:
            yield row


def _was_pushed(shared: SharedRow, target: str, rows: Rows) -> bool:
    """Tell whether the channel may hold the record: pushed, and not taken down since."""
    for row in _steps(shared, target, rows):
        if row.pushed_at is not None:
            return row.action in PUBLISHING
    return False
