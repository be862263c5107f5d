"""A record as it came from Kafka, and what is known of it after each step of its judgement.

Read before: ``consumers.topic_reader``. Read next: ``origin``.

Nothing in an ``IncomingRecord`` is trusted: key, value, headers and timestamp are whatever
somebody sent. A ``JudgedRecord`` is one whose bytes are strict and whose origin is proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from consumers.append.envelope import Envelope, Parties
from consumers.append.event_type import EventType
from ledger.chain.act import Act, decode_act
from ledger.chain.commitments import Opening
from ledger.chain.entry import Source
from ledger.errors import MalformedError, RejectedError
from ledger.limits import SEAL_SIZE_BYTES, SEALED_SIZE_BYTES_MAX

SEALED_SIZE_BYTES_MIN: Final = 12 + 256 + 16  # Nonce, one block, tag.


class IncomingRecord(NamedTuple):
    """One record of a topic; nothing in it is checked yet.

    Attributes:
        topic: Kafka topic.
        partition: Partition number.
        offset: Offset in the partition, within one incarnation of the topic.
        timestamp_ms: The record's timestamp, milliseconds since 1970-01-01 UTC.
        key: Record key, or None.
        value: Record value, or None.
        headers: Those whose name starts with ``lz-``, in order, repeated ones included.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Headers(NamedTuple):
    """The headers that the ledger reads."""

    proof: bytes  # ``lz-proof``
    seal: bytes | None  # ``lz-seal``
    sealed: bytes | None  # ``lz-sealed``
    sim_time: int | None  # ``lz-sim-time``, microseconds UTC.


class Refusal(NamedTuple):
    """A record refused before the log was asked."""

    record: IncomingRecord
    fault: RejectedError | MalformedError


class JudgedRecord:
    """A record that is well-formed and whose origin is proven.

    ``not_allowed`` is an R3 and ``unfit`` an R8 or R9: faults found early that count only after
    the event id is known to be new. ``openings`` are verified ones, empty if none came. Act and
    payload are decoded when somebody asks for them: most acts are only appended.
    """

    __slots__ = (
        "_act",
        "_payload",
        "batch",
        "event_id",
        "event_type",
        "expected_version",
        "headers",
        "not_allowed",
        "occurred_at",
        "openings",
        "parties",
        "record",
        "recorded_at",
        "stream_id",
        "unfit",
        "valid_from",
        "valid_until",
    )

    def __init__(
        self,
        record: IncomingRecord,
        event_type: EventType,
        parties: Parties,
        event_id: bytes,
        stream_id: str,
        expected_version: int | None,
        occurred_at: int,
        recorded_at: int,
        headers: Headers,
        batch: bytes,
        valid_from: int,
        valid_until: int,
    ) -> None:
        """Gather what is known.

        Args:
            record: As it came.
            event_type: What the control log says about its type.
            parties: For whom it is, and who sends it.
            event_id: 16 bytes.
            stream_id: The stream it belongs to.
            expected_version: Of the stream, None where the act does not say.
            occurred_at: Claimed by the act, microseconds UTC.
            recorded_at: Claimed by the act, microseconds UTC.
            headers: The ledger's.
            batch: 16 bytes, the submission's UUID.
            valid_from: From when every key under the submission counts, microseconds UTC.
            valid_until: Until when.
        """
        self.record = record
        self.event_type = event_type
        self.parties = parties
        self.event_id = event_id
        self.stream_id = stream_id
        self.expected_version = expected_version
        self.occurred_at = occurred_at
        self.recorded_at = recorded_at
        self.headers = headers
        self.batch = batch
        self.valid_from = valid_from
        self.valid_until = valid_until
        self.not_allowed: RejectedError | None = None
        self.unfit: RejectedError | MalformedError | None = None
        self.openings: Sequence[Opening] = ()
        self._act: Act | None = None
        self._payload: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls,
        record: IncomingRecord,
        envelope: Envelope,
        payload: Mapping[str, Any] | None,
        headers: Headers,
        batch: bytes,
        validity: tuple[int, int],
    ) -> JudgedRecord:
        """Return the same where the act, and maybe its payload, is decoded already."""
        act = envelope.act
        judged = cls(
            record,
            envelope.event_type,
            envelope.parties,
            act.event_id,
            act.stream_key,
            act.expected_version,
            act.occurred_at,
            act.recorded_at,
            headers,
            batch,
            *validity,
        )
        judged._act, judged._payload = act, payload
        return judged

    @property
    def value(self) -> bytes:
        """The act's bytes."""
        assert self.record.value is not None
        return self.record.value

    @property
    def act(self) -> Act:
        """The act."""
        if self._act is None:
            self._act = decode_act(self.value)
        return self._act

    @property
    def payload(self) -> Mapping[str, Any]:
        """The payload's fields."""
        if self._payload is None:
            self._payload = self.event_type.codec.decode(self.act.payload)
        return self._payload


def source_of(record: IncomingRecord, incarnation: str) -> Source:
    """Return the coordinates of a record as entries keep them."""
    return Source(
        incarnation, record.topic, record.partition, record.offset, record.timestamp_ms * 1000
    )


_NAMES: Final = {"lz-proof": 0, "lz-seal": 1, "lz-sealed": 2, "lz-sim-time": 3}


def read_headers(headers: list[tuple[str, bytes | None]]) -> Headers:
    """Return the ledger's headers of a record; others are ignored.

    Raises:
        MalformedError: R1_BAD_HEADER: one is missing, there twice, or of a wrong length or form.
    """
    found: list[bytes | None] = [None, None, None, None]
    for name, value in headers:
        place = _NAMES.get(name)
        if place is not None:
            if value is None or found[place] is not None:
                raise _bad_header()
            found[place] = value
    proof, seal, sealed, sim_time = found
    if not proof or (seal is not None and len(seal) != SEAL_SIZE_BYTES):
        raise _bad_header()
    if sealed is not None and (
        seal is None or not SEALED_SIZE_BYTES_MIN <= len(sealed) <= SEALED_SIZE_BYTES_MAX
    ):
        raise _bad_header()
    return Headers(proof, seal, sealed, None if sim_time is None else _micros(sim_time))


def _micros(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18 or (text[:1] == b"0" and len(text) > 1):
        raise _bad_header()
    return int(text)


def _bad_header() -> MalformedError:
    return MalformedError("a header is missing, doubled or malformed", code="R1_BAD_HEADER")
