"""From bytes to an act: framing, strictness, schema, stream (R1).

Read before: ``consumers/append/origin.py``, ``envelope``.
Read next: ``openings``, ``judge``, then ``consumers/append/gates.py``.

Order within R1: size, marker, fingerprint, strictness, schema pair, payload, stream, headers
(docs/spec/act.md). An act is decoded once, here, and its payload only where somebody will look
into it. Trusts nothing but the schemas of the control log; what it raises holds positions and
pointers, never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consumers.append.envelope import Envelope, EnvelopeReader
from consumers.append.event_type import EventType
from consumers.append.record import IncomingRecord
from ledger.chain.partition import partition_for
from ledger.errors import MalformedAvroError, MalformedRecordError, RejectedError


def decode_record(
    record: IncomingRecord, envelopes: EnvelopeReader
) -> tuple[Envelope, Mapping[str, Any] | None]:
    """Return the envelope of a record whose act is strict, payload included.

    The payload's fields come with it where they had to be decoded.

    Raises:
        RejectedError: R11 for a record without a value: nothing here is deleted or replaced.
        MalformedRecordError: R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA.
    """
    if record.value is None:
        raise RejectedError("R11_NULL_VALUE", "a record without a value deletes nothing here")
    envelope = envelopes.read(record.value)
    if envelope.event_type.codec.is_surely_strict(envelope.act.payload):
        return envelope, None
    # Unlikely bytes, or bad ones: the codec judges, and says what is wrong.
    return envelope, decode_payload(envelope.event_type, envelope.act.payload)


def decode_payload(event_type: EventType, payload: bytes) -> Mapping[str, Any]:
    """Return the fields of a payload.

    Raises:
        MalformedRecordError: R1_MALFORMED.
    """
    try:
        fields: Mapping[str, Any] = event_type.codec.decode(payload)
    except MalformedAvroError as error:
        raise MalformedRecordError(f"payload: {error}", pointer="/payload") from error
    pointer = event_type.codec.pattern_fault(fields)
    if pointer is not None:
        raise MalformedRecordError("malformed text in the payload", pointer=f"/payload{pointer}")
    return fields


def check_stream(record: IncomingRecord, envelope: Envelope, partitions: int) -> None:
    """Check that a record lies where its act belongs.

    Args:
        record: As it came.
        envelope: Of its act.
        partitions: Number of partitions of the topic: 1 for the control topic, else N.

    Raises:
        MalformedRecordError: R1_STREAM_MISMATCH.
    """
    event_type, act = envelope.event_type, envelope.act
    stream_id = act.stream_key
    if (
        record.key != stream_id.encode()
        or (act.case_id is not None and act.case_id != stream_id)
        or not event_type.is_here
        or (
            event_type.stream_start is not None
            and not stream_id.startswith(event_type.stream_start)
        )
        or (partitions > 1 and partition_for(record.key, partitions) != record.partition)
    ):
        raise MalformedRecordError("wrong key, topic or partition", code="R1_STREAM_MISMATCH")
