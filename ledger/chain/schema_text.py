"""The text of an Avro schema: its canonical form, its fingerprint and its hash.

One fingerprint has one text for ever. The fingerprint (CRC-64-AVRO of the parsing canonical form)
is no cryptographic hash and does not cover our attributes, so ``SchemaPublished`` carries the exact
text and its SHA-256 besides (docs/spec/act.md; Avro 1.12 specification, "Schema Fingerprints").

Read before: ``schemas/``. Read next: ``ledger/chain/avro_schema.py``.
"""

from __future__ import annotations

import json
from typing import Final

from ledger.chain.digests import sha256_digest
from ledger.errors import MalformedError

FINGERPRINT_SIZE_BYTES: Final = 8
_EMPTY: Final = 0xC15D213AA4D7A795  # CRC-64-AVRO of nothing, and its polynomial.
_PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_KEPT: Final = ("name", "type", "fields", "symbols", "items", "values", "size")


def canonical_form(text: str) -> str:
    """Return the parsing canonical form of a schema.

    Full names, no attributes but those that matter for reading, in fixed order, no blanks. Whether
    the ledger allows the schema is ``avro_schema``'s question.

    Raises:
        MalformedError: not JSON, or no schema.
    """
    try:
        parsed = json.loads(text)
        return json.dumps(_canonical(parsed, ""), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise MalformedError("schema is not JSON", code="SCHEMA_REFUSED") from error


def fingerprint(text: str) -> bytes:
    """Return the 8 bytes, little-endian, that stand for a schema in a single-object header.

    Raises:
        MalformedError: not JSON, or no schema.
    """
    crc = _EMPTY
    for byte in canonical_form(text).encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_EMPTY if crc & 1 else 0)
    return crc.to_bytes(FINGERPRINT_SIZE_BYTES, "little")


def text_hash(text: str) -> str:
    """Return the SHA-256 of a schema's exact text, ``sha256:hex``."""
    return sha256_digest(text.encode())


def _canonical(schema: object, namespace: str) -> object:
    if isinstance(schema, str):
        return schema if schema in _PRIMITIVES else _full_name(schema, namespace)
    if isinstance(schema, list):
        return [_canonical(branch, namespace) for branch in schema]
    if not isinstance(schema, dict):
        raise _refused()
    kind = schema.get("type")
    if kind in _PRIMITIVES or not isinstance(kind, str):
        return _canonical(kind, namespace)
    return _canonical_complex(schema, namespace)


def _canonical_complex(schema: dict[str, object], namespace: str) -> dict[str, object]:
    kept: dict[str, object] = {name: schema[name] for name in _KEPT if name in schema}
    if "name" in kept:
        name, own = kept["name"], schema.get("namespace", namespace)
        if not isinstance(name, str) or not isinstance(own, str):
            raise _refused()
        kept["name"] = _full_name(name, own)
        namespace = str(kept["name"]).rpartition(".")[0]
    for part in ("items", "values"):
        if part in kept:
            kept[part] = _canonical(kept[part], namespace)
    if "fields" in kept:
        fields = kept["fields"]
        if not isinstance(fields, list):
            raise _refused()
        kept["fields"] = [_canonical_field(field, namespace) for field in fields]
    return kept


def _canonical_field(field: object, namespace: str) -> dict[str, object]:
    if not isinstance(field, dict) or not {"name", "type"} <= field.keys():
        raise _refused()
    return {"name": field["name"], "type": _canonical(field["type"], namespace)}


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _refused() -> MalformedError:
    return MalformedError("schema refused: not a schema", code="SCHEMA_REFUSED")
