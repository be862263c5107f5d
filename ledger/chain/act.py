"""An act: what an emitter submits, and its exact bytes.

The value is an Avro single-object encoding (``C3 01``, the schema's fingerprint, the body) of
record ``Act`` (schemas/Act.avsc, docs/spec/act.md). The envelope never changes with the catalogue,
so its codec is written by hand, for speed; a test holds it against the schema file.

Read before: ``ledger/chain/avro.py``. Read next: ``ledger/chain/entry.py``.
Trusts nothing: an act comes from outside, and its origin is proven elsewhere.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from unicodedata import is_normalized

from ledger.chain import avro_put
from ledger.chain.compiled import IS_COMPILED, acts
from ledger.chain.ids import (
    CREDIT_CODE_PATTERN,
    IDENTIFIER_PATTERN,
    NAME_PATTERN,
    ORIGIN_PATTERN,
    emitter_id_ok,
)
from ledger.chain.varint import (
    SHORT_LENGTHS,
    array_end_fault,
    read_count,
    read_int,
    read_length,
    read_long,
)
from ledger.errors import MalformedAvroError, MalformedRecordError
from ledger.limits import ACT_SIZE_BYTES_MAX

MARKER: Final = b"\xc3\x01"
ACT_FINGERPRINT: Final = bytes.fromhex("c81c8e5a8593083c")
HEADER: Final = MARKER + ACT_FINGERPRINT
HEADER_SIZE_BYTES: Final = len(HEADER)
# Where the event id stands in an act's value; it is the first field.
EVENT_ID: Final = slice(HEADER_SIZE_BYTES, HEADER_SIZE_BYTES + 16)

_new = tuple.__new__  # What a NamedTuple's own constructor does, without its detour.
_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch
_emitter = re.compile(f"{NAME_PATTERN}|{ORIGIN_PATTERN}").fullmatch
_credit_code = re.compile(CREDIT_CODE_PATTERN).fullmatch
_reason_code = re.compile(r"[A-Z][A-Z0-9_]{0,63}").fullmatch


class Actor(NamedTuple):
    """A person acting in office; names nobody, the register of officers does."""

    officer_id: str
    credential_no: str | None
    role: str


class Act(NamedTuple):
    """The envelope of an act; field order is the order of its bytes.

    ``event_id``, ``correlation_id`` and ``causation_id`` have 16 bytes, ``payload_schema`` 8; times
    are microseconds UTC; ``late_entry`` is the reason code; ``payload`` is the Avro body of the
    type's own schema, not looked into here.
    """

    event_id: bytes
    event_type: str
    schema_version: int
    payload_schema: bytes
    stream_key: str
    aggregate_type: str
    aggregate_id: str
    expected_version: int | None
    agency_id: str
    delegate_id: str | None
    emitter_id: str
    emitter_seq: int | None
    actors: tuple[Actor, ...]
    occurred_at: int
    recorded_at: int
    late_entry: str | None
    correlation_id: bytes | None
    causation_id: bytes | None
    case_id: str | None
    item_code: str | None
    payload: bytes


def decode_act(value: bytes) -> Act:
    """Return the act whose encoding is the whole of ``value``.

    The emitter may be a log's origin, as in ledger-made acts; for an act that came in,
    ``check_incoming`` refuses that. Neither the payload nor the pair of type and version is judged.

    Raises:
        MalformedRecordError: ``code`` is R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA, in
            the order size, marker, fingerprint, strictness, identifiers; ``pointer`` says
            which identifier.
    """
    if len(value) > ACT_SIZE_BYTES_MAX:
        raise MalformedRecordError("act too large", code="R1_ACT_TOO_LARGE")
    if value[:2] != MARKER or len(value) < HEADER_SIZE_BYTES:
        raise MalformedRecordError("not a single-object encoding")
    if not value.startswith(HEADER):
        raise MalformedRecordError("not the schema of an act", code="R1_UNKNOWN_SCHEMA")
    if IS_COMPILED and (act := acts.read_act(value, HEADER, Act, Actor)) is not None:
        return act
    return _decode_carefully(value)


def _decode_carefully(value: bytes) -> Act:
    """Read an act of the right size and header; the twin of ``acts.read_act``."""
    try:
        act, after = _read_body(value)
    except MalformedAvroError as error:
        raise MalformedRecordError(f"act: {error}") from error
    except IndexError:
        raise MalformedRecordError("act: truncated") from None
    except UnicodeDecodeError:
        # Its text would quote the bytes.
        raise MalformedRecordError("act: invalid UTF-8") from None
    if after != len(value):
        raise MalformedRecordError("act: trailing bytes")
    _check_identifiers(act)
    return act


def check_incoming(act: Act) -> None:
    """Refuse an act from outside that names a log as its emitter.

    Raises:
        MalformedRecordError: R1_MALFORMED at ``/emitterId``.
    """
    if not emitter_id_ok(act.emitter_id):
        raise _malformed("/emitterId")


def encode_act(act: Act) -> bytes:
    """Return the value of ``act``, header included.

    Raises:
        MalformedError: a field does not fit the schema; ``pointer`` says which.
        MalformedRecordError: a malformed identifier, or over ``ACT_SIZE_BYTES_MAX`` bytes.
    """
    _check_identifiers(act)
    out = bytearray(HEADER)
    _write_head(out, act)
    _write_tail(out, act)
    if len(out) > ACT_SIZE_BYTES_MAX:
        raise MalformedRecordError("act too large", code="R1_ACT_TOO_LARGE")
    return bytes(out)


def _read_body(data: bytes) -> tuple[Act, int]:
    """Read the fields after the header; an index over the end is the caller's to catch.

    A field cut off at the end needs no check of its own: the next one then has no first byte.
    """
    p = HEADER_SIZE_BYTES
    event_id, p = data[p : p + 16], p + 16
    event_type, p = _text(data, p)
    schema_version, p = read_int(data, p)
    payload_schema, p = data[p : p + 8], p + 8
    stream_key, p = _text(data, p)
    aggregate_type, p = _text(data, p)
    aggregate_id, p = _text(data, p)
    expected_version, p = _optional_long(data, p)
    agency_id, p = _text(data, p)
    delegate_id, p = _optional_text(data, p)
    emitter_id, p = _text(data, p)
    emitter_seq, p = _optional_long(data, p)
    actors, p = _actors(data, p)
    occurred_at, p = read_long(data, p)
    recorded_at, p = read_long(data, p)
    late_entry, p = _optional_text(data, p)
    correlation_id, p = _optional_uuid(data, p)
    causation_id, p = _optional_uuid(data, p)
    case_id, p = _optional_text(data, p)
    item_code, p = _optional_text(data, p)
    size, start = read_length(data, p)
    p = start + size
    if p > len(data):
        raise MalformedAvroError(start, "truncated")
    act = (
        event_id,
        event_type,
        schema_version,
        payload_schema,
        stream_key,
        aggregate_type,
        aggregate_id,
        expected_version,
        agency_id,
        delegate_id,
        emitter_id,
        emitter_seq,
        actors,
        occurred_at,
        recorded_at,
        late_entry,
        correlation_id,
        causation_id,
        case_id,
        item_code,
        data[start:p],
    )
    return _new(Act, act), p


def _text(data: bytes, position: int) -> tuple[str, int]:
    size = SHORT_LENGTHS[data[position]]
    start = position + 1
    if size < 0:
        size, start = read_length(data, position)
    after = start + size  # Over the end? Then the field that follows has no first byte.
    text = data[start:after].decode()
    if not text.isascii() and not is_normalized("NFC", text):
        raise MalformedAvroError(position, "text not NFC")
    return text, after


def _is_there(data: bytes, position: int) -> bool:
    """Return whether the nullable value at ``position`` is there, which is one byte 00 or 02."""
    branch = data[position]
    if branch and branch != 2:
        raise MalformedAvroError(position, "no such branch")
    return branch == 2


def _optional_text(data: bytes, position: int) -> tuple[str | None, int]:
    if data[position] == 0:
        return None, position + 1
    _is_there(data, position)
    return _text(data, position + 1)


def _optional_long(data: bytes, position: int) -> tuple[int | None, int]:
    if not _is_there(data, position):
        return None, position + 1
    return read_long(data, position + 1)


def _optional_uuid(data: bytes, position: int) -> tuple[bytes | None, int]:
    if not _is_there(data, position):
        return None, position + 1
    after = position + 17
    return data[position + 1 : after], after


def _actors(data: bytes, position: int) -> tuple[tuple[Actor, ...], int]:
    if data[position] == 0:
        return (), position + 1
    count, position = read_count(data, position)
    actors = []
    for _ in range(count):
        officer_id, position = _text(data, position)
        credential_no, position = _optional_text(data, position)
        role, position = _text(data, position)
        actors.append(_new(Actor, (officer_id, credential_no, role)))
    if data[position]:
        raise array_end_fault(data, position)
    return tuple(actors), position + 1


def _check_identifiers(act: Act) -> None:
    """Refuse an identifier that has not its shape (docs/spec/conventions.md)."""
    if not _identifier(act.stream_key):
        raise _malformed("/streamKey")
    if act.aggregate_id != act.stream_key and not _identifier(act.aggregate_id):
        raise _malformed("/aggregateId")
    if act.case_id is not None and act.case_id != act.stream_key and not _identifier(act.case_id):
        raise _malformed("/caseId")
    if not _credit_code(act.agency_id):
        raise _malformed("/agencyId")
    if not _emitter(act.emitter_id):
        raise _malformed("/emitterId")
    if act.late_entry is not None and not _reason_code(act.late_entry):
        raise _malformed("/lateEntry/reasonCode")
    for number, actor in enumerate(act.actors):
        if not _identifier(actor.officer_id):
            raise _malformed(f"/actors/{number}/officerId")


def _malformed(pointer: str) -> MalformedRecordError:
    return MalformedRecordError(f"malformed identifier at {pointer}", pointer=pointer)


def _write_head(out: bytearray, act: Act) -> None:
    avro_put.put_fixed(out, act.event_id, 16, "/eventId")
    avro_put.put_text(out, act.event_type, "/eventType")
    avro_put.put_int(out, act.schema_version, "/schemaVersion")
    avro_put.put_fixed(out, act.payload_schema, 8, "/payloadSchema")
    avro_put.put_text(out, act.stream_key, "/streamKey")
    avro_put.put_text(out, act.aggregate_type, "/aggregateType")
    avro_put.put_text(out, act.aggregate_id, "/aggregateId")
    _put_optional_long(out, act.expected_version, "/expectedVersion")
    avro_put.put_text(out, act.agency_id, "/agencyId")
    _put_optional_text(out, act.delegate_id, "/delegateId")
    avro_put.put_text(out, act.emitter_id, "/emitterId")
    _put_optional_long(out, act.emitter_seq, "/emitterSeq")


def _write_tail(out: bytearray, act: Act) -> None:
    avro_put.put_count(out, act.actors, "/actors")
    for number, actor in enumerate(act.actors):
        avro_put.put_text(out, actor.officer_id, f"/actors/{number}/officerId")
        _put_optional_text(out, actor.credential_no, f"/actors/{number}/credentialNo")
        avro_put.put_text(out, actor.role, f"/actors/{number}/role")
    if act.actors:
        out.append(0)
    avro_put.put_long(out, act.occurred_at, "/occurredAt")
    avro_put.put_long(out, act.recorded_at, "/recordedAt")
    _put_optional_text(out, act.late_entry, "/lateEntry/reasonCode")
    _put_optional_uuid(out, act.correlation_id, "/correlationId")
    _put_optional_uuid(out, act.causation_id, "/causationId")
    _put_optional_text(out, act.case_id, "/caseId")
    _put_optional_text(out, act.item_code, "/itemCode")
    avro_put.put_bytes(out, act.payload, "/payload")


def _put_optional_text(out: bytearray, value: str | None, pointer: str) -> None:
    out.append(0 if value is None else 2)
    if value is not None:
        avro_put.put_text(out, value, pointer)


def _put_optional_long(out: bytearray, value: int | None, pointer: str) -> None:
    out.append(0 if value is None else 2)
    if value is not None:
        avro_put.put_long(out, value, pointer)


def _put_optional_uuid(out: bytearray, value: bytes | None, pointer: str) -> None:
    out.append(0 if value is None else 2)
    if value is not None:
        avro_put.put_fixed(out, value, 16, pointer)
