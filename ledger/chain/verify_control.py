"""Entry 0 of a log: which ledger and log this is.

Read before: docs/spec/birth.md, ``findings``. Read next: ``control_reader``, ``verify``.

Entry 0 says which ledger and log this is and under which keys; that those keys are the right
ones, only the vkey file that the auditor got elsewhere can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.avro import compile_codec
from ledger.chain.entry import decode_entry
from ledger.chain.findings import Findings
from ledger.chain.links import GUOMI, INTERNATIONAL
from ledger.chain.note_keys import VerifierKey
from ledger.chain.own_acts import BIRTH_STREAM, BIRTH_TYPE
from ledger.chain.schema_text import fingerprint
from ledger.errors import MalformedError

FORMAT_VERSION: Final = 1
_BIRTH_FILE: Final = "LedgerCreated.v1.avsc"


def _field(name: str, kind: object) -> dict[str, object]:
    return {"name": name, "type": kind}


def _enum(name: str, *symbols: str) -> dict[str, object]:
    return {"type": "enum", "name": name, "symbols": list(symbols)}


def _array(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


# Record LedgerCreated of schemas/LedgerCreated.v1.avsc; a test holds the two against each other.
# It must be known before the log can be read: it is what says how to read the log.
BIRTH_SCHEMA: Final[Mapping[str, object]] = {
    "type": "record",
    "name": BIRTH_TYPE,
    "namespace": "lianzheng",
    "fields": [
        _field("ledger", "string"),
        _field("operator", "string"),
        _field("origin", "string"),
        _field("caseLogs", "int"),
        _field("formatVersion", "int"),
        _field("hashProfile", _enum("HashProfile", INTERNATIONAL, GUOMI)),
        _field("signatures", _array("string")),
        _field("clock", _enum("Clock", "system", "simulated")),
        _field("entries", _enum("EntriesAccess", "auditors", "public")),
        _field("synthetic", "boolean"),
        _field("vkeys", _array("string")),
        _field("platformVkey", "string"),
        _field(
            "schemas",
            _array(
                {
                    "type": "record",
                    "name": "SchemaText",
                    "fields": [_field("file", "string"), _field("text", "string")],
                }
            ),
        ),
    ],
}
_BIRTH_CODEC: Final = compile_codec(BIRTH_SCHEMA)


class Birth(NamedTuple):
    """What entry 0 fixed for ever."""

    profile: str  # Hash profile of the stream links.
    vkeys: tuple[str, ...]  # Of the control log, then of the case logs by number.
    platform_vkey: str
    schemas: Mapping[str, str]  # Exact texts of the base schemas, by file.
    operator: str  # Credit code: the agency of what a log makes itself.
    case_logs: int

    @property
    def common(self) -> tuple[object, ...]:
        """Return what the entries 0 of all logs of a ledger say alike."""
        return (*self[:3], self.operator, self.case_logs)


def check_birth(entry: bytes, origin: str, findings: Findings) -> Birth | None:
    """Return what entry 0 of a log says, None if it is not this log's LedgerCreated.

    Args:
        entry: The bytes of leaf 0.
        origin: The checkpoint's origin.
        findings: Where faults go.
    """
    try:
        decoded = decode_entry(entry)
        act = decode_act(decoded.act)
        if (act.event_type, decoded.stream_id) != (BIRTH_TYPE, BIRTH_STREAM):
            findings.add("birth", "entry 0 is no LedgerCreated", 0, decoded.stream_id)
            return None
        payload = _BIRTH_CODEC.decode(act.payload)
    except MalformedError as error:
        findings.add("birth", f"entry 0 is not readable: {error}", 0)
        return None
    facts: dict[str, tuple[str | int, str | int]] = {
        "origin": (origin, payload["origin"]),
        "ledger": (origin.partition("/")[0], payload["ledger"]),
        "format version": (FORMAT_VERSION, payload["formatVersion"]),
        "emitter": (origin, act.emitter_id),
    }
    for name, (expected, found) in facts.items():
        if expected != found:
            text = f"entry 0 is another log's: {name}"
            findings.add("birth", text, 0, decoded.stream_id, None, expected, found)
    schemas = {row["file"]: row["text"] for row in payload["schemas"]}
    _check_schema(schemas, act, findings)
    vkeys = tuple(payload["vkeys"])
    return Birth(
        payload["hashProfile"],
        vkeys,
        payload["platformVkey"],
        schemas,
        payload["operator"],
        payload["caseLogs"],
    )


def check_trust(
    birth: Birth, origin: str, signed_by: Iterable[VerifierKey], findings: Findings
) -> None:
    """Check that entry 0 names a key under which the checkpoint was accepted.

    Keys added later (``LogKeyAdded``) stand in the control log; a checkpoint bears the old
    signature beside the new one while both count.
    """
    own = [key.vkey for key in signed_by if key.name == origin]
    if not any(vkey in birth.vkeys for vkey in own):
        text = "entry 0 names none of the trusted keys that signed the checkpoint"
        named = [vkey for vkey in birth.vkeys if vkey.startswith(f"{origin}+")]
        findings.add("trust", text, 0, "ledger", None, ", ".join(own), ", ".join(named))


def _check_schema(schemas: Mapping[str, str], act: Act, findings: Findings) -> None:
    text = schemas.get(_BIRTH_FILE)
    try:
        found = None if text is None else fingerprint(text)
    except MalformedError:
        found = None
    if found != act.payload_schema:
        text = "entry 0 does not carry the schema that it is written by"
        findings.add("birth", text, 0, "ledger", None, act.payload_schema, found or b"")
