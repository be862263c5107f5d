"""Request, approval, accesses, end: the log that says who looked at which record, and why.

Read before: ``projections/case_replay/projection.py``. Read next: ``view``.

Every act is written down, approved or not: what was refused (``AccessDenied``), what was reported
afterwards (``OfflineAccessReported``) and what an emergency opened. Reads classes P and I only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ledger.chain.ids import uuid_text
from ledger.domain.projection import ControlReader, EntryView, Payload
from projections.retrieval.view import ACCESSES, RETRIEVALS, TABLES, AccessRow, RetrievalRow
from projections.rows import Rows
from projections.tables import Table


class RetrievalProjection:
    """Feeds the retrieval view; may be dropped and replayed at any time."""

    name = "retrieval"
    code_version = "1"
    package = "projections.retrieval"
    tables: Sequence[Table[Any]] = TABLES

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[EntryView, Rows], None]] = {
            "RetrievalRequested": _requested,
            "RetrievalApproved": _approved,
            "RetrievalRejected": _rejected,
            "RecordAccessed": _accessed,
            "RecordAccessEnded": _access_ended,
            "RecordCopied": _copied,
            "RecordReturned": _returned,
            "RetrievalClosed": _closed,
            "EmergencyAccessUsed": _emergency,
            "AccessDenied": _denied,
            "OfflineAccessReported": _offline,
        }
        self.event_types = frozenset(self._handlers)

    def process(self, entry: EntryView, _facts: ControlReader, rows: Rows) -> None:
        """Take in one entry of a subscribed type."""
        self._handlers[entry.event_type](entry, rows)


def _requested(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change(
        view,
        rows,
        state="REQUESTED",
        requester=payload["requester"],
        org=payload["org"],
        purpose=payload["purpose"],
        mode=payload["mode"],
        scope=_scope(payload),
        requested_at=view.act.occurred_at,
    )


def _approved(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change(
        view,
        rows,
        state="APPROVED",
        mode=payload["mode"],
        approver=payload["approver"],
        second_approver=payload["secondApprover"],
        decided_at=view.act.occurred_at,
        granted=_scope(payload),
        window_id=uuid_text(view.event_id),
        window_from=payload["from"],
        window_to=payload["to"],
        watermark=payload["watermark"],
    )


def _rejected(view: EntryView, rows: Rows) -> None:
    approver = view.payload["approver"]
    _change(view, rows, state="REJECTED", approver=approver, decided_at=view.act.occurred_at)


def _accessed(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    _change(view, rows, accesses=before.accesses + 1, last_access_at=payload["at"])
    _write_access(
        view,
        rows,
        before,
        "VIEW",
        access_id=payload["accessId"],
        who=payload["who"],
        target=payload["mediaId"] or payload["docId"],
        at=payload["at"],
        window_id=uuid_text(payload["windowId"]),
    )


def _access_ended(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change(view, rows)
    access = rows.get(ACCESSES, (view.log, view.entry.stream_id, payload["accessId"]))
    if access is not None:
        ended = access._replace(ended_at=payload["until"], bytes_sent=payload["bytes"])
        rows.put(ACCESSES, ended)


def _copied(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    _change(view, rows, copies=before.copies + 1, last_access_at=payload["at"])
    _write_access(
        view,
        rows,
        before,
        "COPY",
        who=payload["who"],
        target=payload["mediaId"] or payload["docId"],
        at=payload["at"],
        window_id=uuid_text(payload["windowId"]),
        detail=payload["watermarkId"],
    )


def _returned(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    _change(view, rows)
    _write_access(
        view,
        rows,
        before,
        "RETURNED",
        who=before.requester,
        target=payload["docId"],
        at=payload["at"],
        window_id=before.window_id,
        detail=payload["condition"],
    )


def _closed(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change(view, rows, state="CLOSED", closed_at=payload["at"], outcome=payload["outcome"])


def _emergency(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    state = "EMERGENCY" if before.state == "NONE" else before.state
    requester = before.requester or payload["who"]
    _change(view, rows, state=state, requester=requester, granted=_scope(payload))
    _write_access(
        view,
        rows,
        before,
        "EMERGENCY",
        who=payload["who"],
        target=None,
        at=payload["at"],
        window_id=uuid_text(view.event_id),
    )


def _denied(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    _change(view, rows, denials=before.denials + 1)
    _write_access(
        view,
        rows,
        before,
        "DENIED",
        who=payload["who"],
        target=payload["target"],
        at=payload["at"],
        window_id=None,
        detail=payload["reason"],
    )


def _offline(view: EntryView, rows: Rows) -> None:
    payload, before = view.payload, _retrieval(view, rows)
    _change(view, rows, accesses=before.accesses + 1, last_access_at=payload["at"])
    _write_access(
        view,
        rows,
        before._replace(approver=payload["approvedBy"]),
        "OFFLINE",
        who=payload["who"],
        target=payload["what"],
        at=payload["at"],
        window_id=None,
    )


def _retrieval(view: EntryView, rows: Rows) -> RetrievalRow:
    """Return the retrieval that an act is about, as it stands."""
    key = (view.log, view.entry.stream_id, view.act.aggregate_id)
    return rows.get(RETRIEVALS, key) or _blank(*key)


def _blank(log: str, stream_id: str, retrieval_id: str) -> RetrievalRow:
    nothing = dict.fromkeys(RetrievalRow._fields[3:])
    counts = {"accesses": 0, "copies": 0, "denials": 0, "changed_at": 0, "leaf_index": 0}
    return RetrievalRow(log, stream_id, retrieval_id, **(nothing | counts | {"state": "NONE"}))  # type: ignore[arg-type]


def _change(view: EntryView, rows: Rows, /, **changes: Any) -> None:
    """Write the retrieval with some columns changed."""
    newest = {
        "agency_id": view.act.agency_id,
        "changed_at": view.entry.received_at,
        "leaf_index": view.entry.leaf_index,
    }
    rows.put(RETRIEVALS, _retrieval(view, rows)._replace(**(changes | newest)))


def _write_access(
    view: EntryView,
    rows: Rows,
    retrieval: RetrievalRow,
    kind: str,
    *,
    who: str | None,
    target: str | None,
    at: int,
    window_id: str | None,
    access_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Write the line of one access, with the why and the whose approval of its retrieval."""
    event_id = uuid_text(view.event_id)
    approver = None if kind in {"EMERGENCY", "DENIED"} else retrieval.approver
    row = AccessRow(
        view.log,
        view.entry.stream_id,
        access_id or event_id,
        kind,
        view.act.aggregate_id,
        who,
        retrieval.org,
        target,
        retrieval.purpose,
        approver,
        window_id,
        at,
        None,
        None,
        detail,
        view.entry.received_at,
        event_id,
        view.entry.leaf_index,
    )
    rows.put(ACCESSES, row)


def _scope(payload: Payload) -> str:
    """Return a scope as JSON, members in order."""
    return json.dumps(payload["scope"], sort_keys=True, separators=(",", ":"))
