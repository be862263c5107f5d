"""Streams read from the event store and held against the promise: for commands on cases.

Read before: ``portal/cli/case.py``. Read next: ``ledger/domain/stream.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from consumers.append.control_follower import ControlFollower
from ledger.chain.partition import partition_for
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct, counted_acts, read_stream
from ledger.errors import RejectedError
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL, origin_of
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from portal.programs.files import case_log_count
from portal.programs.owner import owner_url
from portal.programs.proofs import promised_trees


class OpenLedger(NamedTuple):
    """A ledger's logs and what its control log says, for reading."""

    recorders: dict[str, LedgerRecorder]
    proven: dict[str, ProvenLog]
    state: ControlState


@contextmanager
def open_ledger(data: Path) -> Iterator[OpenLedger]:
    """Open all logs of a running ledger for reading.

    Raises:
        UnavailableError: Database or tile store is away.
        VerificationError: The control log in the database is not what was promised.
    """
    datastore = open_datastore(owner_url(data, "audit"))
    try:
        trees = promised_trees(data)
        recorders = {log: LedgerRecorder.for_log(datastore, log) for log in trees}
        proven = {log: ProvenLog(recorders[log], tree) for log, tree in trees.items()}
        state = ControlFollower(proven[CONTROL]).follow_promise()
        yield OpenLedger(recorders, proven, state)
    finally:
        datastore.close()


def log_of_stream(data: Path, stream_id: str) -> str:
    """Return the case log that a matter's key belongs to."""
    return str(partition_for(stream_id.encode(), case_log_count(data)))


def stream_entries(ledger: OpenLedger, data: Path, stream_id: str) -> tuple[str, list[bytes]]:
    """Return the log of a stream and its promised entries, wherever it lies.

    The alerts about a stream of the control log lie in a case log under the same name; they are
    not what is meant.

    Raises:
        AlteredEntryError: An entry is not what was promised.
        IncompleteError: The database lacks an entry of the log.
        RejectedError: There is no such stream.
        VerificationError: As ``ProvenLog.stream_entries``.
    """
    for log in (CONTROL, log_of_stream(data, stream_id)):
        if found := entries_in(ledger, log, stream_id):
            return log, found
    raise RejectedError("NOT_FOUND", f"there is no case or stream {stream_id}")


def entries_in(ledger: OpenLedger, log: str, stream_id: str) -> list[bytes]:
    """Return the promised entries of a stream in one log, maybe none.

    Raises:
        VerificationError: As ``stream_entries``.
    """
    ledger.proven[log].check_whole()
    return ledger.proven[log].stream_entries(stream_id)


def require_stream(data: Path, stream_id: str) -> None:
    """Check that a stream has entries, so that nothing about it is an answer. Raises as above."""
    with open_ledger(data) as ledger:
        stream_entries(ledger, data, stream_id)


def read_acts(data: Path, stream_id: str) -> tuple[str, list[StreamAct]]:
    """Return the log of a stream and its acts, decoded. Raises as ``stream_entries``."""
    log, acts, _ = read_counted(data, stream_id)
    return log, acts


def read_counted(data: Path, stream_id: str) -> tuple[str, list[StreamAct], list[StreamAct]]:
    """Return the same and which of its acts count, as corrected. Raises as ``stream_entries``."""
    with open_ledger(data) as ledger:
        log, entries = stream_entries(ledger, data, stream_id)
        acts = read_stream(entries, ledger.state)
        assert ledger.state.ledger is not None
        origin = origin_of(ledger.state.ledger.name, log)
        return log, acts, counted_acts(acts, ledger.state, origin)


def read_acts_beside(data: Path, stream_id: str) -> list[StreamAct]:
    """Return what a case log says of a stream of the control log: its alerts and missed deadlines.

    They lie there under the stream's name. Raises as ``entries_in``.
    """
    with open_ledger(data) as ledger:
        return read_stream(
            entries_in(ledger, log_of_stream(data, stream_id), stream_id), ledger.state
        )
