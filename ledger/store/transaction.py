"""One append: everything is read under the lock of the log's head row, and written in one commit.

Read before: ``ledger/application.py``. Read next: ``ledger/store/recorder.py``.

Whoever holds the head decides alone: stream versions, known ids and offsets read here cannot
change before the commit. Entries go in by binary COPY; nothing is read back. Trusts its caller for
the bytes of a row (links and leaves are recomputed by every verifier) and asserts only that they
are dense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import tuple_row

from ledger.chain.compiled import IS_COMPILED, packing
from ledger.chain.proofs import NodeReader
from ledger.chain.tree import Frontier, frontier_coordinates
from ledger.domain.rows import EntryRow, Head, Node, QuarantineItem, StreamHead, VaultOpening
from ledger.errors import IncompleteError, RootMismatchError, VerificationError
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import LogTables
from ledger.store.quarantine import write_quarantine
from ledger.store.sql import load
from ledger.store.uuid_array import UuidArray
from ledger.store.vault import write_openings

Queries = Mapping[str, LiteralString]

# Types by column, because COPY BINARY casts nothing. A uuid goes as the 16 bytes that it is.
# The library numbers notifications from 1, a row its leaves from 0: ``next``.
_EVENT_TYPES = ["text", "int8", "text", "bytea", "next", "bytea", "bytea", "bytea", "int8"]
_KINDS = {"text": ord("t"), "bytea": ord("b"), "int8": ord("q"), "int2": ord("h"), "next": ord("n")}
_NODE_TYPES = ["int2", "int8", "bytea"]
_REFUSAL_TYPES = ["bytea", "int8"]


def log_queries(log: str) -> Queries:
    """Return the statements of ``queries.sql`` with a log's table names, as texts made once."""
    tables = LogTables.of(log)
    texts = load("ledger.store", "queries.sql")
    return {name: (tables.compose(text).as_string()) for name, text in texts.items()}


