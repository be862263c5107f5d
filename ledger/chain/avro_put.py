"""The small writers that generated code calls: each checks its value and appends its bytes.

A value that does not fit its schema is refused with the pointer of its field; the value itself is
in no message.

Read before: ``ledger/chain/varint.py``. Read next: ``ledger/chain/avro.py``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from ledger.chain.varint import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, long_bytes
from ledger.errors import MalformedError


def put_text(out: bytearray, value: object, pointer: str) -> None:
    """Append a text: length, then UTF-8. Refuses what is not NFC."""
    if not isinstance(value, str):
        raise misfit("a text is wanted", pointer)
    if not unicodedata.is_normalized("NFC", value):
        raise misfit("text not NFC", pointer)
    try:
        content = value.encode()
    except UnicodeEncodeError:
        raise misfit("text has a lone surrogate", pointer) from None
    out += long_bytes(len(content))
    out += content


def put_bytes(out: bytearray, value: object, pointer: str) -> None:
    """Append bytes: length, then content."""
    if not isinstance(value, bytes):
        raise misfit("bytes are wanted", pointer)
    out += long_bytes(len(value))
    out += value


def put_fixed(out: bytearray, value: object, size: int, pointer: str) -> None:
    """Append exactly ``size`` bytes."""
    if not isinstance(value, bytes) or len(value) != size:
        raise misfit(f"{size} bytes are wanted", pointer)
    out += value


def put_boolean(out: bytearray, value: object, pointer: str) -> None:
    """Append 00 or 01."""
    if not isinstance(value, bool):
        raise misfit("a boolean is wanted", pointer)
    out.append(value)


def put_int(out: bytearray, value: object, pointer: str) -> None:
    """Append a 32-bit number."""
    if not isinstance(value, int) or isinstance(value, bool) or not INT_MIN <= value <= INT_MAX:
        raise misfit("a 32-bit number is wanted", pointer)
    out += long_bytes(value)


def put_long(out: bytearray, value: object, pointer: str) -> None:
    """Append a 64-bit number."""
    if not isinstance(value, int) or isinstance(value, bool) or not LONG_MIN <= value <= LONG_MAX:
        raise misfit("a 64-bit number is wanted", pointer)
    out += long_bytes(value)


def put_enum(out: bytearray, value: object, codes: Mapping[str, int], pointer: str) -> None:
    """Append the code of a symbol."""
    code = codes.get(value) if isinstance(value, str) else None
    if code is None:
        raise misfit("no such symbol", pointer)
    out += long_bytes(code)


def put_count(out: bytearray, value: object, pointer: str) -> None:
    """Append the count of an array's only block; 00 is the whole of an empty array."""
    if not isinstance(value, list | tuple):
        raise misfit("an array is wanted", pointer)
    out += long_bytes(len(value))


def check_record(value: object, names: set[str], pointer: str) -> None:
    """Refuse what is no record of exactly these fields."""
    if not isinstance(value, Mapping):
        raise misfit("a record is wanted", pointer)
    if value.keys() != names:
        raise misfit("a field is missing or unknown", pointer)


def misfit(why: str, pointer: str) -> MalformedError:
    """Return the error for a value that does not fit its schema."""
    return MalformedError(f"{why} at {pointer or '/'}", pointer=pointer)
