"""The link of a stream: each entry carries the hash of the stream's entry before it.

So the entries of one matter are one chain: their order, and that none is missing before the last,
can be proven without the rest of the log (docs/spec/entry.md, "Stream link").

Read before: ``ledger/chain/entry.py``. Read next: ``ledger/store/recorder.py``.
"""

from __future__ import annotations

import hashlib
from typing import Final

from blake3 import blake3

from ledger.errors import MalformedError, UnavailableError

LINK_CONTEXT: Final = "lianzheng 2026-11 stream link v1"
ZERO_LINK: Final = bytes(32)  # Carried by the first entry of a stream.
INTERNATIONAL: Final = "international"
GUOMI: Final = "guomi"

# blake3 turns the context into a key each time it is given one; a copy of the keyed state does not.
_INTERNATIONAL_START: Final = blake3(derive_key_context=LINK_CONTEXT)
_GUOMI_START: Final = LINK_CONTEXT.encode() + b"\x00"


def stream_link(entry: bytes, profile: str) -> bytes:
    """Return the 32-byte link hash of an entry, which the next entry of its stream carries.

    Args:
        entry: The entry's exact bytes.
        profile: ``international`` (BLAKE3 in key derivation mode) or ``guomi`` (SM3, GB/T 32905).

    Raises:
        MalformedError: no such profile.
        UnavailableError: this machine's OpenSSL has no SM3.
    """
    if profile == INTERNATIONAL:
        return _INTERNATIONAL_START.copy().update(entry).digest()
    if profile == GUOMI:
        return sm3(_GUOMI_START + entry)
    raise MalformedError("no such hash profile")


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 digest of ``data``.

    Raises:
        UnavailableError: this machine's OpenSSL has no SM3.
    """
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError as error:
        raise UnavailableError("OpenSSL here has no SM3, which the guomi profile needs") from error
