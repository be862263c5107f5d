"""The envelope of an act, with what the control log says about its type.

Read before: ``ledger/chain/act.py``. Read next: ``decode``.

Types and parties come again and again, so what was found out about them is remembered as long as
the control log stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from consumers.append.event_type import EventType
from ledger.chain.act import HEADER, Act, Actor, check_incoming, decode_act
from ledger.chain.compiled import IS_COMPILED, acts
from ledger.chain.varint import long_bytes
from ledger.errors import MalformedRecordError
from ledger.limits import ACT_SIZE_BYTES_MAX

KNOWN_MAX: Final = 65_536  # Parties seen; then all are forgotten.

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
    """Reads envelopes under one state of the control log; remembers types and parties seen."""

    def __init__(self, event_types: EventTypes) -> None:
        """Read with what ``event_types`` says of a type and version: None if not published."""
        self._event_types = event_types
        # Both by their bytes in an act.
        self._types: dict[bytes, tuple[tuple[str, int, bytes], EventType]] = {}
        self._parties: dict[bytes, Parties] = {}

    def read(self, value: bytes) -> Envelope:
        """Return the envelope of an act's value bytes.

        Raises:
            MalformedRecordError: R1_ACT_TOO_LARGE, R1_MALFORMED or R1_UNKNOWN_SCHEMA.
        """
        if IS_COMPILED and len(value) <= ACT_SIZE_BYTES_MAX:
            known = acts.read_known_act(value, HEADER, Act, Actor, self._types, self._parties)
            if known is not None:
                return tuple.__new__(Envelope, known)
        act = decode_act(value)
        check_incoming(act)
        return Envelope(self._learn_type(act), self._learn_parties(act), act)

    def _learn_type(self, act: Act) -> EventType:
        schema = (act.event_type, act.schema_version, act.payload_schema)
        event_type = self._event_types(act.event_type, act.schema_version)
        if event_type is None or event_type.fingerprint != act.payload_schema:
            raise MalformedRecordError("schema not published", code="R1_UNKNOWN_SCHEMA")
        version = long_bytes(act.schema_version)
        key = _text_bytes(act.event_type) + version + act.payload_schema
        self._types[key] = (schema, event_type)
        return event_type

    def _learn_parties(self, act: Act) -> Parties:
        if len(self._parties) >= KNOWN_MAX:
            self._parties.clear()
        parties = Parties(act.agency_id, act.delegate_id, act.emitter_id)
        delegate = b"\0"
        if act.delegate_id is not None:
            delegate = b"\2" + _text_bytes(act.delegate_id)
        key = _text_bytes(act.agency_id) + delegate + _text_bytes(act.emitter_id)
        return self._parties.setdefault(key, parties)


def _text_bytes(text: str) -> bytes:
    data = text.encode()
    return long_bytes(len(data)) + data