def node_reader(connection: Connection[Any], queries: Queries) -> NodeReader:
    """Return a reader of node hashes: one statement, however many are asked for."""

    def read(coordinates: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        inner = [(level, index) for level, index in coordinates if level]
        values = {
            "levels": [level for level, _ in inner],
            "indexes": [index for _, index in inner],
            "leaves": [index + 1 for level, index in coordinates if not level],
        }
        cursor = connection.cursor(binary=True, row_factory=tuple_row)
        rows = cursor.execute(queries["select_nodes"], values, prepare=True).fetchall()
        if len(rows) != len(set(coordinates)):
            raise VerificationError("nodes of the tree are missing")
        return {(level, index): node for level, index, node in rows}

    return read


def read_frontier(read: NodeReader, size: int, root: bytes) -> Frontier:
    """Return the frontier of a tree from its stored nodes.

    Raises:
        RootMismatchError: They do not hash to ``root``.
    """
    coordinates = frontier_coordinates(size)
    nodes = read(coordinates) if coordinates else {}
    frontier = Frontier(size, [nodes[coordinate] for coordinate in coordinates])
    if (found := frontier.root()) != root:
        raise RootMismatchError(size, expected=root, found=found)
    return frontier


class LogTransaction:
    """What an append may ask and write while it holds the head of its log.

    Made by ``LedgerRecorder.transaction()``; leaving that block commits, an exception rolls back.
    """

    def __init__(
        self,
        connection: Connection[Any],
        queries: Queries,
        log: str,
        key_store: KeyStore | None = None,
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._keys = key_store
        self._cursor = connection.cursor(binary=True, row_factory=tuple_row)
        # The lock: protects the dense leaf index, and with it every read of this transaction,
        # against a second owner of the same log.
        row = self._one("lock_head", log=log)
        if row is None:
            raise VerificationError(f"log {log} has no head")
        self.log = log
        self.head = Head(*row[:6])
        self.origin: str = row[6]
        self.profile: str = row[7]

    def tracking(self, name: str) -> int | None:
        """Return the last consumed offset under a tracking name, or None."""
        row = self._one("select_tracking", name=name)
        return None if row is None else row[0]

    def promised_size(self, log: str) -> int:
        """Return how much of a log, the control log for one, is promised now."""
        return int(dict(self._all("select_promised"))[log])

    def known_events(self, ids: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """Return leaf index and entry of those event ids that the log has."""
        rows = self._all("select_known", ids=UuidArray.of(ids))
        return {event_id.bytes: (index, state) for event_id, index, state in rows}

    def refusals(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """Return, for those event ids that a gate refused, the leaf index of the refusal."""
        rows = self._all("select_refusals", ids=UuidArray.of(ids))
        return {event_id.bytes: index for event_id, index in rows}

    def stream_heads(self, stream_ids: Sequence[str]) -> dict[str, StreamHead]:
        """Return the head of each stream that has an entry."""
        rows = self._all("select_stream_heads", ids=list(dict.fromkeys(stream_ids)))
        return {stream_id: StreamHead(version, link) for stream_id, version, link in rows}

    def entry(self, index: int) -> bytes:
        """Return one entry. Raises IncompleteError where there is none."""
        row = self._one("select_entry", index=index)
        if row is None:
            raise IncompleteError(f"log {self.log}: the database has no entry {index}")
        return bytes(row[0])

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return all entries of a stream in order."""
        return [row[0] for row in self._all("select_stream_entries", stream_id=stream_id)]

    def streams_entries(self, stream_ids: Sequence[str]) -> dict[str, list[bytes]]:
        """Return all entries of each of these streams in order, asked for once."""
        found: dict[str, list[bytes]] = {stream_id: [] for stream_id in stream_ids}
        for stream_id, state in self._all("select_streams_entries", ids=list(found)):
            found[stream_id].append(state)
        return found

    def opened_events(self, ids: Sequence[bytes]) -> set[bytes]:
        """Return those event ids of which the vault holds openings; erased ones count as held."""
        query = load("ledger.store", "vault.sql")["select_opened"]
        values = {"log": self.log, "event_ids": UuidArray.of(ids)}
        rows = self._cursor.execute(query, values, prepare=True).fetchall()
        return {event_id.bytes for (event_id,) in rows}

    def frontier(self) -> Frontier:
        """Return the frontier at the head, from stored nodes. Raises RootMismatchError."""
        read = node_reader(self._connection, self._queries)
        return read_frontier(read, self.head.tree_size, self.head.root)

    def write(
        self,
        rows: Sequence[EntryRow],
        nodes: Sequence[Node],
        *,
        root: bytes,
        received_at: int,
        control_size: int,
        tracking: Mapping[str, int],
        refusals: Mapping[bytes, int],
        openings: Sequence[VaultOpening],
        quarantine: Sequence[QuarantineItem],
    ) -> None:
        """Write entries with all that belongs to them; durable when the transaction commits.

        Args:
            rows: New entries, leaf index dense from the head on; may be empty.
            nodes: The interior nodes that they complete.
            root: Root of the tree with them, 32 bytes.
            received_at: Of the newest entry, microseconds UTC; never below the head's.
            control_size: Of the newest entry; never below the head's.
            tracking: Newly consumed offsets by tracking name, each above the one before.
            refusals: Event ids refused by a gate, with the leaf index of the refusing entry.
            openings: Verified openings of these entries, or of known ones that had none.
            quarantine: Refused records.

        Raises:
            VerificationError: A tracking row is not below its new offset: the caller did not drop
                what had been consumed before.
        """
        self._check(rows, received_at, control_size)
        self._write_vault(openings, quarantine)
        self._copy("copy_events", _EVENT_TYPES, rows)
        self._copy("copy_nodes", _NODE_TYPES, nodes)
        self._copy("copy_refusals", _REFUSAL_TYPES, list(refusals.items()))
        self._write_tracking(tracking)
        size = self.head.tree_size + len(rows)
        self.head = self.head._replace(
            tree_size=size, root=root, received_at=received_at, control_size=control_size
        )
        self._cursor.execute(
            self._queries["update_head"], {"log": self.log, **self.head._asdict()}, prepare=True
        )

    def _check(self, rows: Sequence[EntryRow], received_at: int, control_size: int) -> None:
        """Assert what the next owner of the head relies on."""
        if rows:
            assert rows[0].leaf_index == self.head.tree_size
            assert rows[-1].leaf_index == self.head.tree_size + len(rows) - 1
        assert received_at >= self.head.received_at
        assert control_size >= self.head.control_size

    def _write_vault(
        self, openings: Sequence[VaultOpening], quarantine: Sequence[QuarantineItem]
    ) -> None:
        if openings:
            assert self._keys is not None
            write_openings(self._cursor, self._keys, self.log, openings)
        if quarantine:
            assert self._keys is not None
            write_quarantine(self._cursor, self._keys, self.log, self.head.now, quarantine)

    def _copy(self, query: str, types: list[str], rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        with self._cursor.copy(self._queries[query]) as copy:
            if IS_COMPILED:
                copy.write(packing.pack_rows(rows, bytes(_KINDS[name] for name in types)))
                return
            copy.set_types(["int8" if name == "next" else name for name in types])
            for row in rows:
                fields = zip(types, row, strict=True)
                copy.write_row([it + 1 if name == "next" else it for name, it in fields])

    def _write_tracking(self, tracking: Mapping[str, int]) -> None:
        if not tracking:
            return
        values = {"names": list(tracking), "offsets": list(tracking.values())}
        self._cursor.execute(self._queries["raise_tracking"], values, prepare=True)
        if self._cursor.rowcount != len(tracking):
            raise VerificationError("records were to be consumed a second time")

    def _one(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        return self._cursor.execute(self._queries[query], values, prepare=True).fetchone()

    def _all(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._cursor.execute(self._queries[query], values, prepare=True).fetchall()
