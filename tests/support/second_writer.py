"""Derived acts written a second time: fastavro and hashlib, from docs/spec, with no code of ours."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from schemas.loader import schema_text


def second_id(*texts: str) -> bytes:
    """Return the SHA-256 over length-prefixed texts: the id of an alert, a deadline, an end."""
    encoded = (text.encode() for text in texts)
    return hashlib.sha256(b"".join(len(one).to_bytes(4, "big") + one for one in encoded)).digest()


def second_event_id(digest: bytes) -> bytes:
    """Return the UUIDv8 of an id."""
    value = bytearray(digest[:16])
    value[6] = value[6] & 0x0F | 0x80
    value[8] = value[8] & 0x3F | 0x80
    return bytes(value)


def second_text(event_id: bytes) -> str:
    """Return an event id as a UUID's text."""
    return str(uuid.UUID(bytes=event_id))


def second_act(file: str, payload: dict[str, Any], envelope: dict[str, Any]) -> bytes:
    """Return a derived act of the platform.

    Args:
        file: The schema's file.
        payload: Its payload.
        envelope: ``eventId``, ``streamKey``, ``aggregateType``, ``aggregateId``, ``agencyId``,
            ``at`` for both times, ``causationId``, ``caseId``, ``itemCode``.
    """
    at = envelope["at"]
    act = {name: value for name, value in envelope.items() if name != "at"} | {
        "eventType": file.partition(".")[0],
        "schemaVersion": 1,
        "payloadSchema": _crc(file),
        "expectedVersion": None,
        "delegateId": None,
        "emitterId": "platform.test.ledger",
        "emitterSeq": None,
        "actors": [],
        "occurredAt": at,
        "recordedAt": at,
        "lateEntry": None,
        "correlationId": None,
        "payload": _encoded(file, payload),
    }
    return b"\xc3\x01" + _crc("Act.avsc") + _encoded("Act.avsc", act)


def _encoded(file: str, value: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(schema_text(file))), value)
    return out.getvalue()


def _crc(file: str) -> bytes:
    form = to_parsing_canonical_form(json.loads(schema_text(file)))
    return bytes.fromhex(fingerprint(form, "CRC-64-AVRO"))
