"""Whole logs for tests and benchmarks, built in memory and written as a static copy.

Built from the same pure functions that the appender uses; what checks them is
``ledger.chain.verify`` and the golden vectors, not this file.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.entry import Source, entry_prefix
from ledger.chain.ids import ledger_event_id, uuid7
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint
from ledger.chain.submission import build_submission
from ledger.chain.tiles import bundle_path, encode_bundle, tile_path, tile_shapes
from ledger.chain.tree import leaf_hash, tree_root
from schemas.loader import schema_text
from tests.support.vectors import VECTORS

LEDGER = "ledger.example"
OPERATOR = "12430000FCT000011R"
AGENCY = "11430100FCT000022L"
EMITTER = "agy.changsha-market.example"
INCARNATION = "5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"
START = 1_793_534_400_000_000  # Microseconds: 2026-11-01 in UTC.
BASE_SCHEMAS = ("Act.avsc", "Entry.avsc", "LedgerCreated.v1.avsc", "SchemaPublished.v1.avsc")


def signer(name: str) -> Signer:
    """Return the signer of this name, always with the same seed."""
    return Signer(name, leaf_hash(name.encode()))


def avsc(name: str) -> str:
    """Return a schema's text from the vectors, their examples, or else from the product."""
    for path in (VECTORS / name, VECTORS / "examples" / name):
        if path.exists():
            return path.read_text(encoding="utf-8")
    return schema_text(name)


class Payload(NamedTuple):
    """A payload's schema, ready to write payloads."""

    codec: Codec
    schema_fingerprint: bytes


def payload_schema(event_type: str) -> Payload:
    """Return the codec and fingerprint of an event type's schema."""
    text = avsc(f"{event_type}.v1.avsc")
    return Payload(compile_codec(text), fingerprint(text))


