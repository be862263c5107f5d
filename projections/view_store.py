"""A view in PostgreSQL: its tables, how far it has read, its digest.

Read before: ``fresh_tables``. Read next: ``consumers/project.py``, which drives it.

One transaction holds rows, tracking and digest, so a batch is taken in once or not at all. The
row of ``views.digests`` is locked first: a view has one writer at a time, whoever else runs.
A changed ``code_version`` is a rebuild, so tables of views have no migrations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, IsolationLevel

from ledger.chain.digests import parse_view_digest
from ledger.domain.projection import ControlReader, EntryView, Part
from ledger.errors import UnavailableError
from projections.definition import ViewDefinition
from projections.digest import format_digest
from projections.fresh_tables import FreshTables, PartTables, create_fresh_tables
from projections.postgres_rows import PostgresRows
from projections.tracking import LIVE, SQL, read_sizes, save_digest, save_size, translated


class PostgresView:
    """A view and its connection (autocommit); satisfies ``ledger.domain``'s ``Projection``."""

    def __init__(self, definition: ViewDefinition, connection: Connection[Any]) -> None:
        self.definition = definition
        self.name = definition.name
        self.event_types = definition.event_types
        self._connection = connection
        self._rows = PostgresRows(connection, definition.tables, LIVE)
        self._left: tuple[str, dict[str, int]] | None = None  # Digest and sizes, as we left them.

    @property
    def is_current(self) -> bool:
        """Whether its tables exist and were made by this version of its code."""
        with translated():
            found = self._connection.execute(SQL["select_digest"], (self.name,)).fetchone()
        return found is not None and found[0] == self.definition.code_version

    @contextmanager
    def batch(self) -> Iterator[LiveBatch]:
        """Open one transaction on the live tables.

        Raises:
            UnavailableError: The database is away, or another version of the code made the view.
        """
        left = None
        try:
            with translated(), self._connection.transaction():
                batch = self._locked_batch()
                yield batch
                batch.save()
            # Committed: rows, tracking and digest are durable together.
            left = (batch.digest_text, dict(batch.sizes))
            self._rows.evict()
        finally:
            if left is None:  # Given up: what is in memory is not what is in the tables.
                self._rows.forget()
            self._left = left

    @contextmanager
    def fresh(self, *, snapshot: bool, parts: Sequence[Part] = ()) -> Iterator[FreshTables]:
        """Open one transaction on tables beside the live ones.

        Args:
            snapshot: See the live view as it is now until the end, for a comparison; without it
                the live view may be locked and replaced.
            parts: What replays have put into prepared tables; without any the tables are new.
        """
        level = IsolationLevel.REPEATABLE_READ if snapshot else IsolationLevel.READ_COMMITTED
        with translated():
            self._connection.isolation_level = level
            try:
                with self._connection.transaction(force_rollback=snapshot):
                    yield FreshTables(self.definition, self._connection, parts)
            finally:
                self._connection.isolation_level = None
                self._rows.forget()
                self._left = None

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Have empty tables that others can see and fill; one rebuild of a view at a time."""
        with translated():
            self._connection.execute(SQL["lock_rebuild"], (self.name,))
            try:
                with self._connection.transaction():
                    create_fresh_tables(self.definition, self._connection)
                yield
            finally:
                self._connection.execute(SQL["unlock_rebuild"], (self.name,))

    @contextmanager
    def part(self) -> Iterator[PartTables]:
        """Open one transaction on the prepared tables."""
        with translated(), self._connection.transaction():
            yield PartTables(self.definition, self._connection)

    def _locked_batch(self) -> LiveBatch:
        # A commit that a crash of the server takes back is taken in again: tracking goes with it.
        self._connection.execute("SET LOCAL synchronous_commit TO off")
        found = self._connection.execute(SQL["lock_digest"], (self.name,)).fetchone()
        if found is None or found[0] != self.definition.code_version:
            raise UnavailableError(f"view {self.name} was made by other code; rebuild it")
        sizes = read_sizes(self._connection, self.name)
        if (found[1], sizes) != self._left:
            self._rows.forget()  # Somebody else wrote since; what we remember may be old.
        return LiveBatch(self.definition, self._connection, self._rows, sizes, found[1])


class LiveBatch:
    """One transaction on the live tables."""

    def __init__(
        self,
        definition: ViewDefinition,
        connection: Connection[Any],
        rows: PostgresRows,
        sizes: Mapping[str, int],
        digest_text: str,
    ) -> None:
        self.sizes = dict(sizes)
        self.digest_text = digest_text
        self._definition = definition
        self._connection = connection
        self._rows = rows
        self._moved: set[str] = set()

    def apply(self, entries: Sequence[EntryView], facts: ControlReader) -> None:
        """Take in entries of subscribed types, ascending within each log."""
        self._rows.load({(entry.log, entry.entry.stream_id) for entry in entries})
        process, rows = self._definition.process, self._rows
        for entry in entries:
            process(entry, facts, rows)

    def reached(self, log: str, size: int) -> None:
        """Note that all entries of ``log`` below ``size`` were taken in or passed over."""
        assert size >= self.sizes.get(log, 0)
        self.sizes[log] = size
        self._moved.add(log)

    def save(self) -> None:
        """Write rows, tracking and digest into the transaction."""
        self.digest_text = format_digest(self._rows.flush(parse_view_digest(self.digest_text)))
        for log in sorted(self._moved):
            save_size(self._connection, self._definition, log, self.sizes[log])
        save_digest(self._connection, self._definition, self.digest_text)
