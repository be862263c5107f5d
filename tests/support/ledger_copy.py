"""A small ledger of several logs, entry by entry, for whoever reads entries.

Entries are built by the functions of ``ledger.chain``; what is not said about an act or a payload
is filled in from its schema. ``MemorySource`` hands them out as projections read them, ``store``
puts the same entries into the event store.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg

from ledger.chain.act import Act, Actor, decode_act, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.entry import Entry, decode_entry, encode_entry
from ledger.chain.ids import uuid7
from ledger.chain.links import INTERNATIONAL, ZERO_LINK, stream_link
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.tree import leaf_hash
from ledger.domain.projection import CONTROL_LOG, EntryRange, StoredEntry
from ledger.domain.rows import EntryRow
from ledger.store.environment import open_datastore
from ledger.store.log_tables import create_log_tables, origin_of
from ledger.store.recorder import LedgerRecorder
from schemas.loader import event_schemas, schema_text
from schemas.sample import sample

LEDGER = "copy.example"
OPERATOR = "12430000FCT000011R"
AGENCY = "11430100FCT000022L"
OTHER_AGENCY = "11430100FCT000030F"
START = 1_793_534_400_000_000  # Microseconds: 2026-11-01 in UTC.
SECOND = 1_000_000


BASE_SCHEMAS = ("Act.avsc", "Entry.avsc", "LedgerCreated.v1.avsc", "SchemaPublished.v1.avsc")
PLATFORM = Signer(f"platform.{LEDGER}", bytes(32))
SCHEMAS = event_schemas()
FINGERPRINTS = {pair: fingerprint(text) for pair, text in SCHEMAS.items()}


@cache
def codec_of(event_type: str, version: int = 1) -> Codec:
    """Return the codec of an event type, from the project's own schemas."""
    return compile_codec(SCHEMAS[event_type, version])


