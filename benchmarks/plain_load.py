"""Acts without personal values, 700 bytes each, in submissions of 64, over 5,000 matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consumers.emitter.submission import UnsealedAct, build_items
from consumers.emitter.transport import act_record
from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.topic_writer import TopicWriter
from consumers.topics import ACTS
from ledger.chain.act import Act, Actor, decode_act, encode_act
from ledger.chain.avro import compile_codec
from ledger.chain.ids import uuid7
from ledger.chain.note_keys import Signer
from ledger.chain.partition import partition_for
from ledger.chain.schema_text import fingerprint
from ledger.clock import FixedClock, SystemClock, system_random
from schemas.loader import event_schemas

EVENT_TYPE = "EvidenceSealed"
AGENCY = "11430100FCT000022L"
EMITTER = "agy.bench"
SUBMISSION_ACTS = 64
STREAMS = 5_000
TOKEN_BYTES = 150  # A part of a time stamp: brings the act to 700 bytes.
PIECE_ACTS = 1_024


class PlainLoad:
    """Makes acts that differ in nothing but ids, hashes and numbers."""

    def __init__(self, ledger: str, case_logs: int) -> None:
        self.signer = Signer(EMITTER, system_random(32))
        self._ledger = ledger
        text = event_schemas()[EVENT_TYPE, 1]
        self._codec = compile_codec(text)
        self._schema = fingerprint(text)
        self._streams: list[list[str]] = [[] for _ in range(case_logs)]
        for number in range(STREAMS * case_logs):
            key = f"case:00000000-0000-7000-8000-{number:012d}"
            self._streams[partition_for(key.encode(), case_logs)].append(key)
        self._next = 0

    def records(self, count: int, partition: int) -> Iterator[list[OutRecord]]:
        """Yield the records of ``count`` new acts for one case log, a submission at a time."""
        now = SystemClock().now_micros()
        clock = FixedClock(now)
        for start in range(0, count, SUBMISSION_ACTS):
            size = min(SUBMISSION_ACTS, count - start)
            acts = [self._act(now, partition) for _ in range(size)]
            items = build_items(self._ledger, acts, [self.signer], None, clock, system_random)
            yield [act_record(item, decode_act(item.act), ACTS) for item in items]

    def _act(self, now: int, partition: int) -> UnsealedAct:
        self._next += 1
        streams = self._streams[partition]
        stream = streams[self._next % len(streams)]
        digest = f"sha256:{self._next:064x}"
        payload = {
            "fileHash": digest,
            "sha256": digest,
            "size": 3_211_817,
            "storageUri": f"store:{digest[7:9]}/{digest[9:11]}/{digest[7:]}",
            "replicas": 2,
            "tsaToken": system_random(TOKEN_BYTES),
        }
        act = Act(
            uuid7(now // 1_000, system_random(10)),
            EVENT_TYPE,
            1,
            self._schema,
            stream,
            "Evidence",
            f"evidence:{self._next:032x}",
            None,
            AGENCY,
            None,
            EMITTER,
            self._next,
            (Actor("officer:430200-0405", "18040005", "HANDLER"),),
            now,
            now,
            None,
            None,
            None,
            stream,
            "HN-YJ-01",
            self._codec.encode(payload),
        )
        return UnsealedAct(stream, encode_act(act))


class Feeder:
    """Writes records to one partition of the acts topic."""

    def __init__(self, kafka: KafkaAddress, partition: int) -> None:
        self._admin = open_admin(kafka)
        self._writer = TopicWriter(self._admin, ACTS)
        self._partition = partition

    def feed(self, submissions: Iterator[list[OutRecord]]) -> int:
        """Write all records and return the offset of the first one."""
        first: int | None = None
        piece: list[OutRecord] = []
        for records in submissions:
            piece += records
            if len(piece) >= PIECE_ACTS:
                first = self._write(piece, first)
                piece = []
        if piece:
            first = self._write(piece, first)
        assert first is not None
        return first

    def _write(self, piece: Sequence[OutRecord], first: int | None) -> int:
        now_ms = SystemClock().now_micros() // 1_000
        offsets = self._writer.write({self._partition: piece}, now_ms)[self._partition]
        return offsets[0] if first is None else first

    def close(self) -> None:
        """Close the connection."""
        self._admin.close()
