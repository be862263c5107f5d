"""Numbers and hashes as text, in the one spelling that our formats accept.

Read before: docs/spec/conventions.md. Read next: ``notes``, ``submission``.

Two spellings of one value would give two texts under one signature, or one text that two
readers take differently, so a second spelling is refused, never repaired.
Trusts nothing: every input comes from outside.
"""

from __future__ import annotations

import binascii
from typing import Final

from ledger.errors import MalformedError

SIZE_MAX: Final = 2**63 - 1  # A tree size is a positive signed 64-bit number.
HASH_TEXT_CHARS: Final = 44  # Base64 of 32 bytes, with padding.


def read_decimal(text: bytes, at_most: int = SIZE_MAX) -> int:
    """Return the number that ``text`` spells: ASCII digits, no sign, no leading zero.

    Raises:
        MalformedError: Another spelling, or more than ``at_most``.
    """
    # The length comes first: int() of a long text costs quadratic time.
    if not 0 < len(text) <= 19 or not text.isdigit() or (text[0] == 0x30 and len(text) > 1):
        raise MalformedError("not a canonical decimal number")
    if (number := int(text)) > at_most:
        raise MalformedError("number out of bounds")
    return number


def read_base64(text: bytes) -> bytes:
    """Return the bytes that ``text`` encodes: standard alphabet, padded, no stray bit.

    Raises:
        MalformedError: Another spelling.
    """
    try:
        decoded = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise MalformedError("not base64") from error
    # Strict mode lets unused bits of the last character pass; writing it again does not.
    if binascii.b2a_base64(decoded, newline=False) != text:
        raise MalformedError("not canonical base64")
    return decoded


def read_hash(text: bytes) -> bytes:
    """Return the 32 bytes that ``text`` encodes in base64.

    Raises:
        MalformedError: Not canonical base64 of exactly 32 bytes.
    """
    if len(text) != HASH_TEXT_CHARS:
        raise MalformedError("not the base64 of 32 bytes")
    decoded = read_base64(text)
    if len(decoded) != 32:
        raise MalformedError("not the base64 of 32 bytes")
    return decoded


def base64_text(data: bytes) -> str:
    """Return ``data`` in standard base64 with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
