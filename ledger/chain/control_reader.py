"""What the control log proves for others: keys, schemas, catalogues, anchored stream heads.

Read before: docs/spec/verify.md, ``emitter_keys``, ``verify_control``. Read next: ``verify``.

Nobody but the platform can register a key or publish a schema: each such act counts only with a
submission that verifies under a key which stood in the log before it. So whoever holds the key
of the control log alone can add nothing. Trusts the platform's key in entry 0, and that the
entries are those of the signed root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from ledger.chain.act import Act, decode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.findings import Findings
from ledger.chain.note_keys import VerifierKey
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.stream_heads import ANCHOR_TYPE, AnchoredHeads
from ledger.chain.submission_cache import SubmissionCache
from ledger.chain.tree import HASH_SIZE_BYTES
from ledger.chain.verify_control import Birth
from ledger.errors import MalformedError, MalformedProofError, OriginError

Payload = Mapping[str, Any]
_T = TypeVar("_T")

_SCHEMA: Final = "SchemaPublished"
_CATALOGUE: Final = "CatalogueVersionPublished"
_READ: Final = (
    "EmitterRegistered",
    "EmitterKeyRotated",
    "EmitterKeyRevoked",
    "OfficerKeyRegistered",
    _CATALOGUE,
    _SCHEMA,
    ANCHOR_TYPE,
)
_NAMES: Final = re.compile("|".join(_READ).encode())
_FILE_NAME: Final = re.compile(r"(\w+)\.v([1-9][0-9]*)\.avsc")
_PLATFORM_KIND: Final = "PLATFORM"
# Costs milliseconds a text, and ledgers publish the same ones.
_fingerprint = lru_cache(maxsize=1024)(fingerprint)


def may_be_judged_by(entry: bytes) -> bool:
    """Say whether an entry of the control log can be one that others are judged by."""
    return _NAMES.search(entry) is not None


class _Schema(NamedTuple):
    event_type: str
    version: int
    text: str

    @property
    def file(self) -> str:
        return f"{self.event_type}.v{self.version}.avsc"


class _Emitter(NamedTuple):
    kind: str
    agency_ids: frozenset[str]
    event_types: frozenset[str]


class ControlReader:
    """Reads the entries of a control log in order; ``keys`` is what they prove."""

    def __init__(self, birth: Birth, ledger: str, findings: Findings) -> None:
        """Begin with what entry 0 says.

        Args:
            birth: What entry 0 says.
            ledger: Name of the ledger.
            findings: Where faults go.

        Raises:
            MalformedError: Entry 0 holds no key of the platform, or texts that are no schemas.
        """
        self.keys = EmitterKeys(ledger=birth.common)
        self._platform = VerifierKey.from_vkey(birth.platform_vkey)
        self.keys.register(self._platform, 0, 0)
        self._ledger = ledger
        self._findings = findings
        self._cache = SubmissionCache()
        self._emitters: dict[str, _Emitter] = {}
        self._persons: set[str] = set()
        self._texts: dict[bytes, _Schema] = {}
        self._pairs: dict[tuple[str, int], str] = {}
        self._published_at: dict[bytes, int] = {}
        for file, text in birth.schemas.items():
            if (named := _FILE_NAME.fullmatch(file)) is not None:
                self._add_schema(_Schema(named[1], int(named[2]), text), 0)

    def read(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Read entries, leaf index and bytes, that were verified as parts of the log."""
        for index, data in entries:
            entry = decode_entry(data)
            act = decode_act(entry.act)
            if act.event_type not in _READ or not self._is_authentic(entry, act, index):
                continue
            try:
                self._apply(act, self.payload(act, index), index)
            except MalformedError as error:
                self._findings.add("act", str(error), index, entry.stream_id)

    def _is_authentic(self, entry: Entry, act: Act, index: int) -> bool:
        """Say whether somebody signed an act who may, by what stood in the log before it."""
        known, add = self.keys, self._findings.add
        try:
            proven = self._cache.check(
                entry.submission, entry.act, act.emitter_id, self._ledger, known.keys
            )
        except (MalformedProofError, OriginError) as error:
            add("signature", str(error), index, entry.stream_id)
            return False
        for key in proven.signers:
            fault = known.fault(key, index, entry.received_at)
            if fault is not None:
                add("signature", f"{key.name}: {fault}", index, entry.stream_id)
                return False
        if not self._may_send(act):
            text = "only the platform registers keys and publishes schemas and catalogues"
            values = (self._platform.name, act.emitter_id)
            add("signature", text, index, entry.stream_id, None, *values)
            return False
        return True

    def _may_send(self, act: Act) -> bool:
        if act.emitter_id == self._platform.name:
            return True
        emitter = self._emitters.get(act.emitter_id)
        agencies = {act.agency_id, act.delegate_id} - {None}
        return (
            emitter is not None
            and emitter.kind == _PLATFORM_KIND
            and act.event_type in emitter.event_types
            and agencies <= emitter.agency_ids
        )

    def payload(self, act: Act, control_size: int) -> Payload:
        """Return the payload of an act, read strictly by its published schema.

        Args:
            act: The act.
            control_size: The schema must stand in so many first entries of the control log.

        Raises:
            MalformedError: There is no such schema, or the payload is not strict by it.
        """
        schema = self._texts.get(act.payload_schema)
        if schema is None or self._published_at[act.payload_schema] >= max(1, control_size):
            raise MalformedError("its schema was never published")
        if (schema.event_type, schema.version) != (act.event_type, act.schema_version):
            raise MalformedError("its schema is another type's or version's")
        payload: Payload = _codec(schema.text).decode(act.payload)
        return payload

    def schema_file(self, act: Act) -> tuple[str, str] | None:
        """Return name and text of the schema that an act's payload is written by."""
        schema = self._texts.get(act.payload_schema)
        return None if schema is None else (schema.file, schema.text)

    def _apply(self, act: Act, payload: Payload, index: int) -> None:
        if act.event_type == _SCHEMA:
            self._publish(payload, index)
        elif act.event_type == ANCHOR_TYPE:
            self._anchor(payload, index)
        elif act.event_type == _CATALOGUE:
            _check_hash(payload)
            self.keys.places.add(index, _field(payload, "text", str))
        elif act.event_type == "EmitterKeyRevoked":
            self._revoke(payload, index)
        elif act.event_type == "OfficerKeyRegistered":
            self._register_person(payload, index)
        else:
            self._register_emitter(act.event_type, payload, index)

    def _publish(self, payload: Payload, index: int) -> None:
        _check_hash(payload)
        text = _field(payload, "text", str)
        if _field(payload, "fingerprint", bytes) != _fingerprint(text):
            raise MalformedError("published under a fingerprint that is not the text's")
        subject, version = _field(payload, "subject", str), _field(payload, "version", int)
        self._add_schema(_Schema(subject, version, text), index)

    def _add_schema(self, schema: _Schema, index: int) -> None:
        name = _fingerprint(schema.text)
        known = self._texts.setdefault(name, schema)
        self._published_at.setdefault(name, index)
        if known.text != schema.text:
            raise MalformedError("another text under a known fingerprint")
        if self._pairs.setdefault(schema[:2], schema.text) != schema.text:
            raise MalformedError("another text for a known type and version")

    def _anchor(self, payload: Payload, index: int) -> None:
        size, count = _field(payload, "treeSize", int), _field(payload, "count", int)
        root = _field(payload, "root", bytes)
        if len(root) != HASH_SIZE_BYTES or not 0 < count <= size:
            raise MalformedError("no anchor of a log: root, number of streams or size")
        self.keys.anchors[index] = AnchoredHeads(_field(payload, "origin", str), size, root, count)

    def _register_emitter(self, event_type: str, payload: Payload, index: int) -> None:
        name, key = _field(payload, "emitterId", str), _key(payload, "vkey")
        # A key signs in its own name only, and a name is an emitter's or a person's or the
        # platform's.
        if key.name != name or name == self._platform.name or name in self._persons:
            return
        valid_from = _field(payload, "validFrom", int)
        if event_type == "EmitterKeyRotated":
            old = _key(payload, "oldVkey")
            if name not in self._emitters or old.name != name:
                return
            self.keys.end(old, index, valid_from)
        else:
            self._emitters[name] = _Emitter(
                _field(payload, "kind", str),
                frozenset(_field(payload, "agencyIds", list)),
                frozenset(_field(payload, "eventTypes", list)),
            )
        self.keys.register(key, index, valid_from)

    def _revoke(self, payload: Payload, index: int) -> None:
        key = _key(payload, "vkey")
        if key.name == _field(payload, "emitterId", str) and key.name in self._emitters:
            self.keys.end(key, index, _field(payload, "revokedAt", int))

    def _register_person(self, payload: Payload, index: int) -> None:
        name, key = _field(payload, "officerId", str), _key(payload, "vkey")
        if key.name == name and name != self._platform.name and name not in self._emitters:
            self._persons.add(name)
            self.keys.register(key, index, _field(payload, "validFrom", int))


@lru_cache(maxsize=64)
def _codec(text: str) -> Codec:
    return compile_codec(text)


def _check_hash(payload: Payload) -> None:
    if _field(payload, "textHash", str) != text_hash(_field(payload, "text", str)):
        raise MalformedError("published under a hash that is not the text's")


def _key(payload: Payload, name: str) -> VerifierKey:
    return VerifierKey.from_vkey(_field(payload, name, str))


def _field(payload: Payload, name: str, kind: type[_T]) -> _T:
    value = payload.get(name)
    if not isinstance(value, kind):
        raise MalformedError(f"its schema has no {name} as this version reads it")
    return value
