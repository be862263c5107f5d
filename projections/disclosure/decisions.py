"""Decisions that a disclosure may be about, as they read now.

Read before: ``view``, ``projections/kept_acts.py``. Read next: ``projection``.

A decision that was corrected reads as its last correction that is not annulled; what was published
of it before stays public as it is until an officer puts the next version in its place
(docs/spec/disclosure-record.md), so both are remembered by the digest of the payload. Of an
annulled one nothing is to be drafted.
"""

from __future__ import annotations

from typing import Final

from ledger.chain.digests import sha256_digest
from ledger.chain.ids import uuid_text
from ledger.domain.amendments import CORRECTED
from ledger.domain.projection import ControlReader, EntryView
from projections.disclosure.view import (
    ACTS,
    ANNULMENTS,
    DECISIONS,
    AnnulledRow,
    DecisionRow,
)
from projections.kept_acts import as_they_read, corrected, kept, kept_view
from projections.rows import Rows

DECISION_TYPES: Final = frozenset({"PenaltyDecisionMade", "OnSitePenaltyDecided"})


def decided(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """Take in a decision."""
    rows.append(ACTS, kept(view))
    rows.put(DECISIONS, _decision(view, facts, is_annulled=_is_annulled(view, view.event_id, rows)))


def amended(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """Take in a correction; one of no decision of the stream changes nothing."""
    act = corrected(view, facts, rows, ACTS)
    if act is None:
        return
    rows.append(ACTS, kept(view))
    if not _is_annulled(view, view.event_id, rows):
        is_annulled = _is_annulled(act, act.event_id, rows)
        rows.put(DECISIONS, _decision(act, facts, is_annulled=is_annulled))


def annulled(view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """Take in that a decision, or a correction of one, counts no more."""
    key = (view.log, view.entry.stream_id, uuid_text(view.payload["targetEventId"]))
    if rows.get(ANNULMENTS, key) is not None:
        return
    rows.put(ANNULMENTS, AnnulledRow(*key))
    decision = rows.get(DECISIONS, key)
    if decision is not None:
        rows.put(DECISIONS, decision._replace(is_annulled=True))
        return
    row = rows.stored(ACTS, key)
    if row is not None:
        _read_again(kept_view(row, facts).payload["targetEventId"], view, facts, rows)


def _read_again(event_id: bytes, view: EntryView, facts: ControlReader, rows: Rows) -> None:
    """Have a decision of the stream read as the corrections that are left have it."""
    views = [
        kept_view(row, facts) for row in rows.of_stream(ACTS, (view.log, view.entry.stream_id))
    ]
    about = sorted(
        (it for it in views if event_id in (it.event_id, _target(it))),
        key=lambda it: it.entry.leaf_index,
    )
    counting = [
        it for it in about if it.event_id == event_id or not _is_annulled(it, it.event_id, rows)
    ]
    is_annulled = _is_annulled(view, event_id, rows)
    for it in as_they_read(counting, facts):
        if it.event_id == event_id:
            rows.put(DECISIONS, _decision(it, facts, is_annulled=is_annulled))


def _target(view: EntryView) -> bytes | None:
    return view.payload["targetEventId"] if view.event_type == CORRECTED else None


def _is_annulled(view: EntryView, event_id: bytes, rows: Rows) -> bool:
    """Tell whether an act of the same stream counts no more."""
    return rows.get(ANNULMENTS, (view.log, view.entry.stream_id, uuid_text(event_id))) is not None


def _decision(view: EntryView, facts: ControlReader, *, is_annulled: bool) -> DecisionRow:
    act, entry, payload = view.act, view.entry, view.payload
    party, doc = payload["party"], payload["doc"]
    kinds = dict.fromkeys(item["kind"] for item in payload["penalties"])
    return DecisionRow(
        log=view.log,
        stream_id=entry.stream_id,
        event_id=uuid_text(view.event_id),
        leaf_index=entry.leaf_index,
        agency_id=act.agency_id,
        agency_name=facts.agency_name(act.agency_id, entry.control_size),
        event_type=view.event_type,
        doc_no=doc["docNo"],
        doc_date=doc["docDate"],
        party_type=party["partyType"],
        age_band=party["ageBand"],
        org_name=party["name"],
        uscc=party["uscc"],
        violation_type=payload["violationType"],
        penalty_kinds=",".join(kinds),
        item_code=act.item_code,
        decided_at=act.occurred_at,
        received_at=entry.received_at,
        reading=sha256_digest(act.payload),
        is_annulled=is_annulled,
    )
