"""Commitments: how an act names a personal value without holding it.

Read before: docs/spec/sealing.md, ``avro``. Read next: ``sealing``.

``commitment = SHA-256(04 || salt || event id || len || path || len || value)``, lengths u32
big-endian, path = RFC 6901 pointer of the field, value = RFC 8785 JSON. With a random salt of
32 bytes it says nothing about the value; with the opening anybody can check the value. Path
and event id bind it to its place, so that a value cannot be moved to another field or act.
Openings hold personal values: they never enter a message, a log line or an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.chain.avro import compile_codec

SALT_BYTES: Final = 32

# Record Opening of schemas/Opening.avsc; a test holds the two against each other.
_OPENINGS: Final = compile_codec(
    {
        "type": "array",
        "items": {
            "type": "record",
            "name": "Opening",
            "namespace": "lianzheng",
            "fields": [
                {"name": "path", "type": "string"},
                {"name": "subjectId", "type": "string"},
                {"name": "salt", "type": {"type": "fixed", "name": "Salt", "size": SALT_BYTES}},
                {"name": "value", "type": "bytes"},
            ],
        },
    }
)


class Opening(NamedTuple):
    """What opens one commitment."""

    path: str  # RFC 6901 pointer of the commitment field, ``/party/nameCommitment``.
    subject_id: str  # Whom the value concerns: a party's id, or the case.
    salt: bytes  # 32 random bytes.
    value: bytes  # RFC 8785 JSON.

    def __repr__(self) -> str:
        # The value is personal and must not get into a traceback or a log.
        return f"Opening({self.path!r})"


def commitment(salt: bytes, event_id: bytes, path: str, value: bytes) -> bytes:
    """Return the commitment to one value: 32 bytes.

    Args:
        salt: 32 random bytes, drawn for this value only.
        event_id: 16 bytes, the act's.
        path: RFC 6901 pointer of the commitment field in the payload.
        value: RFC 8785 JSON.
    """
    assert len(salt) == SALT_BYTES
    assert len(event_id) == 16
    pointer = path.encode()
    return hashlib.sha256(
        b"".join(
            (
                b"\x04",
                salt,
                event_id,
                len(pointer).to_bytes(4, "big"),
                pointer,
                len(value).to_bytes(4, "big"),
                value,
            )
        )
    ).digest()


def encode_openings(openings: Sequence[Opening]) -> bytes:
    """Return openings, in the order of their paths, as an Avro array.

    Raises:
        MalformedError: A field does not fit the schema.
    """
    return _OPENINGS.encode(
        [
            {"path": o.path, "subjectId": o.subject_id, "salt": o.salt, "value": o.value}
            for o in openings
        ]
    )


def decode_openings(data: bytes) -> list[Opening]:
    """Return the openings that an Avro array holds, read strictly; their content is not judged.

    Raises:
        MalformedAvroError: Not the one strict encoding of an array of openings.
    """
    return [
        Opening(item["path"], item["subjectId"], item["salt"], item["value"])
        for item in _OPENINGS.decode(data)
    ]
