"""The envelope of an act, read as far as judging needs it.

Read before: ``ledger/chain/act.py``. Read next: ``decode``.

Most acts have the same shape, so one regular expression takes their envelope apart at a tenth of
the cost of ``decode_act``. It accepts nothing that ``decode_act`` and ``check_incoming`` refuse;
what it does not match (longer names, more than four actors, a case id that is not the stream's)
goes to them, and they alone say what is wrong. A test holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from consumers.append.event_type import EventType
from ledger.chain.act import HEADER, Act, check_incoming, decode_act
from ledger.chain.entry_patterns import COUNT, INT, LENGTHS, LONG
from ledger.chain.varint import SHORT_LENGTHS, read_int, read_length, read_long
from ledger.errors import MalformedRecordError
from ledger.limits import ACT_SIZE_BYTES_MAX

KNOWN_MAX: Final = 65_536  # Parties and types seen; then all are forgotten.
_EVENT_ID: Final = slice(10, 26)
_IDENTIFIER: Final = rb"[A-Za-z0-9:._-]"
_ASCII: Final = rb"[\x00-\x7f]"
_EVEN: Final = rb"[" + b"".join(re.escape(bytes([b])) for b in range(128, 256, 2)) + rb"]"
# Microseconds between 1987 and 2255: eight bytes, positive, so that they compare backwards.
_TIME: Final = _EVEN + rb"[\x80-\xff]{6}[\x01-\x7f]"

EventTypes = Callable[[str, int], EventType | None]


class Parties(NamedTuple):
    """For whom an act is, and who sends it."""

    agency_id: str
    delegate_id: str | None
    emitter_id: str


class Envelope(NamedTuple):
    """What judging needs of an act."""

    event_id: bytes  # 16 bytes.
    event_type: EventType
    stream_id: str
    expected_version: int | None
    parties: Parties
    occurred_at: bytes  # Varint with its bytes backwards: such bytes compare like their numbers.
    recorded_at: bytes
    payload: bytes
    act: Act | None  # Where all of it had to be decoded.


def time_key(micros: int) -> bytes:
    """Return a time, microseconds from 1987 to 2255, as envelopes hold it."""
    number = micros << 1
    groups = [number >> shift & 0x7F | 0x80 for shift in range(0, 49, 7)]
    return bytes([*groups, number >> 49])[::-1]


class EnvelopeReader:
    """Reads envelopes under one state of the control log; remembers types and parties seen."""

    def __init__(self, event_types: EventTypes) -> None:
        """Read with what ``event_types`` says of a type and version: None if not published."""
        self._event_types = event_types
        self._match = act_pattern().match
        self._heads: dict[bytes, EventType | None] = {}
        self._parties: dict[bytes, Parties] = {}

    def read(self, value: bytes) -> Envelope:
        """Return the envelope of an act's value bytes.

        Raises:
            MalformedRecordError: R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA.
        """
        found = self._match(value)
        if found is None or len(value) > ACT_SIZE_BYTES_MAX:
            return self._read_carefully(value)
        head, key, expected, parties, occurred_at, recorded_at, size = found.groups()
        payload = value[found.end() :]
        if LENGTHS.get(size) != len(payload):
            return self._read_carefully(value)
        event_type = self._heads.get(head)
        if event_type is None:
            event_type = self._learn_head(head)
        known = self._parties.get(parties)
        if known is None:
            known = self._learn_parties(parties)
        return Envelope(
            value[_EVENT_ID],
            event_type,
            key[1:].decode(),
            None if expected == b"\x00" else read_long(expected, 1)[0],
            known,
            occurred_at[::-1],
            recorded_at[::-1],
            payload,
            None,
        )

    def _read_carefully(self, value: bytes) -> Envelope:
        """Read any act, and say of a bad one what is wrong."""
        act = decode_act(value)
        check_incoming(act)
        event_type = self._published(act.event_type, act.schema_version, act.payload_schema)
        return Envelope(
            act.event_id,
            event_type,
            act.stream_key,
            act.expected_version,
            Parties(act.agency_id, act.delegate_id, act.emitter_id),
            b"",
            b"",
            act.payload,
            act,
        )

    def _learn_head(self, head: bytes) -> EventType:
        size = SHORT_LENGTHS[head[0]]
        version, after = read_int(head, 1 + size)
        event_type = self._published(head[1 : 1 + size].decode(), version, head[after:])
        self._heads[head] = event_type
        return event_type

    def _published(self, name: str, version: int, schema: bytes) -> EventType:
        event_type = self._event_types(name, version)
        if event_type is None or event_type.fingerprint != schema:
            raise MalformedRecordError("schema not published", code="R1_UNKNOWN_SCHEMA")
        return event_type

    def _learn_parties(self, data: bytes) -> Parties:
        agency_id, after = _text(data, 0)
        delegate_id = None
        if data[after]:
            delegate_id, after = _text(data, after + 1)
        else:
            after += 1
        emitter_id, _ = _text(data, after)
        parties = Parties(agency_id, delegate_id, emitter_id)
        if len(self._parties) >= KNOWN_MAX:
            self._parties.clear()
        self._parties[data] = parties
        return parties


def _text(data: bytes, position: int) -> tuple[str, int]:
    size, start = read_length(data, position)
    return data[start : start + size].decode(), start + size


@cache
def act_pattern() -> re.Pattern[bytes]:
    """Return the pattern of a likely act up to and including the payload's length.

    Groups: type, version and schema; streamKey; expectedVersion; agency, delegate and emitter;
    occurredAt; recordedAt; the payload's length.
    """
    text = _texts(_ASCII)
    identifier = _texts(_IDENTIFIER)
    same = rb"(?:(?P=key)|%b)" % identifier
    actor = identifier + _optional(text) + text
    actors = b"|".join(
        rb"%b(?:%b){%d}\x00" % (re.escape(bytes([2 * count])), actor, count)
        for count in range(1, 5)
    )
    parts = (
        re.escape(HEADER) + rb".{16}",  # eventId
        rb"(%b%b.{8})" % (text, INT),  # eventType, schemaVersion, payloadSchema
        rb"(?P<key>%b)" % identifier,  # streamKey
        text,  # aggregateType
        same,  # aggregateId
        rb"(%b)" % _optional(LONG),  # expectedVersion
        rb"(\x24[0-9A-HJ-NPQRTUWXY]{18}",  # agencyId
        _optional(text),  # delegateId
        _texts(rb"[a-z0-9.-]") + b")",  # emitterId
        _optional(LONG),  # emitterSeq
        rb"(?:\x00|%b)" % actors,
        rb"(%b)(%b)" % (_TIME, _TIME),  # occurredAt, recordedAt
        rb"\x00",  # lateEntry
        _optional(rb".{16}") * 2,  # correlationId, causationId
        _optional(rb"(?P=key)"),  # caseId
        _optional(text),  # itemCode
        rb"(%b)" % COUNT,
    )
    return re.compile(b"".join(parts), re.DOTALL)


def _optional(pattern: bytes) -> bytes:
    return rb"(?:\x00|\x02%b)" % pattern


def _texts(signs: bytes) -> bytes:
    """Return the pattern of a text of 1 to 63 of these signs, after its length."""
    rows = (rb"%b%b{%d}" % (re.escape(bytes([2 * n])), signs, n) for n in range(1, 64))
    return rb"(?:%b)" % b"|".join(rows)
