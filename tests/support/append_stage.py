"""A small ledger on real PostgreSQL with real appenders; records come from the test, not Kafka."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from consumers.append.appender import Appender
from consumers.append.record import IncomingRecord
from consumers.receipts import Deliveries
from ledger.application import LogApplication
from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.commitments import Opening, commitment
from ledger.chain.ids import ledger_event_id
from ledger.chain.note_keys import Signer
from ledger.chain.outcomes import Outcome
from ledger.chain.partition import partition_for
from ledger.chain.schema_text import fingerprint
from ledger.chain.sealing import seal_key, seal_openings
from ledger.chain.submission import build_submission
from ledger.chain.tree import EMPTY_ROOT, leaf_hash
from ledger.store.environment import open_recorder
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import create_log_tables, origin_of
from ledger.store.promise import Commit, Promiser
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import FolderTileStore
from schemas.loader import event_schemas
from tests.support import control as control_data

CONTROL_TOPIC = "enforcement.control.v1"
ACTS_TOPIC = "enforcement.acts.v1"
INCARNATION = "5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"
TRANSPORT_KEY = bytes(range(32))
TRANSPORT_PUBLIC = X25519PrivateKey.from_private_bytes(TRANSPORT_KEY).public_key()
CONTENT_KEY = bytes(reversed(range(32)))
_CODECS: dict[tuple[str, int], tuple[Codec, bytes]] = {}


def payload_codec(event_type: str, version: int = 1) -> tuple[Codec, bytes]:
    """Return codec and fingerprint of a type."""
    pair = (event_type, version)
    if pair not in _CODECS:
        text = event_schemas()[pair]
        _CODECS[pair] = (compile_codec(text), fingerprint(text))
    return _CODECS[pair]


class Sealed(NamedTuple):
    """An act with its openings, not yet in a submission."""

    value: bytes
    act: Act
    openings: tuple[Opening, ...] = ()


def make(event_type: str, payload: Mapping[str, Any] | bytes, stream: str, **fields: Any) -> Sealed:
    """Return an act of a published type; ``fields`` replaces envelope fields."""
    codec, schema = payload_codec(event_type)
    body = payload if isinstance(payload, bytes) else codec.encode(payload)
    values = {"payload_schema": schema, "payload": body, **fields}
    act = control_data.make_act(event_type, stream, **values)
    return Sealed(encode_act(act), act)


def make_committed(
    event_type: str,
    payload: Mapping[str, Any],
    stream: str,
    values: Mapping[str, bytes],
    **fields: Any,
) -> Sealed:
    """Return an act whose commitments, set here, open to ``values`` (path to RFC 8785 JSON)."""
    act = make(event_type, payload, stream, **fields).act
    filled: Any = dict(payload)
    openings = []
    for path, value in sorted(values.items()):
        salt = leaf_hash(act.event_id + path.encode())
        place, *rest = path.split("/")[1:]
        digest = commitment(salt, act.event_id, path, value)
        if rest:
            filled[place] = {**filled[place], rest[0]: digest}
        else:
            filled[place] = digest
        openings.append(Opening(path, stream, salt, value))
    sealed = make(event_type, filled, stream, **{**fields, "event_id": act.event_id})
    return sealed._replace(openings=tuple(openings))


class Topic:
    """One partition of a topic: what was sent to it, in order."""

    def __init__(self, name: str, partition: int = 0, incarnation: str = INCARNATION) -> None:
        self.name = name
        self.partition = partition
        self.incarnation = incarnation
        self.records: list[IncomingRecord] = []

    def put(
        self,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> IncomingRecord:
        """Send one record."""
        offset = len(self.records)
        timestamp_ms = control_data.START // 1000 + offset
        record = IncomingRecord(
            self.name, self.partition, offset, timestamp_ms, key, value, list(headers)
        )
        self.records.append(record)
        return record

    def submit(
        self,
        acts: Sequence[Sealed],
        emitter: str = control_data.AGENCY_EMITTER,
        *,
        ledger: str = control_data.LEDGER,
        signers: Sequence[Signer] | None = None,
        sim_time: int | None = None,
        with_openings: bool = True,
    ) -> list[IncomingRecord]:
        """Sign, seal and send one submission."""
        values = [act.value for act in acts]
        batch = leaf_hash(b"".join(values))[:16]
        keys = signers or [control_data.signer(emitter)]
        proofs = build_submission(ledger, emitter, batch, values, keys)
        seal = seal_key(CONTENT_KEY, 1, TRANSPORT_PUBLIC.public_bytes_raw(), batch)
        records = []
        for act, proof in zip(acts, proofs, strict=True):
            headers: list[tuple[str, bytes | None]] = [("lz-proof", proof)]
            if act.openings and with_openings:
                sealed = seal_openings(
                    CONTENT_KEY, act.act.event_id, act.value, act.openings, proof[-20:-8]
                )
                headers += [("lz-seal", seal), ("lz-sealed", sealed)]
            if sim_time is not None:
                headers.append(("lz-sim-time", b"%d" % sim_time))
            records.append(self.put(act.act.stream_key.encode(), act.value, headers))
        return records


class Stage:
    """A ledger with a database, a tile store and an appender a log."""

    def __init__(self, url: str, folder: Path, *, case_logs: int = 1) -> None:
        """Use a database and a folder; ``found`` makes a ledger there."""
        self.url = url
        self.folder = folder
        self.logs = ["control", *map(str, range(case_logs))]
        self.store = FolderTileStore(folder / "tiles")
        self.keys = KeyStore(folder / "vault.sqlite")
        self.control_topic = Topic(CONTROL_TOPIC)
        self.topics = [Topic(ACTS_TOPIC, number) for number in range(case_logs)]
        self._open: list[LedgerRecorder] = []

    def found(self, clock: str = "system") -> None:
        """Write entry 0 of every log."""
        for log in self.logs:
            self._give_birth(log, len(self.topics), clock)

    def recorder(self, log: str) -> LedgerRecorder:
        """Return a recorder of a log with connections of its own."""
        recorder = open_recorder(self.url, log, self.keys)
        self._open.append(recorder)
        return recorder

    def signer(self, log: str) -> Signer:
        """Return the key of a log."""
        return control_data.signer(origin_of(control_data.LEDGER, log))

    def appender(self, log: str, **options: Any) -> Appender:
        """Return a new appender of a log; the caller closes it."""
        recorder = self.recorder(log)
        promiser = Promiser(recorder, self.store, [self.signer(log)])
        control = recorder if log == "control" else self.recorder("control")
        return Appender(recorder, control, promiser, {1: TRANSPORT_KEY}, **options)

    @contextmanager
    def running(self, log: str, **options: Any) -> Iterator[Appender]:
        """Lend an appender and close it."""
        appender = self.appender(log, **options)
        try:
            yield appender
        finally:
            appender.close()

    def publish_everything(self, *, emitters: bool = True, sim_time: int | None = None) -> None:
        """Publish schemas, rule set, calendar, catalogue and, if wanted, the emitters."""
        acts = [
            make(kind, payload, stream, event_id=control_data.event_id(f"{stream}/{kind}/{number}"))
            for number, (kind, stream, payload) in enumerate(published(emitters))
        ]
        platform = [replace(act, agency_id=control_data.OPERATOR, actors=()) for act in acts]
        for start in range(0, len(platform), 64):
            piece = platform[start : start + 64]
            self.control_topic.submit(piece, control_data.PLATFORM, sim_time=sim_time)
        with self.running("control") as appender:
            deliveries = run(appender, self.control_topic)
        refused = {item.problem.code for item in items(deliveries) if item.problem}
        assert not refused, refused
        assert len(items(deliveries)) == len(acts)

    def entries(self, log: str) -> list[bytes]:
        """Return all entries of a log."""
        recorder = self.recorder(log)
        return [data for _, data in recorder.read_entries(0, 1_000_000)]

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Run one statement as the owner of everything."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(text).fetchall()  # type: ignore[arg-type]

    def close(self) -> None:
        """Close every connection."""
        for recorder in self._open:
            recorder.datastore.close()

    def _give_birth(self, log: str, case_logs: int, clock: str) -> None:
        origin = origin_of(control_data.LEDGER, log)
        with psycopg.connect(self.url, autocommit=True) as connection:
            create_log_tables(connection, log, origin, "international")
        signer = self.signer(log)
        self.store.create_promise(log, sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), [signer]))
        payload = control_data.ledger_created(log, case_logs=case_logs, clock=clock)
        act = make(
            "LedgerCreated",
            payload,
            "ledger",
            event_id=ledger_event_id(origin, 0, "LedgerCreated"),
            aggregate_type="Ledger",
            agency_id=control_data.OPERATOR,
            emitter_id=origin,
            actors=(),
        )
        recorder = self.recorder(log)
        application = LogApplication("international")
        promiser = Promiser(recorder, self.store, [signer])
        promiser.start()
        with recorder.transaction() as tx:
            application.begin(tx)
            application.load_heads(tx, ["ledger"])
            application.append(
                "ledger",
                "LedgerCreated.v1",
                act.act.event_id,
                act.value,
                received_at=control_data.START,
                control_size=0 if log == "control" else 1,
                opened=0,
                source=None,
                submission=b"",
            )
            written = application.write(
                tx,
                control_size=0 if log == "control" else 1,
                tracking={},
                refusals={},
                openings=(),
                quarantine=(),
            )
        row = written.rows[0]
        head = written.head
        promiser.promise([Commit([row.state], [row.leaf], 1, head.root, head.control_size)])


def replace(sealed: Sealed, **fields: Any) -> Sealed:
    """Return an act with other envelope fields, sent by the platform unless said otherwise."""
    act = sealed.act._replace(**{"emitter_id": control_data.PLATFORM, **fields})
    return Sealed(encode_act(act), act, sealed.openings)


def published(emitters: bool) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield type, stream and payload of what a ledger publishes at its birth."""
    for (event_type, version), text in event_schemas().items():
        payload = control_data.schema_published(event_type, version, text)
        yield "SchemaPublished", f"schema:{event_type}", payload
    transport = {
        "keyId": 1,
        "suite": "0020-0001-0002",
        "publicKey": TRANSPORT_PUBLIC.public_bytes_raw(),
        "from": control_data.START,
        "to": control_data.START + 365 * control_data.DAY,
    }
    yield "VaultTransportKeyPublished", "platform:transport", transport
    yield from control_data.published_settings()
    if emitters:
        for payload in control_data.emitters():
            yield "EmitterRegistered", f"emitter:{payload['emitterId']}", payload


def run(appender: Appender, topic: Topic, batch: int = 2_000) -> Deliveries:
    """Let an appender read a topic to its end from where it is, and return what left."""
    name = f"kafka:{topic.incarnation}:{topic.name}:{topic.partition}"
    last = appender.last_offset(name)
    start = 0 if last is None else last + 1
    gathered = Deliveries((), ())
    for first in range(start, len(topic.records), batch):
        records = topic.records[first : first + batch]
        gathered = joined(gathered, appender.process(records, topic.incarnation))
    return joined(gathered, appender.drain())


def joined(first: Deliveries, second: Deliveries) -> Deliveries:
    """Return both in order."""
    return Deliveries([*first.receipts, *second.receipts], [*first.rejected, *second.rejected])


def items(deliveries: Deliveries) -> list[Outcome]:
    """Return all outcomes in order of their source."""
    found = [item for answer in deliveries.receipts for item in answer.outcomes.items]
    return sorted(found, key=lambda item: item.source.offset)


def partition_of(stream: str, case_logs: int) -> int:
    """Return the partition of a stream."""
    return partition_for(stream.encode(), case_logs)


__all__ = ["Actor", "Stage", "Topic", "items", "make", "make_committed", "run"]
