"""The key store: keys of the vault, in a file of their own apart from the database.

Read before: ``ledger/store/vault.py``.

One SQLite file (``DATA/keys/vault.sqlite``, readable by its owner only) with a data key per subject
of a stream, a key per day for quarantined bytes, and the key of the blind index. A key is durable
before the row that needs it commits; a key that is destroyed takes its values with it, so this file
is never in the same backup as the database, and its backups are kept at most 30 days.
Who can read this file and the database reads every personal value; who can delete it makes all of
them unreadable, but cannot change one unnoticed: commitments are in the entries.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from ledger.clock import Random, system_random
from ledger.errors import UnavailableError
from ledger.store.outage import file_reason
from ledger.store.sql import load

KEY_SIZE_BYTES: Final = 32
WAIT_S: Final = 30  # For another process that writes; a write takes milliseconds.
BLIND_INDEX: Final = "blind-index"


class Subject(NamedTuple):
    """Whom a value is about, in one matter: the owner of a data key."""

    log: str
    stream_id: str
    subject_id: str


class KeyStore:
    """Keys by subject, by day and by name; usable from several threads and processes.

    Args:
        path: The SQLite file; made, with mode 0600, if it is not there.
        random: Source of new keys.

    Raises:
        UnavailableError: The file cannot be opened or is locked for too long; from every method.
    """

    def __init__(self, path: Path, random: Random = system_random) -> None:
        self._random = random
        self._lock = threading.Lock()  # One connection; SQLite's own locks are for processes.
        self._queries = load("ledger.store", "key_store.sql")
        with _translated():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
            )
            # FULL: a commit has reached the disk when it returns, log file included.
            # secure_delete: a destroyed key is overwritten, not only forgotten.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {pragma}").fetchone()
            for name in ("create_data_keys", "create_day_keys", "create_named_keys"):
                self._connection.execute(self._queries[name])

    def data_keys(self, subjects: Sequence[Subject]) -> dict[Subject, bytes]:
        """Return the data key of each subject, made and durable where there was none."""
        with self._lock, _translated():
            found = self._find_data_keys(subjects)
            missing = [subject for subject in dict.fromkeys(subjects) if subject not in found]
            if missing:
                fresh = [(*subject, self._random(KEY_SIZE_BYTES)) for subject in missing]
                with self._writing():
                    self._connection.executemany(self._queries["insert_data_key"], fresh)
                # Another owner of this log may have been first: what is stored is the key.
                found |= self._find_data_keys(missing)
        return found

    def find_data_keys(self, subjects: Sequence[Subject]) -> dict[Subject, bytes]:
        """Return the data keys that exist; a destroyed one is not made again."""
        with self._lock, _translated():
            return self._find_data_keys(subjects)

    def day_key(self, day: int) -> bytes:
        """Return the quarantine key of a day (days since 1970), made where there was none."""
        return self._named("select_day_key", "insert_day_key", day)

    def find_day_key(self, day: int) -> bytes | None:
        """Return the quarantine key of a day, or None once it has been destroyed."""
        with self._lock, _translated():
            return self._first("select_day_key", day)

    def destroy_day_keys(self, before_day: int) -> int:
        """Destroy the keys of all days before ``before_day``; return how many there were."""
        with self._lock, _translated():
            with self._writing():
                query = self._queries["delete_day_keys"]
                count = self._connection.execute(query, (before_day,)).rowcount
            # The write-ahead log still holds the pages as they were: empty it too.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return count

    def blind_index_key(self) -> bytes:
        """Return the key of the blind index, made where there was none."""
        return self._named("select_named_key", "insert_named_key", BLIND_INDEX)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _find_data_keys(self, subjects: Sequence[Subject]) -> dict[Subject, bytes]:
        query = self._queries["select_data_key"]
        execute = self._connection.execute
        rows = (
            (subject, execute(query, subject).fetchone()) for subject in dict.fromkeys(subjects)
        )
        return {subject: bytes(row[0]) for subject, row in rows if row is not None}

    def _named(self, select: str, insert: str, name: int | str) -> bytes:
        with self._lock, _translated():
            if (key := self._first(select, name)) is None:
                with self._writing():
                    fresh = self._random(KEY_SIZE_BYTES)
                    self._connection.execute(self._queries[insert], (name, fresh))
                key = self._first(select, name)
        assert key is not None
        return key

    def _first(self, select: str, name: int | str) -> bytes | None:
        row = self._connection.execute(self._queries[select], (name,)).fetchone()
        return None if row is None else bytes(row[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold SQLite's write lock; on leaving, what was written is on the disk."""
        self._connection.execute("BEGIN IMMEDIATE")
        ending = "ROLLBACK"
        try:
            yield
            ending = "COMMIT"
        finally:
            self._connection.execute(ending)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"the key store is away: {file_reason(error)}") from error
    except sqlite3.Error as error:
        # The name of a result code, such as SQLITE_FULL, SQLITE_READONLY, SQLITE_BUSY.
        kind = getattr(error, "sqlite_errorname", type(error).__name__)
        raise UnavailableError(f"the key store is away: {kind}") from error
