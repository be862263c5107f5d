"""Who may act and by what rules: registers kept up from the control log.

Read before: ``projections/retrieval/projection.py``. Read next: ``view``.

A register shows what was recorded last; what was in force at an earlier moment is answered from
the control log itself, by the state that entries were judged against. Reads classes P and I only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ledger.domain.penalty_fields import basis_text
from ledger.domain.projection import CONTROL_LOG, ControlReader, EntryView
from projections.registers import ledger_state, people
from projections.registers.view import (
    AGENCIES,
    EMITTER_KEYS,
    EMITTERS,
    ITEMS,
    TABLES,
    AgencyRow,
    EmitterKeyRow,
    EmitterRow,
    ItemRow,
)
from projections.rows import Rows
from projections.tables import Table


class RegistersProjection:
    """Feeds the registers; may be dropped and replayed at any time."""

    name = "registers"
    code_version = "1"
    package = "projections.registers"
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[EntryView, Rows], None]] = {
            "EmitterRegistered": _emitter_registered,
            "EmitterKeyRotated": _emitter_key_rotated,
            "EmitterKeyRevoked": _emitter_key_revoked,
            "AgencyRegistered": _agency_registered,
            "AgencyQualificationConfirmed": _agency_qualified,
            "AgencyQualificationRevoked": _agency_disqualified,
            "EnforcementItemRegistered": _item_registered,
            **people.HANDLERS,
            **ledger_state.HANDLERS,
        }
        self.event_types = frozenset(self._handlers)

    def process(self, entry: EntryView, _facts: ControlReader, rows: Rows) -> None:
        """Take in one entry of a subscribed type."""
        if entry.log == CONTROL_LOG or entry.event_type == ledger_state.BIRTH:
            self._handlers[entry.event_type](entry, rows)


def _emitter_registered(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = EmitterRow(
        view.log,
        entry.stream_id,
        payload["emitterId"],
        payload["kind"],
        ",".join(payload["agencyIds"]),
        ",".join(payload["eventTypes"]),
        payload["vkey"],
        payload["validFrom"],
        None,
        entry.received_at,
        entry.leaf_index,
    )
    rows.put(EMITTERS, row)
    _new_emitter_key(view, rows)


def _new_emitter_key(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = EmitterKeyRow(
        view.log,
        entry.stream_id,
        payload["vkey"],
        payload["emitterId"],
        payload["validFrom"],
        None,
        None,
        None,
        entry.leaf_index,
    )
    rows.put(EMITTER_KEYS, row)


def _emitter_key_rotated(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    key = (view.log, entry.stream_id)
    if (emitter := rows.get(EMITTERS, (*key, payload["emitterId"]))) is not None:
        changed = emitter._replace(
            vkey=payload["vkey"],
            valid_from=payload["validFrom"],
            revoked_at=None,
            leaf_index=entry.leaf_index,
        )
        rows.put(EMITTERS, changed)
    if (old := rows.get(EMITTER_KEYS, (*key, payload["oldVkey"]))) is not None:
        rows.put(EMITTER_KEYS, old._replace(replaced_at=payload["validFrom"]))
    _new_emitter_key(view, rows)


def _emitter_key_revoked(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    key = (view.log, entry.stream_id)
    revoked_at = payload["revokedAt"]
    emitter = rows.get(EMITTERS, (*key, payload["emitterId"]))
    if emitter is not None and emitter.vkey == payload["vkey"]:
        changed = emitter._replace(revoked_at=revoked_at, leaf_index=entry.leaf_index)
        rows.put(EMITTERS, changed)
    if (old := rows.get(EMITTER_KEYS, (*key, payload["vkey"]))) is not None:
        rows.put(EMITTER_KEYS, old._replace(revoked_at=revoked_at, reason=payload["reason"]))


def _agency_registered(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = AgencyRow(
        view.log,
        entry.stream_id,
        payload["uscc"],
        payload["name"],
        payload["regionCode"],
        payload["level"],
        payload["kind"],
        payload["superiorId"],
        view.act.occurred_at,
        is_qualified=False,
        scope=None,
        qualified_from=None,
        notice_doc_no=None,
        revoked_at=None,
        leaf_index=entry.leaf_index,
    )
    rows.put(AGENCIES, row)


def _agency_qualified(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change_agency(
        view,
        rows,
        is_qualified=True,
        scope=",".join(payload["scope"]),
        qualified_from=payload["validFrom"],
        notice_doc_no=payload["noticeDoc"]["docNo"],
        revoked_at=None,
    )


def _agency_disqualified(view: EntryView, rows: Rows) -> None:
    _change_agency(view, rows, is_qualified=False, revoked_at=view.payload["effectiveAt"])


def _change_agency(view: EntryView, rows: Rows, /, **changes: Any) -> None:
    """Change the agency whose stream the act is in; one never registered stays unknown."""
    stream_id = view.entry.stream_id
    key = (view.log, stream_id, stream_id.removeprefix("agency:"))
    if (agency := rows.get(AGENCIES, key)) is not None:
        rows.put(AGENCIES, agency._replace(**changes, leaf_index=view.entry.leaf_index))


def _item_registered(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    citations = (basis_text(basis) for basis in payload["basis"])
    row = ItemRow(
        view.log,
        entry.stream_id,
        payload["itemCode"],
        payload["name"],
        payload["actKind"],
        "\n".join(citations),
        view.act.agency_id,
        entry.leaf_index,
    )
    rows.put(ITEMS, row)
