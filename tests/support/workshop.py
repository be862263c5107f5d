"""Acts and submissions made by hand for a running ledger, so that any part of them can be wrong.

Nothing here goes through the emitter SDK: bytes are put together from ``ledger.chain``, records are
sent with kafka-python's own producer, requests with the standard library.
"""

from __future__ import annotations

import io
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import fastavro
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from kafka import KafkaProducer

from consumers.incarnation import read_topic
from consumers.kafka_client import KafkaAddress, open_admin
from consumers.topics import ACTS, CONTROL
from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.canonical_text import read_base64
from ledger.chain.commitments import Opening, commitment
from ledger.chain.ids import uuid7
from ledger.chain.jcs import canonical_json
from ledger.chain.note_keys import Signer
from ledger.chain.partition import partition_for
from ledger.chain.schema_text import fingerprint
from ledger.chain.sealing import seal_key, seal_openings
from ledger.chain.submission import build_submission
from schemas.catalogue import load_catalogue
from schemas.loader import event_schemas, schema_text
from tests.support.running import OPENER, RunningLedger

AGENCY = "11430100FCT000022L"
OTHER_AGENCY = "11430100FCT000030F"
CONTENT_TYPE = "application/vnd.lianzheng.acts+avro"
SECOND = 1_000_000  # Microseconds.
ITEM_SCHEMA = fastavro.parse_schema(json.loads(schema_text("SubmissionItem.avsc")))


@dataclass(frozen=True)
class Parcel:
    """One record as it goes out.

    Attributes:
        key: Record key.
        value: The act's bytes, or what stands for them; None is a tombstone.
        proof: Header ``lz-proof``, None to leave it out.
        seal: Header ``lz-seal``. sealed: Header ``lz-sealed``. sim_time: ``lz-sim-time``.
        topic: Kafka topic. partition: Partition, None for the one of the key.
        more: Further headers; only Kafka can carry them.
    """

    key: bytes
    value: bytes | None
    proof: bytes | None
    seal: bytes | None = None
    sealed: bytes | None = None
    sim_time: int | None = None
    topic: str = ACTS
    partition: int | None = None
    more: tuple[tuple[str, bytes], ...] = ()

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the record's headers."""
        pairs = [("lz-proof", self.proof), ("lz-seal", self.seal), ("lz-sealed", self.sealed)]
        if self.sim_time is not None:
            pairs.append(("lz-sim-time", b"%d" % self.sim_time))
        return [(name, value) for name, value in pairs if value is not None] + list(self.more)

    def item(self) -> dict[str, Any]:
        """Return the item of an HTTP container."""
        return {
            "key": self.key.decode(),
            "act": self.value,
            "lzProof": self.proof or b"",
            "lzSeal": self.seal,
            "lzSealed": self.sealed,
            "lzSimTime": self.sim_time,
        }


class Office(NamedTuple):
    """An emitter with its key."""

    emitter_id: str
    signer: Signer
    agency: str


class Sent(NamedTuple):
    """Where a record landed: the first four parts of its source."""

    incarnation: str
    topic: str
    partition: int
    offset: int


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    kind: str
    document: Any
    headers: Mapping[str, str]


@cache
def codec_of(event_type: str) -> Codec:
    """Return the codec of version 1 of a type."""
    return compile_codec(event_schemas()[event_type, 1])


def now() -> int:
    """Return microseconds UTC."""
    return time.time_ns() // 1_000


def container(items: Sequence[Mapping[str, Any]], schema: Any = ITEM_SCHEMA) -> bytes:
    """Return an Avro object container, written by fastavro."""
    out = io.BytesIO()
    fastavro.writer(out, schema, items, codec="null")
    return out.getvalue()


