"""From bytes to an act: framing, strictness, schema, stream, headers (R1).

Read before: ``origin`` and ``ledger/chain/act.py``. Read next: ``openings``, ``judge``.

Order within R1: size, marker, fingerprint, strictness, schema pair, payload, stream, headers
(docs/spec/acts.md). An act is decoded once, here. Trusts nothing but the schemas of the control
log; what it raises holds positions and pointers, never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from consumers.append.event_type import EventType
from consumers.append.record import IncomingRecord
from ledger.chain.act import Act, check_incoming, decode_act
from ledger.chain.partition import partition_for
from ledger.errors import MalformedAvroError, MalformedRecordError, RejectedError

EventTypes = Callable[[str, int], EventType | None]


def decode_record(
    record: IncomingRecord, event_types: EventTypes
) -> tuple[Act, EventType, Mapping[str, Any]]:
    """Return the act of a record, its type and its decoded payload.

    Args:
        record: As it came.
        event_types: Gives what is known of a type and version, None if it is not published.

    Raises:
        RejectedError: R11 for a record without a value: nothing here is deleted or replaced.
        MalformedRecordError: R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA.
    """
    value = record.value
    if value is None:
        raise RejectedError("R11_NULL_VALUE", "a record without a value deletes nothing here")
    act = decode_act(value)
    check_incoming(act)
    event_type = event_types(act.event_type, act.schema_version)
    if event_type is None or act.payload_schema != event_type.fingerprint:
        raise MalformedRecordError("schema not published", code="R1_UNKNOWN_SCHEMA")
    codec = event_type.codec
    try:
        payload: Mapping[str, Any] = codec.decode(act.payload)
    except MalformedAvroError as error:
        raise MalformedRecordError(f"payload: {error}", pointer="/payload") from error
    pointer = codec.pattern_fault(payload)
    if pointer is not None:
        raise MalformedRecordError("malformed text in the payload", pointer=f"/payload{pointer}")
    return act, event_type, payload


def check_stream(record: IncomingRecord, act: Act, event_type: EventType, partitions: int) -> None:
    """Check that a record lies where its act belongs.

    Args:
        record: As it came.
        act: Its act.
        event_type: Its type.
        partitions: Number of partitions of the topic: 1 for the control topic, else N.

    Raises:
        MalformedRecordError: R1_STREAM_MISMATCH.
    """
    stream_key = act.stream_key
    if (
        record.key != stream_key.encode()
        or (act.case_id is not None and act.case_id != stream_key)
        or not event_type.is_here
        or (
            event_type.stream_start is not None
            and not stream_key.startswith(event_type.stream_start)
        )
        or (partitions > 1 and partition_for(record.key, partitions) != record.partition)
    ):
        raise MalformedRecordError("wrong key, topic or partition", code="R1_STREAM_MISMATCH")