def make_act(event_type: str, stream: str, payload: bytes, number: int, **fields: object) -> Act:
    """Return an act as an agency's system makes it; ``fields`` replaces its fields."""
    time = START + number * 1_000
    values: dict[str, object] = {
        "event_id": uuid7(time // 1_000, number.to_bytes(10, "big")),
        "event_type": event_type,
        "schema_version": 1,
        "payload_schema": bytes(8),
        "stream_key": stream,
        "aggregate_type": "Case",
        "aggregate_id": stream,
        "expected_version": None,
        "agency_id": AGENCY,
        "delegate_id": None,
        "emitter_id": EMITTER,
        "emitter_seq": number,
        "actors": (
            Actor("officer:430100-0017", "18010017", "HANDLER"),
            Actor("officer:430100-0023", None, "APPROVER"),
        ),
        "occurred_at": time,
        "recorded_at": time,
        "late_entry": None,
        "correlation_id": None,
        "causation_id": None,
        "case_id": stream if stream.startswith("case:") else None,
        "item_code": "430100-SC-0124",
        "payload": payload,
        **fields,
    }
    return Act(**values)  # type: ignore[arg-type]


class LogBuilder:
    """One log of a ledger, growing in memory."""

    def __init__(
        self, log: str = "log/0", profile: str = "international", case_logs: int = 1
    ) -> None:
        self.origin = f"{LEDGER}/{log}"
        self.signer = signer(self.origin)
        self.profile = profile
        self.entries: list[bytes] = []
        self.streams: dict[str, tuple[int, bytes]] = {}
        self.received_at = START
        self.control_size = 1
        self._batches = 0
        self._created(["control", *(f"log/{number}" for number in range(case_logs))])

    @property
    def is_control(self) -> bool:
        """Say whether this is the control log."""
        return self.origin.endswith("/control")

    def append(self, stream: str, act: bytes, submission: bytes = b"", **changes: object) -> int:
        """Append one act as the next entry; ``changes`` replaces fields of the entry."""
        index = len(self.entries)
        version, link = self.streams.get(stream, (0, ZERO_LINK))
        source = Source(INCARNATION, "enforcement.acts.v1", 0, index, self.received_at - 40_000)
        fields: dict[str, object] = {
            "leaf_index": index,
            "stream_id": stream,
            "stream_version": version + 1,
            "stream_link": link,
            "received_at": self.received_at,
            "control_size": index if self.is_control else self.control_size,
            "opened": 0,
            "source": source if submission else None,
            "submission": submission,
            "act_length": len(act),
            **changes,
        }
        entry = entry_prefix(**fields) + act  # type: ignore[arg-type]
        self.entries.append(entry)
        self.streams[stream] = (version + 1, stream_link(entry, self.profile))
        return index

    def submit(self, acts: Sequence[Act], signers: Sequence[Signer] = ()) -> list[int]:
        """Append a signed submission of acts of one emitter."""
        self._batches += 1
        values = [encode_act(act) for act in acts]
        keys = signers or [signer(acts[0].emitter_id)]
        batch = self._batches.to_bytes(16, "big")
        proofs = build_submission(LEDGER, acts[0].emitter_id, batch, values, keys)
        self.received_at += 1_000
        return [
            self.append(act.stream_key, value, proof)
            for act, value, proof in zip(acts, values, proofs, strict=True)
        ]

    def ledger_made(
        self, event_type: str, stream: str, payload: dict[str, object], /, **fields: object
    ) -> int:
        """Append an act of the log's own; ``fields`` replaces its fields."""
        schema = payload_schema(event_type)
        values: dict[str, object] = {
            "event_id": ledger_event_id(self.origin, len(self.entries), event_type),
            "payload_schema": schema.schema_fingerprint,
            "aggregate_type": "Ledger",
            "agency_id": OPERATOR,
            "emitter_id": self.origin,
            "emitter_seq": None,
            "actors": (),
            "occurred_at": self.received_at,
            "recorded_at": self.received_at,
            "case_id": None,
            "item_code": None,
        }
        data = schema.codec.encode(payload)
        act = make_act(event_type, stream, data, len(self.entries), **values)
        act = act._replace(**fields)  # type: ignore[arg-type]
        return self.append(stream, encode_act(act))

    def publish(self, event_type: str, stream: str, payload: dict[str, object]) -> int:
        """Append an act that the platform signs."""
        schema = payload_schema(event_type)
        act = make_act(
            event_type,
            stream,
            schema.codec.encode(payload),
            len(self.entries),
            payload_schema=schema.schema_fingerprint,
            agency_id=OPERATOR,
            emitter_id=f"platform.{LEDGER}",
            actors=(),
            item_code=None,
        )
        return self.submit([act])[0]

    def root(self) -> bytes:
        """Return the root over all entries."""
        return tree_root(leaf_hash(entry) for entry in self.entries)

    def checkpoint(self, size: int | None = None) -> bytes:
        """Return the signed checkpoint of the first ``size`` entries, of all by default."""
        kept = self.entries[:size]
        root = tree_root(leaf_hash(entry) for entry in kept)
        return sign_checkpoint(Checkpoint(self.origin, len(kept), root), [self.signer])

    def objects(self, size: int | None = None) -> dict[str, bytes]:
        """Return the tiles and bundles of the first ``size`` entries, by path."""
        kept = self.entries[:size]
        found: dict[str, bytes] = {}
        hashes = [leaf_hash(entry) for entry in kept]
        for level, shape in enumerate(tile_shapes(len(kept))):
            for n, width in [
                *((n, 256) for n in range(shape.full)),
                (shape.full, shape.partial_width),
            ]:
                if width:
                    part = slice(n * 256, n * 256 + width)
                    found[tile_path(level, n, width)] = b"".join(hashes[part])
                    if level == 0:
                        found[bundle_path(n, width)] = encode_bundle(kept[part])
            hashes = [tree_root(hashes[n * 256 : n * 256 + 256]) for n in range(shape.full)]
        return found

    def write(self, folder: Path, size: int | None = None) -> Path:
        """Write a static copy: checkpoint, tiles and bundles."""
        objects = {**self.objects(size), "checkpoint": self.checkpoint(size)}
        for path, data in objects.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder

    def _created(self, logs: list[str]) -> None:
        payload = {
            "ledger": LEDGER,
            "operator": OPERATOR,
            "origin": self.origin,
            "caseLogs": len(logs) - 1,
            "formatVersion": 1,
            "hashProfile": self.profile,
            "signatures": ["ed25519"],
            "clock": "system",
            "entries": "auditors",
            "synthetic": True,
            "vkeys": [signer(f"{LEDGER}/{log}").vkey for log in logs],
            "platformVkey": signer(f"platform.{LEDGER}").vkey,
            "schemas": [{"file": name, "text": avsc(name)} for name in BASE_SCHEMAS],
        }
        self.ledger_made("LedgerCreated", "ledger", payload)


def case_acts(
    count: int, streams: int, payload_bytes: int, first: int = 1, seed: int = 1
) -> list[Act]:
    """Return acts of cases, interleaved at random over ``streams`` streams."""
    draw = random.Random(seed + first)
    acts = []
    for number in range(first, first + count):
        stream = f"case:d17a197b-8b95-4701-a62b-{draw.randrange(streams):012x}"
        payload = draw.randbytes(payload_bytes)
        acts.append(make_act("CaseClosed", stream, payload, number))
    return acts
