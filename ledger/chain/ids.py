"""Identifiers: event ids, alert ids, and the shapes that names and identifiers must have.

What the ledger itself makes has an id computed from its cause, so making it twice makes the same
thing. Such hashes run over each text after its big-endian u32 length, numbers in decimal
(docs/spec/conventions.md).

Read before: ``ledger/errors.py``. Read next: ``ledger/chain/act.py``.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from ledger.errors import MalformedError

IDENTIFIER_PATTERN: Final = r"[A-Za-z0-9:._-]{1,128}"
NAME_PATTERN: Final = r"[a-z0-9.-]{1,64}"
ORIGIN_PATTERN: Final = rf"{NAME_PATTERN}/(?:control|log/(?:[0-9]|1[0-5]))"
CREDIT_CODE_PATTERN: Final = r"[0-9A-HJ-NPQRTUWXY]{18}"

_IDENTIFIER = re.compile(IDENTIFIER_PATTERN)
_NAME = re.compile(NAME_PATTERN)
_ORIGIN = re.compile(ORIGIN_PATTERN)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME_MS_END = 1 << 48


def identifier_ok(text: str) -> bool:
    """Return whether ``text`` is an identifier: 1 to 128 of ``A-Z a-z 0-9 : . _ -``."""
    return _IDENTIFIER.fullmatch(text) is not None


def emitter_id_ok(text: str) -> bool:
    """Return whether ``text`` can name an emitter: 1 to 64 of ``a-z 0-9 . -``."""
    return _NAME.fullmatch(text) is not None


def ledger_name_ok(text: str) -> bool:
    """Return whether ``text`` can name a ledger: the same shape as an emitter id."""
    return _NAME.fullmatch(text) is not None


def origin_ok(text: str) -> bool:
    """Return whether ``text`` is a log's origin: ``<ledger>/control`` or ``<ledger>/log/<n>``."""
    return _ORIGIN.fullmatch(text) is not None


def uuid_text(value: bytes) -> str:
    """Return 16 bytes as a lower-case UUID with hyphens."""
    assert len(value) == 16
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid_bytes(text: str) -> bytes:
    """Return the 16 bytes of a lower-case UUID with hyphens.

    Raises:
        MalformedError: any other writing of a UUID, or none.
    """
    if not _UUID.fullmatch(text):
        raise MalformedError("not a lower-case UUID with hyphens")
    return bytes.fromhex(text.replace("-", ""))


def uuid7(time_ms: int, random10: bytes) -> bytes:
    """Return a UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits.

    Args:
        time_ms: Milliseconds since 1970-01-01 UTC, below 2**48.
        random10: 10 random bytes, of which 74 bits are used.
    """
    assert 0 <= time_ms < _TIME_MS_END
    assert len(random10) == 10
    return _with_version(time_ms.to_bytes(6, "big") + random10, 7)


def uuid8(digest: bytes) -> bytes:
    """Return a UUIDv8 (RFC 9562 section 5.8): 16 bytes of a digest, version and variant set."""
    assert len(digest) >= 16
    return _with_version(digest[:16], 8)


def ledger_event_id(*parts: str | int) -> bytes:
    """Return the event id of what a log writes itself: 16 bytes, a UUIDv8.

    Args:
        parts: incarnation, topic, partition, offset, event type, n from 0; or, where there is no
            source, origin, leaf index, event type.
    """
    return uuid8(_parts_digest(parts))


def alert_id(rule_id: str, subject: str, trigger: str) -> str:
    """Return the id of an alert: 64 lower-case hex digits.

    Args:
        rule_id: The rule, such as ``V-LR-01``.
        subject: The stream or thing concerned.
        trigger: ``<origin>#<leafIndex>`` of the entry at which the rule first held, or a
            deadline's id.
    """
    return _parts_digest((rule_id, subject, trigger)).hex()


def alert_event_id(alert: str) -> bytes:
    """Return the event id of the act that raises this alert: 16 bytes, a UUIDv8."""
    return uuid8(bytes.fromhex(alert))


def _parts_digest(parts: tuple[str | int, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        content = str(part).encode()
        digest.update(len(content).to_bytes(4, "big"))
        digest.update(content)
    return digest.digest()


def _with_version(value: bytes, version: int) -> bytes:
    """Set version (high half of byte 6) and variant (top of byte 8), RFC 9562 section 4."""
    parts = bytearray(value)
    parts[6] = parts[6] & 0x0F | version << 4
    parts[8] = parts[8] & 0x3F | 0x80
    return bytes(parts)
