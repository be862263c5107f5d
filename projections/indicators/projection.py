"""Feeds the indicators' view: acts that count, and what is as if it had never come.

Read before: ``folding``. Read next: ``view``.

An act counts here if it counts for gates and rules, and is not annulled: by an annulment that came
after it, then its facts are what they would be without it from that moment on, or before it. To
know what they would be, the acts of the stream that may say something of each other are kept and
taken in once more; an annulment costs as many steps as its stream has such acts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ledger.chain.entry import Entry
from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.projection import ControlReader, EntryView
from projections.counted import ANNULLED, count_entry
from projections.indicators.definitions import indicators
from projections.indicators.facts_of_stream import FactsAgain, KnownFacts
from projections.indicators.folding import Fold, facts_of_act, is_taken_in_again
from projections.indicators.memory_of_stream import StreamMemory
from projections.indicators.view import ACTS, ANNULMENTS, TABLES, ActRow, AnnulledRow
from projections.rows import Rows
from projections.tables import StreamKey, Table


class IndicatorsProjection:
    """Feeds the indicators' view; may be dropped and replayed at any time."""

    name = "indicators"
    code_version = "2"
    package = "projections.indicators"
    event_types: Collection[str] | None = None
    tables: Sequence[Table[Any]] = TABLES

    def process(self, entry: EntryView, facts: ControlReader, rows: Rows) -> None:
        """Take in one entry."""
        if is_own_stream(entry.entry.stream_id):
            return
        memory = StreamMemory(entry, rows)
        does_count, memory.owner = count_entry(entry, memory.owner, facts)
        stream = (entry.log, entry.entry.stream_id)
        if does_count and not _is_annulled(rows, stream, uuid_text(entry.event_id)):
            _take_in(entry, facts, rows, memory)
        elif does_count and entry.event_type == ANNULLED:
            _annul(entry, facts, rows, memory)  # Annulled itself, it annuls nevertheless.
        memory.save()


def _take_in(entry: EntryView, facts: ControlReader, rows: Rows, memory: StreamMemory) -> None:
    stream = (entry.log, entry.entry.stream_id)
    if entry.event_type == ANNULLED:
        _annul(entry, facts, rows, memory)
    if is_taken_in_again(entry.event_type):
        rows.append(ACTS, _kept(entry))
    known = KnownFacts(rows, stream, entry.entry.received_at)
    Fold(entry, known, memory, facts).take_in()


def _annul(entry: EntryView, facts: ControlReader, rows: Rows, memory: StreamMemory) -> None:
    """Have an act of the stream count nowhere from this entry on."""
    stream, target = (entry.log, entry.entry.stream_id), uuid_text(entry.payload["targetEventId"])
    if _is_annulled(rows, stream, target):
        return
    rows.put(ANNULMENTS, AnnulledRow(*stream, target))
    known = KnownFacts(rows, stream, entry.entry.received_at)
    for indicator in indicators().values():
        if indicator.is_of_every_act:
            known.end((indicator.id, target))
    kept = [_view(row, facts) for row in rows.of_stream(ACTS, stream)]
    if all(uuid_text(view.event_id) != target for view in kept):
        return
    again = FactsAgain(known)
    memory.forget()
    for view in kept:
        fold = Fold(view, again, memory, facts)
        if _is_annulled(rows, stream, uuid_text(view.event_id)):
            fold.look_at_causes()
        else:
            fold.take_in()
    again.take_over(name for view in kept for name in facts_of_act(view))


def _is_annulled(rows: Rows, stream: StreamKey, event: str) -> bool:
    return rows.get(ANNULMENTS, (*stream, event)) is not None


def _kept(view: EntryView) -> ActRow:
    entry = view.entry
    return ActRow(
        view.log,
        entry.stream_id,
        entry.stream_version,
        entry.leaf_index,
        entry.received_at,
        entry.control_size,
        entry.act,
    )


def _view(row: ActRow, facts: ControlReader) -> EntryView:
    """Return a kept act as an entry; links and openings are asked by nobody here."""
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
