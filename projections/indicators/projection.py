"""Feeds the indicators' view: acts that count, and what is as if it had never come.

Read before: ``folding``. Read next: ``view``.

An act counts here if it counts for gates and rules, and is not annulled: by an annulment that came
after it, then its facts are what they would be without it from that moment on, or before it. A
corrected act (``EventCorrected``) counts as corrected, from the correction on. To know what the
facts would be, the acts of the stream that may say something of each other are kept and taken in
once more; an annulment or a correction costs as many steps as its stream has such acts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from ledger.chain.entry import Entry
from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.case_stages import FILE as STAGES
from ledger.domain.projection import ControlReader, EntryView
from projections.counted import count_entry
from projections.indicators.definitions import FILE, indicators
from projections.indicators.facts_of_stream import FactName, FactsAgain, KnownFacts
from projections.indicators.folding import Fold, facts_of_act, is_taken_in_again
from projections.indicators.memory_of_stream import StreamMemory
from projections.indicators.view import ACTS, ANNULMENTS, TABLES, ActRow, AnnulledRow
from projections.kept_acts import as_they_read, corrected_by
from projections.rows import Rows
from projections.tables import StreamKey, Table
from schemas.loader import data_version

_ASSESSED: Final = "DisclosureObligationAssessed"


class IndicatorsProjection:
    """Feeds the indicators' view; may be dropped and replayed at any time."""

    name = "indicators"
    code_version = data_version("3", FILE, STAGES)
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
        if does_count and not _is_void(rows, stream, entry):
            _take_in(entry, facts, rows, memory)
        elif does_count and entry.event_type == ANNULLED:
            _annul(entry, facts, rows, memory)  # Annulled itself, it annuls nevertheless.
        memory.save()


def _take_in(entry: EntryView, facts: ControlReader, rows: Rows, memory: StreamMemory) -> None:
    stream = (entry.log, entry.entry.stream_id)
    if entry.event_type == ANNULLED:
        _annul(entry, facts, rows, memory)
    if entry.event_type == CORRECTED or is_taken_in_again(entry.event_type):
        rows.append(ACTS, _kept(entry))
    if entry.event_type == CORRECTED:
        _take_in_again(entry, facts, rows, memory)
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
    _take_in_again(entry, facts, rows, memory)


def _take_in_again(
    entry: EntryView, facts: ControlReader, rows: Rows, memory: StreamMemory
) -> None:
    """Have the facts of a stream be what its acts say as they are annulled and corrected now.

    Args:
        entry: An annulment or a correction; it names the act by ``targetEventId``.
        facts: The control log.
        rows: Of the view.
        memory: Of the stream.
    """
    stream = (entry.log, entry.entry.stream_id)
    kept = [_view(row, facts) for row in rows.of_stream(ACTS, stream)]
    if all(view.event_id != entry.payload["targetEventId"] for view in kept):
        return
    again = FactsAgain(KnownFacts(rows, stream, entry.entry.received_at))
    memory.forget()
    counting = []
    for view in kept:
        if _is_void(rows, stream, view):
            Fold(view, again, memory, facts).look_at_causes()
        else:
            counting.append(view)
    for view in as_they_read(counting, facts):
        Fold(view, again, memory, facts).take_in()
    again.take_over({*_possible_facts(kept, facts)})


def _possible_facts(kept: Sequence[EntryView], facts: ControlReader) -> Iterator[FactName]:
    """Yield the facts that acts could make, as they came and as any correction has them."""
    came = {view.event_id: view for view in kept}
    for view in kept:
        yield from facts_of_act(view)
        target = came.get(view.payload["targetEventId"]) if view.event_type == CORRECTED else None
        if target is not None and (by := corrected_by(target, view, facts)) is not None:
            yield from facts_of_act(by)


def _is_annulled(rows: Rows, stream: StreamKey, event: str) -> bool:
    return rows.get(ANNULMENTS, (*stream, event)) is not None


def _is_void(rows: Rows, stream: StreamKey, view: EntryView) -> bool:
    """Tell whether an act counts nowhere: annulled, or it judges a decision that is."""
    if _is_annulled(rows, stream, uuid_text(view.event_id)):
        return True
    is_duty = view.event_type == _ASSESSED
    return is_duty and _is_annulled(rows, stream, uuid_text(view.payload["sourceEventId"]))


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
