"""The act that put a record before the public, out of the ledger and proven.

Read before: ``ledger/store/proven_log.py``. Read next: ``portal/public/decision.py``.

A row of the disclosure view says which record, entry and act belong together; who can write to the
view could join others. So the entry is read from the log, held against the promise, and must be
the publication of just this disclosure with just this record. Trusts the row for nothing but where
to look; that no newer act exists is the view's word (``lianzheng view compare disclosure``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.ids import uuid_text
from ledger.errors import VerificationError
from portal.resources import Resources
from projections.disclosure.view import PageRow

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
    proven = resources.proven[row.log]
    entry = decode_entry(proven.entry(row.leaf_index))
    act = decode_act(entry.act)
    time_field = PUBLIC_ACTS.get(act.event_type)
    where = f"{proven.tree.origin}: entry {row.leaf_index} ({entry.stream_id})"
    if time_field is None or act.aggregate_id != row.disclosure_id:
        raise VerificationError(f"{where} is not the publication of {row.disclosure_id}")
    codec = resources.control.state.codec(act.event_type, act.schema_version)
    payload: Mapping[str, Any] = codec.decode(act.payload)
    found = PublishedAct(
        entry,
        act.event_type,
        uuid_text(act.event_id),
        payload["contentHash"],
        payload["version"],
        payload[time_field],
        payload["until"],
    )
    shown = (row.event_id, row.content_hash, row.version, row.until)
    if shown != (found.event_id, found.content_hash, found.version, found.until):
        raise VerificationError(f"{where} is not what the view shows of {row.disclosure_id}")
    return found
