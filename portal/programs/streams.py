"""Streams read straight from the event store: for replay and for proofs on the command line.

Read before: ``portal/cli/case.py``. Read next: ``ledger/domain/stream.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from consumers.append.control_follower import ControlFollower
from ledger.chain.entry import decode_entry
from ledger.chain.partition import partition_for
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct, read_stream
from ledger.errors import RejectedError
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from portal.programs.files import all_logs, case_log_count
from portal.programs.owner import owner_url


class OpenLedger(NamedTuple):
    """A ledger's logs and what its control log says, for reading."""

    recorders: dict[str, LedgerRecorder]
    state: ControlState


@contextmanager
def open_ledger(data: Path) -> Iterator[OpenLedger]:
    """Open all logs of a running ledger for reading. Raises UnavailableError."""
    datastore = open_datastore(owner_url(data, "audit"))
    try:
        logs = all_logs(data)
        recorders = {log: LedgerRecorder.for_log(datastore, log) for log in logs}
        yield OpenLedger(recorders, ControlFollower(recorders[CONTROL]).follow_promise())
    finally:
        datastore.close()


def log_of_stream(data: Path, stream_id: str) -> str:
    """Return the case log that a matter's key belongs to."""
    return str(partition_for(stream_id.encode(), case_log_count(data)))


def stream_entries(ledger: OpenLedger, data: Path, stream_id: str) -> tuple[str, list[bytes]]:
    """Return the log of a stream and its promised entries, wherever it lies.

    Raises:
        RejectedError: There is no such stream.
    """
    for log in (log_of_stream(data, stream_id), CONTROL):
        recorder = ledger.recorders[log]
        promised = recorder.promised_sizes()[log]
        entries = recorder.stream_entries(stream_id)
        if found := [data for data in entries if decode_entry(data).leaf_index < promised]:
            return log, found
    raise RejectedError("NOT_FOUND", f"there is no case or stream {stream_id}")


def read_acts(data: Path, stream_id: str) -> tuple[str, list[StreamAct]]:
    """Return the log of a stream and its acts, decoded. Raises RejectedError."""
    with open_ledger(data) as ledger:
        log, entries = stream_entries(ledger, data, stream_id)
        return log, read_stream(entries, ledger.state)
