"""Canonical JSON (RFC 8785), without fractions.

What is hashed as JSON has one writing: members sorted by their UTF-16 code units, no blanks, few
escapes. Numbers are whole and within 2**53 - 1 either way, so that every reader keeps them exact;
there are none at all in a disclosure record (docs/spec/disclosure-record.md).

Read before: nothing. Read next: ``ledger/chain/digests.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, TypeAlias

from ledger.errors import MalformedError

NUMBER_MAX: Final = (1 << 53) - 1  # RFC 7493 section 2.2: whole numbers that all readers keep.
DEPTH_MAX: Final = 32

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


def canonical_json(value: object) -> bytes:
    """Return the canonical JSON of ``value``, UTF-8.

    Args:
        value: None, bool, int, str, list or tuple, or mapping with text keys, nested at most
            ``DEPTH_MAX`` deep. Text is taken as it is; nothing is normalised.

    Raises:
        MalformedError: a fraction, a number over ``NUMBER_MAX``, a lone surrogate, or another type.
    """
    text = _ENCODER.encode(_ordered(value, 0))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedError("text has a lone surrogate") from None


def _ordered(value: object, depth: int) -> Json:
    """Return ``value`` with its members in order, everything in it checked."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if not -NUMBER_MAX <= value <= NUMBER_MAX:
            raise MalformedError("number too large for JSON")
        return value
    if depth >= DEPTH_MAX:
        raise MalformedError("JSON nested too deep")
    if isinstance(value, list | tuple):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {name: _ordered(value[name], depth + 1) for name in _names(value)}
    raise MalformedError("neither null, boolean, whole number, text, array nor object")


def _names(members: Mapping[object, object]) -> list[str]:
    """Return the names of an object's members in the order of RFC 8785 section 3.2.3."""
    names = [name for name in members if isinstance(name, str)]
    if len(names) != len(members):
        raise MalformedError("a member's name is a text")
    # Big-endian bytes sort as the code units do; for ASCII, so does the text itself.
    return sorted(names, key=None if "".join(names).isascii() else _utf16)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")
