"""A log as it may be shown: entries out of the database, each proven to be what was promised.

Read before: ``ledger/store/recorder.py``, ``ledger/store/promised_tree.py``. Read next:
``portal/programs/streams.py``.

What lies beyond the promise is not handed out. That a stream has no further entry is not proven
here, for that takes the whole log: ``lianzheng verify stream`` and ``lianzheng ledger check``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.chain.entry import decode_entry
from ledger.errors import AlteredEntryError, IncompleteError, VerificationError
from ledger.store.promised_tree import PromisedTree
from ledger.store.recorder import LedgerRecorder


class ProvenLog:
    """Reads one log.

    Args:
        recorder: The log in the database.
        tree: Its promised tree.
    """

    def __init__(self, recorder: LedgerRecorder, tree: PromisedTree) -> None:
        self._recorder = recorder
        self.tree = tree

    def read_entries(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` promised entries, in order.

        Raises:
            AlteredEntryError: One is not what was promised.
            IncompleteError: One is gone.
            UnavailableError: Database or tile store is away.
            VerificationError: Promise or tile is not accepted.
        """
        limit = min(limit, self.promised_sizes()[self._recorder.log] - start)
        entries = self._recorder.read_entries(start, limit) if limit > 0 else []
        wanted = range(start, start + max(0, limit))
        for expected, (index, _) in zip(wanted, entries, strict=False):
            if index != expected:
                raise IncompleteError(f"{self.tree.origin}: the database has no entry {expected}")
        if len(entries) < len(wanted):
            index = start + len(entries)
            raise IncompleteError(f"{self.tree.origin}: the database has no entry {index}")
        self._check(entries)
        return entries

    def entry(self, index: int) -> bytes:
        """Return one promised entry. Raises as ``read_entries``, and for an entry that is gone."""
        data = self._recorder.entry(index)
        self._check([(index, data)])
        return data

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return the promised entries of a stream, in order; none if there is no such stream.

        Raises:
            AlteredEntryError: One is not what was promised.
            IncompleteError: A version is missing before the last.
            UnavailableError: Database or tile store is away.
            VerificationError: An entry of another stream stands there, or as ``read_entries``.
        """
        promised = self.promised_sizes()[self._recorder.log]
        rows = [row for row in self._recorder.stream_rows(stream_id) if row.leaf_index < promised]
        self.tree.check([(row.leaf_index, row.state) for row in rows], stream_id)
        for version, row in enumerate(rows, start=1):
            entry = decode_entry(row.state)
            where = f"{self.tree.origin}: entry {row.leaf_index} ({entry.stream_id})"
            if entry.stream_id != stream_id:
                raise VerificationError(f"{where} stands in the database under {stream_id}")
            if (row.version, entry.stream_version) != (version, version):
                raise IncompleteError(
                    f"{where} is version {entry.stream_version}, stored as {row.version}, "
                    f"where version {version} follows"
                )
        return [row.state for row in rows]

    def newest_stream_entries(self, stream_id: str) -> list[bytes]:
        """Return the promised entries of a stream, then those that are only committed yet.

        For who asks what the appender will find; nothing is to be shown of the latter. Raises as
        ``stream_entries``.
        """
        promised = self.stream_entries(stream_id)
        rows = self._recorder.stream_rows(stream_id)
        return promised + [row.state for row in rows[len(promised) :]]

    def check_whole(self) -> None:
        """Check that no promised entry is gone from the database, without reading them.

        Raises:
            IncompleteError: One is; names the first.
        """
        promised = self.promised_sizes()[self._recorder.log]
        if (index := self._recorder.first_gap(promised)) is not None:
            raise IncompleteError(f"{self.tree.origin}: the database has no entry {index}")

    def _check(self, entries: Sequence[tuple[int, bytes]]) -> None:
        try:
            self.tree.check(entries)
        except AlteredEntryError as error:
            raise error.of(self._recorder.stored_stream(error.leaf_index)) from error

    def promised_sizes(self) -> dict[str, int]:
        """Return the promised size of every log, as the database has it."""
        return self._recorder.promised_sizes()


class NewestLog:
    """A log as the appender will find it: streams with what is committed and not yet promised."""

    def __init__(self, log: ProvenLog) -> None:
        self._log = log

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return all entries of a stream in order; raises as ``ProvenLog.stream_entries``."""
        return self._log.newest_stream_entries(stream_id)
