"""A log in PostgreSQL whose entries a ``LogBuilder`` makes: real acts, real links, real tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from ledger.chain.act import decode_act
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import decode_entry
from ledger.chain.links import stream_link
from ledger.chain.tree import EMPTY_ROOT, leaf_hash
from ledger.domain.rows import EntryRow, QuarantineItem, VaultOpening
from ledger.store.environment import open_recorder
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import create_log_tables
from ledger.store.promise import Commit
from ledger.store.tile_store import TileStore
from tests.support.logs import LogBuilder, case_acts
from tests.support.postgres import TestServer


class StoredLog:
    """One log, its tables and its recorder; close it.

    Args:
        url: Database with all migrations.
        log: ``control`` or a number.
        builder: Where the entries come from; its own if none is given.
    """

    def __init__(
        self,
        url: str,
        log: str = "0",
        builder: LogBuilder | None = None,
        key_store: KeyStore | None = None,
    ) -> None:
        self.url = url
        self.log = log
        name = log if log == "control" else f"log/{log}"
        self.builder = builder or LogBuilder(name)
        with psycopg.connect(url) as connection:
            create_log_tables(connection, log, self.builder.origin, self.builder.profile)
        self.recorder = open_recorder(url, log, key_store)
        self.number = 1

    def close(self) -> None:
        """Close the connections."""
        self.recorder.datastore.close()

    def copy_database(self, server: TestServer, database: str) -> str:
        """Return a copy of the log's database as it is now; needs all sessions to end first."""
        server.disconnect(database)
        copy = server.create(database)
        self.recorder.datastore.pool.check()
        return copy

    def grow(self, count: int, streams: int = 7, payload_bytes: int = 60) -> None:
        """Let the builder make more entries, not yet stored."""
        for act in case_acts(count, streams, payload_bytes, self.number):
            self.builder.submit([act])
        self.number += count

    def commit(
        self,
        upto: int | None = None,
        *,
        tracking: Mapping[str, int] | None = None,
        refusals: Mapping[bytes, int] | None = None,
        openings: Sequence[VaultOpening] = (),
        quarantine: Sequence[QuarantineItem] = (),
    ) -> Commit:
        """Store the builder's entries that are not stored yet, up to a size, in one commit."""
        with self.recorder.transaction() as tx:
            size = tx.head.tree_size
            rows = [self.row(index) for index in range(size, upto or len(self.builder.entries))]
            frontier = tx.frontier()
            nodes = frontier.extend([row.leaf for row in rows])
            newest = decode_entry(self.builder.entries[size + len(rows) - 1])
            tx.write(
                rows,
                nodes,
                root=frontier.root(),
                received_at=newest.received_at,
                control_size=newest.control_size,
                tracking=tracking or {},
                refusals=refusals or {},
                openings=openings,
                quarantine=quarantine,
            )
        return Commit(
            [row.state for row in rows],
            [row.leaf for row in rows],
            tx.head.tree_size,
            tx.head.root,
            tx.head.control_size,
        )

    def row(self, index: int) -> EntryRow:
        """Return an entry of the builder as a row."""
        state = self.builder.entries[index]
        entry = decode_entry(state)
        act = decode_act(entry.act)
        return EntryRow(
            entry.stream_id,
            entry.stream_version,
            f"{act.event_type}.v{act.schema_version}",
            state,
            index,
            stream_link(state, self.builder.profile),
            leaf_hash(state),
            act.event_id,
            entry.received_at,
        )

    def first_promise(self, store: TileStore) -> None:
        """Write the empty promise of a new log."""
        empty = Checkpoint(self.builder.origin, 0, EMPTY_ROOT)
        store.create_promise(self.log, sign_checkpoint(empty, [self.builder.signer]))