class LedgerCopy:
    """The entries of a ledger; each log by its name."""

    def __init__(
        self, case_logs: int = 2, *, schemas: Collection[str] | None = None, start: int = START
    ) -> None:
        """Bring a ledger into the world, with the schemas of these event types or of all."""
        self.logs: dict[str, list[bytes]] = {CONTROL_LOG: []}
        self.logs |= {str(number): [] for number in range(case_logs)}
        self._streams: dict[tuple[str, str], list[bytes]] = {}
        self._count = 0
        self.now = start
        self.submission = b""  # Of the entries to come.
        for log in self.logs:
            self._born(log, case_logs)
        for (event_type, version), text in SCHEMAS.items():
            if schemas is None or event_type in schemas:
                self.publish_schema(event_type, version, text)

    def _born(self, log: str, case_logs: int) -> None:
        payload = sample(
            "LedgerCreated",
            ledger=LEDGER,
            operator=OPERATOR,
            origin=origin_of(LEDGER, log),
            caseLogs=case_logs,
            formatVersion=1,
            synthetic=True,
            vkeys=[Signer(origin_of(LEDGER, name), bytes(32)).vkey for name in self.logs],
            platformVkey=PLATFORM.vkey,
            schemas=[{"file": file, "text": schema_text(file)} for file in BASE_SCHEMAS],
        )
        self.add("LedgerCreated", payload, stream="ledger", log=log, aggregate_type="Ledger")

    def publish_schema(self, event_type: str, version: int, text: str) -> bytes:
        """Publish a schema in the control log."""
        payload = {
            "subject": event_type,
            "version": version,
            "text": text,
            "textHash": text_hash(text),
            "fingerprint": fingerprint(text),
        }
        return self.add("SchemaPublished", payload, stream=f"schema:{event_type}")

    def add(
        self,
        event_type: str,
        payload: Mapping[str, Any],
        *,
        stream: str,
        log: str = CONTROL_LOG,
        aggregate: str | None = None,
        occurred_at: int | None = None,
        control_size: int | None = None,
        version: int = 1,
        opened: int = 0,
        **fields: Any,
    ) -> bytes:
        """Append an act; return its event id."""
        self._count += 1
        self.now += SECOND
        event_id = uuid7(self.now // 1000, self._count.to_bytes(10, "big"))
        values: dict[str, Any] = {
            "event_id": event_id,
            "event_type": event_type,
            "schema_version": version,
            "payload_schema": FINGERPRINTS[event_type, version],
            "stream_key": stream,
            "aggregate_type": "Case",
            "aggregate_id": aggregate or stream,
            "expected_version": None,
            "agency_id": AGENCY,
            "delegate_id": None,
            "emitter_id": "agy.example",
            "emitter_seq": self._count,
            "actors": (Actor("officer:1", "18010017", "HANDLER"),),
            "occurred_at": occurred_at or self.now,
            "recorded_at": occurred_at or self.now,
            "late_entry": None,
            "correlation_id": None,
            "causation_id": None,
            "case_id": stream if stream.startswith("case:") else None,
            "item_code": None,
            "payload": codec_of(event_type, version).encode(dict(payload)),
        }
        self._append(log, stream, Act(**(values | fields)), control_size, opened)
        return event_id

    def id_after(self, count: int = 0) -> bytes:
        """Return the event id of the act that follows after so many others."""
        number = self._count + count + 1
        return uuid7((self.now + (count + 1) * SECOND) // 1000, number.to_bytes(10, "big"))

    def leave_out(self) -> bytes:
        """Let time pass as if an act came; return the event id that it would have had."""
        event_id = self.id_after()
        self.now += SECOND
        self._count += 1
        return event_id

    def append(self, value: bytes, log: str, opened: int = 0) -> None:
        """Append an act that somebody else has built."""
        act = decode_act(value)
        self.now = max(self.now + SECOND, act.occurred_at)
        self._append(log, act.stream_key, act, None, opened)

    def stream(self, log: str, stream_id: str) -> list[bytes]:
        """Return the entries of a stream in order."""
        return list(self._streams.get((log, stream_id), ()))

    def _append(
        self, log: str, stream: str, act: Act, control_size: int | None, opened: int
    ) -> None:
        entries = self.logs[log]
        before = self._streams.setdefault((log, stream), [])
        link = stream_link(before[-1], INTERNATIONAL) if before else ZERO_LINK
        size = len(self.logs[CONTROL_LOG]) if control_size is None else control_size
        entry = Entry(
            leaf_index=len(entries),
            stream_id=stream,
            stream_version=len(before) + 1,
            stream_link=link,
            received_at=self.now,
            control_size=len(entries) if log == CONTROL_LOG else size,
            opened=opened,
            source=None,
            submission=self.submission,
            act=encode_act(act),
        )
        data = encode_entry(entry)
        entries.append(data)
        before.append(data)

    def store(self, url: str) -> None:
        """Put all entries into the event store of an empty, migrated database, promised."""
        with psycopg.connect(url, autocommit=True) as connection:
            for log in self.logs:
                create_log_tables(connection, log, origin_of(LEDGER, log), INTERNATIONAL)
        datastore = open_datastore(url)
        try:
            for log, entries in self.logs.items():
                recorder = LedgerRecorder.for_log(datastore, log)
                with recorder.transaction() as transaction:
                    frontier = transaction.frontier()
                    rows = [entry_row(data) for data in entries]
                    nodes = frontier.extend([row.leaf for row in rows])
                    newest = decode_entry(entries[-1])
                    transaction.write(
                        rows,
                        nodes,
                        root=frontier.root(),
                        received_at=newest.received_at,
                        control_size=newest.control_size,
                        tracking={},
                        refusals={},
                        openings=(),
                        quarantine=(),
                    )
                recorder.set_promised(len(entries))
        finally:
            datastore.close()


def entry_row(data: bytes) -> EntryRow:
    """Return the row of an entry in its log's event table."""
    entry = decode_entry(data)
    act = decode_act(entry.act)
    topic = f"{act.event_type}.v{act.schema_version}"
    link = stream_link(data, INTERNATIONAL)
    return EntryRow(
        entry.stream_id,
        entry.stream_version,
        topic,
        data,
        entry.leaf_index,
        link,
        leaf_hash(data),
        act.event_id,
        entry.received_at,
    )


class MemorySource:
    """An ``EntrySource`` over entries in memory; ``visible`` limits what is promised yet."""

    def __init__(self, logs: Mapping[str, Sequence[bytes]]) -> None:
        self.logs = logs
        self.visible: dict[str, int] | None = None
        self.reads = 0

    def sizes(self) -> dict[str, int]:
        """Return how many entries of each log are promised."""
        return self._sizes()

    def _sizes(self) -> dict[str, int]:
        if self.visible is not None:
            return dict(self.visible)
        return {log: len(entries) for log, entries in self.logs.items()}

    def read(
        self, log: str, start: int, limit: int, event_types: Collection[str] | None
    ) -> EntryRange:
        """Return the entries from ``start`` on, of the given types or of all."""
        self.reads += 1
        end = min(start + limit, self._sizes()[log])
        entries = [StoredEntry(i, self.logs[log][i]) for i in range(start, end)]
        if event_types is not None:
            entries = [entry for entry in entries if _type_of(entry.data) in event_types]
        return EntryRange(entries, end)


def _type_of(data: bytes) -> str:
    return decode_act(decode_entry(data).act).event_type


def digest(text: str) -> str:
    """Return some digest that a text stands for."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def copied(logs: Mapping[str, Sequence[bytes]]) -> dict[str, list[bytes]]:
    """Return a copy that may be changed."""
    return {log: list(copy.copy(entries)) for log, entries in logs.items()}
