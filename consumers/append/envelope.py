"""The envelope of an act, with what the control log says about its type.

Read before: ``ledger/chain/act.py``. Read next: ``decode``.

Types and parties come again and again, so what was found out about them is remembered as long as
the control log stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from consumers.append.event_type import EventType
from ledger.chain.act import Act, check_incoming, decode_act
from ledger.chain.identifiers import uscc_ok
from ledger.chain.varint import long_bytes
from ledger.errors import MalformedRecordError

KNOWN_MAX: Final = 65_536  # Parties seen; then all are forgotten.

# Agencies and companies come again and again.
is_credit_code: Final = lru_cache(maxsize=65_536)(uscc_ok)

EventTypes = Callable[[str, int], EventType | None]


class Parties(NamedTuple):
    """For whom an act is, and who sends it."""

    agency_id: str
    delegate_id: str | None
    emitter_id: str


class Envelope(NamedTuple):
    """What judging needs of an act."""

    event_type: EventType
    parties: Parties
    act: Act


class EnvelopeReader:
    """Reads envelopes under one state of the control log; remembers types and parties seen.

    Attributes:
        types: What the compiled judge needs of types seen, by the bytes of eventType, schemaVersion
            and payloadSchema in an act: the type, its payload's shape, what its streams begin with,
            and whether its payload has to be looked into. Only those that an emitter may send here.
        parties: Parties seen, by the bytes of agencyId, delegateId and emitterId; only those whose
            agency has a sound credit code.
    """

    def __init__(self, event_types: EventTypes) -> None:
        """Read with what ``event_types`` says of a type and version: None if not published."""
        self._event_types = event_types
        self.types: dict[bytes, tuple[EventType, Any, bytes, bool]] = {}
        self.parties: dict[bytes, Parties] = {}

    def read(self, value: bytes) -> Envelope:
        """Return the envelope of an act's value bytes.

        Raises:
            MalformedRecordError: R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA.
        """
        act = decode_act(value)
        check_incoming(act)
        return Envelope(self._type_of(act), self._parties_of(act), act)

    def _type_of(self, act: Act) -> EventType:
        event_type = self._event_types(act.event_type, act.schema_version)
        if event_type is None or event_type.fingerprint != act.payload_schema:
            raise MalformedRecordError("schema not published", code="R1_UNKNOWN_SCHEMA")
        shape = event_type.codec.quick_shape
        if shape is not None and event_type.is_here and not event_type.made_by_ledger:
            version = long_bytes(act.schema_version)
            key = _text_bytes(act.event_type) + version + act.payload_schema
            start = (event_type.stream_start or "").encode()
            is_open = event_type.credit_codes is not None or event_type.is_carrier
            self.types[key] = (event_type, shape, start, is_open)
        return event_type

    def _parties_of(self, act: Act) -> Parties:
        parties = Parties(act.agency_id, act.delegate_id, act.emitter_id)
        if is_credit_code(act.agency_id):
            if len(self.parties) >= KNOWN_MAX:
                self.parties.clear()
            delegate = b"\0"
            if act.delegate_id is not None:
                delegate = b"\2" + _text_bytes(act.delegate_id)
            key = _text_bytes(act.agency_id) + delegate + _text_bytes(act.emitter_id)
            self.parties[key] = parties
        return parties


def _text_bytes(text: str) -> bytes:
    data = text.encode()
    return long_bytes(len(data)) + data