class Workshop:
    """Makes acts for one running ledger, sends them by either road, and registers emitters."""

    def __init__(self, ledger: RunningLedger) -> None:
        self.ledger = ledger
        options = json.loads((ledger.data / "ledger.json").read_text())
        self.name: str = options["name"]
        self.case_logs: int = options["logs"]
        keys = ledger.data / "keys"
        signer = Signer.from_text((keys / "platform.key").read_text().strip())
        self.platform = Office(signer.name, signer, options["operator"])
        private = read_base64((keys / "transport-1.key").read_bytes().strip())
        self.transport_public = X25519PrivateKey.from_private_bytes(private).public_key()
        self.kafka = KafkaAddress(ledger.run["kafka"])
        self._producer = KafkaProducer(
            bootstrap_servers=self.kafka.servers.split(","),
            acks="all",
            max_in_flight_requests_per_connection=1,
        )
        admin = open_admin(self.kafka)
        self._incarnations = {
            topic: read_topic(admin, topic).incarnation for topic in (ACTS, CONTROL)
        }
        admin.close()

    def close(self) -> None:
        """Close the producer."""
        self._producer.close()

    # Emitters.

    def office(self, word: str, agency: str = AGENCY) -> Office:
        """Return an emitter with a new key, registered nowhere.

        Receipts of all of them lie in partition 0 of their topic, so when a later receipt is
        there, an earlier one would have been there too.
        """
        number = 0
        while partition_for(f"{word}-{number}.example".encode(), self.case_logs):
            number += 1
        name = f"{word}-{number}.example"
        return Office(name, Signer(name, os.urandom(32)), agency)

    def key(self, office: Office) -> Signer:
        """Return another key under an emitter's name."""
        return Signer(office.emitter_id, os.urandom(32))

    def register(
        self,
        office: Office,
        types: Sequence[str] | None = None,
        valid_from: int | None = None,
        kind: str = "AGENCY",
    ) -> None:
        """Register an emitter with the platform's key; for all types if none are named."""
        self.commit(self.registration(office, types, valid_from, kind))

    def registration(
        self,
        office: Office,
        types: Sequence[str] | None = None,
        valid_from: int | None = None,
        kind: str = "AGENCY",
    ) -> Parcel:
        """Return the act that registers an emitter."""
        payload = {
            "emitterId": office.emitter_id,
            "vkey": office.signer.vkey,
            "kind": kind,
            "agencyIds": [office.agency],
            "eventTypes": list(load_catalogue().rows) if types is None else list(types),
            "validFrom": now() - 60 * SECOND if valid_from is None else valid_from,
        }
        return self.command("EmitterRegistered", payload, f"emitter:{office.emitter_id}")

    def command(self, event_type: str, payload: Mapping[str, Any], stream: str) -> Parcel:
        """Return a control act of the platform."""
        act = self.act(event_type, payload, stream, self.platform, actors=())
        (proof,) = self.prove([encode_act(act)], self.platform)
        return Parcel(stream.encode(), encode_act(act), proof, topic=CONTROL)

    # Acts and submissions.

    def act(
        self,
        event_type: str,
        payload: Mapping[str, Any] | bytes,
        stream: str,
        office: Office,
        **changes: Any,
    ) -> Act:
        """Return an act of now; ``changes`` replaces envelope fields."""
        at = now()
        body = payload if isinstance(payload, bytes) else codec_of(event_type).encode(payload)
        values: dict[str, Any] = {
            "event_id": uuid7(at // 1_000, os.urandom(10)),
            "event_type": event_type,
            "schema_version": 1,
            "payload_schema": fingerprint(event_schemas().get((event_type, 1), '"null"')),
            "stream_key": stream,
            "aggregate_type": "Case",
            "aggregate_id": stream,
            "expected_version": None,
            "agency_id": office.agency,
            "delegate_id": None,
            "emitter_id": office.emitter_id,
            "emitter_seq": None,
            "actors": (Actor("officer:1", None, "HANDLER"),),
            "occurred_at": at,
            "recorded_at": at,
            "late_entry": None,
            "correlation_id": None,
            "causation_id": None,
            "case_id": stream if stream.startswith("case:") else None,
            "item_code": None,
            "payload": body,
        }
        return Act(**{**values, **changes})

    def partition_of(self, stream: str) -> int:
        """Return the partition that acts of a stream belong in."""
        return partition_for(stream.encode(), self.case_logs)

    def stream_in(self, partition: int) -> str:
        """Return a new case whose acts belong in a partition."""
        while self.partition_of(stream := f"case:{letters(20)}") != partition:
            continue
        return stream

    def prove(
        self, values: Sequence[bytes], office: Office, ledger: str | None = None
    ) -> list[bytes]:
        """Return the proofs of one submission."""
        batch = uuid7(now() // 1_000, os.urandom(10))
        name = self.name if ledger is None else ledger
        return build_submission(name, office.emitter_id, batch, values, [office.signer])

    def parcel(self, act: Act | bytes, office: Office, key: str | None = None) -> Parcel:
        """Return an act in a submission of its own, without openings."""
        value = act if isinstance(act, bytes) else encode_act(act)
        stream = act.stream_key if isinstance(act, Act) else key
        assert stream is not None
        return Parcel(stream.encode(), value, self.prove([value], office)[0])

    def good(self, stream: str, office: Office) -> Parcel:
        """Return a sound act without personal values."""
        return self.parcel(
            self.act("FineRemitted", {"amountFen": 1, "at": now()}, stream, office), office
        )

    def sealed(
        self,
        act: Act,
        office: Office,
        openings: Sequence[Opening],
        *,
        key_id: int = 1,
        of_act: bytes | None = None,
    ) -> Parcel:
        """Return an act in a submission of its own with sealed openings.

        Args:
            act: The act.
            office: Who signs.
            openings: What is sealed, whether or not it fits the act.
            key_id: Transport key that the seal names.
            of_act: Value that the openings are bound to, the act's own if None.
        """
        value, batch = encode_act(act), uuid7(now() // 1_000, os.urandom(10))
        (proof,) = build_submission(self.name, office.emitter_id, batch, [value], [office.signer])
        content_key = os.urandom(32)
        seal = seal_key(content_key, key_id, self.transport_public.public_bytes_raw(), batch)
        bound = value if of_act is None else of_act
        sealed = seal_openings(content_key, act.event_id, bound, openings, os.urandom(12))
        return Parcel(act.stream_key.encode(), value, proof, seal, sealed)

    # Sending.

    def produce(self, parcels: Sequence[Parcel]) -> list[Sent]:
        """Send records through Kafka in their order; return where each landed."""
        futures = []
        for it in parcels:
            partition = it.partition
            if partition is None:
                partition = 0 if it.topic == CONTROL else partition_for(it.key, self.case_logs)
            futures.append(
                self._producer.send(
                    it.topic, it.value, it.key, headers=it.headers(), partition=partition
                )
            )
        self._producer.flush()
        landed = [future.get(timeout=20) for future in futures]
        return [Sent(self._incarnations[m.topic], m.topic, m.partition, m.offset) for m in landed]

    def post(self, body: bytes, kind: str = CONTENT_TYPE, method: str = "POST") -> Reply:
        """Send a body to the intake."""
        request = urllib.request.Request(
            self.ledger.url("/v1/acts"), data=body, headers={"content-type": kind}, method=method
        )
        try:
            with OPENER.open(request, timeout=20) as answer:
                return _reply(answer.status, answer)
        except urllib.error.HTTPError as error:
            return _reply(error.code, error)

    def post_parcels(self, *parcels: Parcel) -> Reply:
        """POST acts to the intake."""
        return self.post(container([it.item() for it in parcels]))

    def commit(self, parcel: Parcel) -> Reply:
        """Hand in an act by HTTP that has to be committed."""
        reply = self.post_parcels(parcel)
        assert reply.status == 201, reply
        return reply


def _reply(status: int, answer: Any) -> Reply:
    kind, body = answer.headers.get_content_type(), answer.read()
    document = json.loads(body) if kind.endswith("json") else body
    return Reply(status, kind, document, dict(answer.headers.items()))


def letters(count: int) -> str:
    """Return random lower-case letters: no digits, so nobody's number by chance."""
    return "".join(chr(97 + byte % 26) for byte in os.urandom(count))


def opening_of(path: str, value: Any) -> Opening:
    """Return an opening with a new salt."""
    return Opening(path, "party:1", os.urandom(32), canonical_json(value))


def commitment_of(event_id: bytes, opening: Opening) -> bytes:
    """Return the commitment that an opening opens."""
    return commitment(opening.salt, event_id, opening.path, opening.value)
