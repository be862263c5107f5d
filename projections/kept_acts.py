"""Acts that a view keeps whole, so that a later correction of one can be read.

Read before: ``ledger/domain/amendments.py``, ``rows``. Read next: ``organisation/projection.py``.

A correction brings a payload only; who acted, when and about what says the act that it corrects
(docs/spec/corrections.md). It is found by its id, so a correction costs as much as an act, however
long its stream is. Links, openings and submission are asked by nobody here and not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ledger.chain.entry import Entry
from ledger.chain.ids import uuid_text
from ledger.domain.amendments import Amendments, as_corrected
from ledger.domain.projection import ControlReader, EntryView
from ledger.domain.stream import StreamAct
from projections.rows import Rows
from projections.tables import Table


class KeptAct(NamedTuple):
    """One act, as its entry has it."""

    log: str
    stream_id: str
    event_id: str
    stream_version: int
    leaf_index: int
    received_at: int
    control_size: int
    act: bytes


class Said(NamedTuple):
    """The act that says what a row holds: the row's own, or a correction of it.

    Attributes:
        by: Its event id.
        at: When it was received, microseconds UTC.
        leaf_index: Of its entry: of several the last one holds that is not annulled.
    """

    by: str
    at: int
    leaf_index: int


def kept_table(name: str) -> Table[KeptAct]:
    """Return the table of a view's kept acts."""
    return Table(name, KeptAct, 3, is_insert_only=True, is_read_back=True)


def kept(view: EntryView) -> KeptAct:
    """Return the row of an act."""
    entry = view.entry
    return KeptAct(
        view.log,
        entry.stream_id,
        uuid_text(view.event_id),
        entry.stream_version,
        entry.leaf_index,
        entry.received_at,
        entry.control_size,
        entry.act,
    )


def kept_view(row: KeptAct, facts: ControlReader) -> EntryView:
    """Return a kept act as the entry that it was."""
    entry = Entry(
        leaf_index=row.leaf_index,
        stream_id=row.stream_id,
        stream_version=row.stream_version,
        stream_link=b"",
        received_at=row.received_at,
        control_size=row.control_size,
        opened=0,
        source=None,
        submission=b"",
        act=row.act,
    )
    return EntryView(row.log, entry, facts)


def said_by(view: EntryView) -> Said:
    """Return an act as what says something."""
    return Said(uuid_text(view.event_id), view.entry.received_at, view.entry.leaf_index)


def as_they_read(views: Iterable[EntryView], facts: ControlReader) -> list[EntryView]:
    """Return acts of one stream that count, as later ones of them leave them, in their order.

    Args:
        views: The acts in the order of the stream, annulments and corrections among them.
        facts: The control log, at least as far as the acts need it.
    """
    amendments, came = Amendments(), dict[bytes, EntryView]()
    for view in views:
        came[view.event_id] = view
        item = StreamAct(view.entry, view.act, view.payload)
        amendments.take(item, facts.judged_by(view.entry.control_size))
    return [_reading(came[item.act.event_id], item) for item in amendments.counting]


def corrected(
    correction: EntryView, facts: ControlReader, rows: Rows, table: Table[Any]
) -> EntryView | None:
    """Return the act that a correction is about, as it reads by it; None where it does not hold.

    Args:
        correction: An ``EventCorrected``.
        facts: The control log, at least as far as the correction's ``controlSize``.
        rows: Of the view.
        table: Of its kept acts.
    """
    target = uuid_text(correction.payload["targetEventId"])
    row = rows.stored(table, (correction.log, correction.entry.stream_id, target))
    if row is None:
        return None
    return corrected_by(kept_view(row, facts), correction, facts)


def corrected_by(view: EntryView, correction: EntryView, facts: ControlReader) -> EntryView | None:
    """Return an act as it reads by a correction; None where that does not hold."""
    item = as_corrected(
        StreamAct(view.entry, view.act, {}),
        StreamAct(correction.entry, correction.act, correction.payload),
        facts.judged_by(correction.entry.control_size),
    )
    return None if item is None else _reading(view, item)


def _reading(view: EntryView, item: StreamAct) -> EntryView:
    """Return an act as it reads, at its own place."""
    return view if item.act is view.act else view.reading(item.act, dict(item.payload))
