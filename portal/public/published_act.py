"""The act that put a record before the public, out of the ledger and proven.

Read before: ``ledger/store/proven_log.py``. Read next: ``portal/public/decision.py``.

A row of the disclosure view says which record, entry and act belong together; who can write to the
view could join others. So the entry is read from the log, held against the promise, and must be
the publication of just this disclosure with just this record. Trusts the row for nothing but where
to look; that no newer act exists is the view's word (``lianzheng view compare disclosure``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.ids import uuid_text
from ledger.errors import VerificationError
from portal.resources import Resources
from projections.disclosure.view import PageRow, TombstoneRow

# Event type, and the field of its payload that says when the public saw it.
PUBLIC_ACTS: Final[Mapping[str, str]] = {
    "DisclosurePublished": "publishedAt",
    "DisclosureUpdated": "at",
    "DisclosureCorrected": "at",
}


class PublishedAct(NamedTuple):
    """What the ledger says of a published record; times in microseconds UTC."""

    entry: Entry
    event_type: str
    event_id: str  # As a UUID's text.
    content_hash: str  # ``sha256:`` and 64 hex digits.
    version: int
    at: int
    until: int | None  # Days since 1970-01-01; None: without an end.


def published_act(resources: Resources, row: PageRow) -> PublishedAct:
    """Return the act that published what a row of the view says is public.

    Raises:
        AlteredEntryError: The entry in the database is not what was promised.
        VerificationError: The entry is not the publication of this disclosure and record.
        UnavailableError: Database or tile store is away.
    """
    entry, act, payload = _proven(resources, row, PUBLIC_ACTS, "publication")
    found = PublishedAct(
        entry,
        act.event_type,
        uuid_text(act.event_id),
        payload["contentHash"],
        payload["version"],
        payload[PUBLIC_ACTS[act.event_type]],
        payload["until"],
    )
    shown = (row.event_id, row.content_hash, row.version, row.until)
    if shown != (found.event_id, found.content_hash, found.version, found.until):
        raise _other(resources, row, entry)
    return found


def check_withdrawn(resources: Resources, row: TombstoneRow) -> None:
    """Check that a withdrawal is what the view shows of it: by whom, when, why, of which record.

    Raises:
        VerificationError: It is not; number and first publication are the view's word.
        UnavailableError: Database or tile store is away.
    """
    entry, act, payload = _proven(resources, row, ("DisclosureWithdrawn",), "withdrawal")
    found = (
        uuid_text(act.event_id),
        act.agency_id,
        *(payload[name] for name in ("at", "ground", "publicReason", "contentHash", "version")),
    )
    shown = (row.event_id, row.agency_id, row.withdrawn_at, row.ground, row.public_reason)
    if found != (*shown, row.content_hash, row.version):
        raise _other(resources, row, entry)


def _proven(
    resources: Resources, row: PageRow | TombstoneRow, types: Collection[str], what: str
) -> tuple[Entry, Act, Mapping[str, Any]]:
    """Return the entry that a row names, its act and payload: of these types, of its disclosure."""
    entry = decode_entry(resources.proven[row.log].entry(row.leaf_index))
    act = decode_act(entry.act)
    if act.event_type not in types or act.aggregate_id != row.disclosure_id:
        where = _place(resources, row, entry)
        raise VerificationError(f"{where} is not the {what} of {row.disclosure_id}")
    codec = resources.control.state.codec(act.event_type, act.schema_version)
    return entry, act, codec.decode(act.payload)


def _other(resources: Resources, row: PageRow | TombstoneRow, entry: Entry) -> VerificationError:
    where = _place(resources, row, entry)
    return VerificationError(f"{where} is not what the view shows of {row.disclosure_id}")


def _place(resources: Resources, row: PageRow | TombstoneRow, entry: Entry) -> str:
    origin = resources.proven[row.log].tree.origin
    return f"{origin}: entry {row.leaf_index} ({entry.stream_id})"
