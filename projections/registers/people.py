"""Officers and their credentials, as the registers show them.

Read before: ``projection``. Read next: ``ledger_state``.

Which credential was valid at a moment is a rule's question; here is what was recorded of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.domain.projection import EntryView
from projections.registers.view import CREDENTIALS, OFFICERS, CredentialRow, OfficerRow
from projections.rows import Rows


def _officer_registered(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = OfficerRow(
        view.log,
        entry.stream_id,
        _officer_id(view),
        payload["name"],
        payload["agencyId"],
        payload["category"],
        view.act.occurred_at,
        entry.leaf_index,
    )
    rows.put(OFFICERS, row)


def _officer_transferred(view: EntryView, rows: Rows) -> None:
    key = (view.log, view.entry.stream_id, _officer_id(view))
    if (officer := rows.get(OFFICERS, key)) is not None:
        moved = officer._replace(
            agency_id=view.payload["toAgency"], leaf_index=view.entry.leaf_index
        )
        rows.put(OFFICERS, moved)


def _credential_issued(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = CredentialRow(
        view.log,
        entry.stream_id,
        payload["credentialNo"],
        _officer_id(view),
        ",".join(payload["scope"]),
        payload["regionCode"],
        payload["validFrom"],
        payload["validTo"],
        "VALID",
        None,
        None,
        None,
        None,
        entry.leaf_index,
    )
    rows.put(CREDENTIALS, row)


def _credential_suspended(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    span = {"suspended_from": payload["from"], "suspended_to": payload["to"]}
    _change(view, rows, payload["credentialNo"], state="SUSPENDED", **span)


def _credential_reinstated(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    _change(view, rows, payload["credentialNo"], state="VALID", suspended_to=payload["from"])


def _credential_revoked(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    number, revoked_at = payload["credentialNo"], payload["effectiveAt"]
    _change(view, rows, number, state="REVOKED", revoked_at=revoked_at)


def _credential_replaced(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    old_no, new_no = payload["oldNo"], payload["newNo"]
    old = rows.get(CREDENTIALS, (view.log, view.entry.stream_id, old_no))
    if old is None:
        return
    leaf_index = view.entry.leaf_index
    rows.put(CREDENTIALS, old._replace(credential_no=new_no, leaf_index=leaf_index))
    _change(view, rows, old_no, state="REPLACED", replaced_by=new_no)


def _change(view: EntryView, rows: Rows, number: str, /, **changes: Any) -> None:
    """Change a credential of the officer whose stream the act is in, if it was issued."""
    credential = rows.get(CREDENTIALS, (view.log, view.entry.stream_id, number))
    if credential is not None:
        rows.put(CREDENTIALS, credential._replace(**changes, leaf_index=view.entry.leaf_index))


def _officer_id(view: EntryView) -> str:
    """Return the officer an act of an officer's stream is about: its aggregate."""
    return view.act.aggregate_id


HANDLERS: Final[Mapping[str, Callable[[EntryView, Rows], None]]] = {
    "OfficerRegistered": _officer_registered,
    "OfficerTransferred": _officer_transferred,
    "CredentialIssued": _credential_issued,
    "CredentialSuspended": _credential_suspended,
    "CredentialReinstated": _credential_reinstated,
    "CredentialRevoked": _credential_revoked,
    "CredentialReplaced": _credential_replaced,
}
