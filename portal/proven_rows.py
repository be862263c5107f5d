"""Rows of the replay view, held against the entries that they were made of.

Read before: ``projections/case_replay/view.py``, ``ledger/store/proven_log.py``. Read next:
``portal/api/cases.py``.

A view is made from proven entries, but whoever can write to its tables could change a row
afterwards. So what a supervisor is shown of a matter is compared with the matter's entries in the
log. A view that is a moment behind shows fewer of the last ones, and never one left out before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.ids import uuid_text
from ledger.errors import VerificationError
from projections.case_replay.view import AsOf, CaseEntry


class ProvenStreams(Protocol):
    """A log that proves what it hands out."""

    def stream_entries(self, stream_id: str) -> Sequence[bytes]:
        """Return the promised entries of a stream, in order."""
        ...


def check_rows(
    logs: Mapping[str, ProvenStreams], rows: Sequence[CaseEntry], moment: AsOf, after: int
) -> None:
    """Check that rows of one matter are its entries, and that none is left out among them.

    Args:
        logs: The logs by name.
        rows: What the view gave for ``moment`` and ``after``, ascending by version.
        moment: Which entries count.
        after: Entries up to this version were not asked for.

    Raises:
        VerificationError: A row is not its entry, or one is left out; names index and stream.
        UnavailableError: Database or tile store is away.
    """
    for log in sorted({row.log for row in rows}):
        shown = {row.version: row for row in rows if row.log == log}
        stream = rows[0].stream_id
        for data in logs[log].stream_entries(stream):
            entry = decode_entry(data)
            act = decode_act(entry.act)
            row = shown.pop(entry.stream_version, None)
            if row is None:
                # Only rows behind the last of these may be missing: the view comes after the log.
                is_due = after < entry.stream_version and shown and _counts(entry, act, moment)
            else:
                is_due = not _is_of(row, entry, act) or not _counts(entry, act, moment)
            if is_due:
                raise _other(log, entry.leaf_index, stream)
        for row in shown.values():
            raise _other(log, row.leaf_index, stream)


def _is_of(row: CaseEntry, entry: Entry, act: Act) -> bool:
    return (row.leaf_index, row.received_at, row.control_size, row.opened) == (
        entry.leaf_index,
        entry.received_at,
        entry.control_size,
        entry.opened,
    ) and (row.event_id, row.act) == (uuid_text(act.event_id), act)


def _counts(entry: Entry, act: Act, moment: AsOf) -> bool:
    received, occurred, version = moment
    return (
        (received is None or entry.received_at <= received)
        and (occurred is None or act.occurred_at <= occurred)
        and (version is None or entry.stream_version <= version)
    )


def _other(log: str, leaf_index: int, stream: str) -> VerificationError:
    return VerificationError(
        f"log {log}: entry {leaf_index} ({stream}) is not what the replay view shows"
    )
