"""Digests of files, view rows and refused bytes; a digest in a field is ``alg:hex``.

Evidence has two digests, the profile's and SHA-256, so that it can be checked with what is at
hand. A view's digest is a sum modulo 2**2048, so that rows may come and go in any order; 256 bytes
a row keep an insider from finding rows with a wanted sum (docs/spec/views.md).

Read before: ``ledger/chain/jcs.py``. Read next: ``ledger/chain/stream_heads.py``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from blake3 import blake3

from ledger.chain.jcs import canonical_json
from ledger.chain.links import GUOMI, INTERNATIONAL
from ledger.errors import MalformedError, UnavailableError

ROW_DIGEST_SIZE_BYTES: Final = 256
DIGEST_MODULUS: Final = 1 << 8 * ROW_DIGEST_SIZE_BYTES
VIEW_DIGEST_PREFIX: Final = "blake3-sum2048:"
RAW_SALT_SIZE_BYTES: Final = 32

_DIGEST = re.compile(r"(?:blake3|sm3|sha256):[0-9a-f]{64}")
_VIEW_DIGEST = re.compile(rf"{VIEW_DIGEST_PREFIX}[0-9a-f]{{512}}")
_ALGORITHMS = {INTERNATIONAL: "blake3", GUOMI: "sm3"}


class EvidenceDigests(NamedTuple):
    """Both digests of a file, ``alg:hex``, and its size in bytes."""

    profile: str
    sha256: str
    size: int


class EvidenceHasher:
    """Computes both digests of a file in one pass, piece by piece."""

    def __init__(self, profile: str) -> None:
        """Start with nothing read.

        Args:
            profile: ``international`` (BLAKE3) or ``guomi`` (SM3).

        Raises:
            MalformedError: no such profile.
            UnavailableError: this machine's OpenSSL has no SM3.
        """
        self._algorithm = _algorithm(profile)
        self._profile = blake3() if self._algorithm == "blake3" else _new_sm3()
        self._sha256 = hashlib.sha256()
        self._size = 0

    def update(self, data: bytes) -> None:
        """Take the file's next bytes."""
        self._profile.update(data)
        self._sha256.update(data)
        self._size += len(data)

    def digests(self) -> EvidenceDigests:
        """Return the digests of what has been read so far."""
        return EvidenceDigests(
            f"{self._algorithm}:{self._profile.hexdigest()}",
            f"sha256:{self._sha256.hexdigest()}",
            self._size,
        )


def file_digest(profile: str, data: bytes) -> str:
    """Return the digest of ``data`` in the ledger's profile: ``blake3:hex`` or ``sm3:hex``.

    Raises:
        MalformedError: no such profile.
        UnavailableError: this machine's OpenSSL has no SM3.
    """
    if _algorithm(profile) == "blake3":
        return f"blake3:{blake3(data).hexdigest()}"
    hasher = _new_sm3()
    hasher.update(data)
    return f"sm3:{hasher.hexdigest()}"


def sha256_digest(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as ``sha256:hex``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_ok(text: str) -> bool:
    """Return whether ``text`` is a digest as fields hold it: ``blake3``, ``sm3`` or ``sha256``."""
    return _DIGEST.fullmatch(text) is not None


def object_path(digest: str) -> str:
    """Return where a content-addressed object lies: ``ab/cd/abcd...``, from its ``alg:hex`` digest.

    Raises:
        MalformedError: not a digest.
    """
    if not digest_ok(digest):
        raise MalformedError("not a digest")
    digits = digest.partition(":")[2]
    return f"{digits[:2]}/{digits[2:4]}/{digits}"


def row_digest(table: str, key: Sequence[str], columns: Mapping[str, str | None]) -> int:
    """Return the digest of a view's row, 0 to ``DIGEST_MODULUS`` - 1.

    A view's digest is the sum of its rows' modulo ``DIGEST_MODULUS``: add for a new row, subtract
    for one that goes.

    Args:
        table: The table's name.
        key: The primary key's columns as text, in key order.
        columns: All other columns: text, times as UTC microseconds in decimal, None for null.
    """
    row = canonical_json([table, list(key), dict(columns)])
    return int.from_bytes(blake3(row).digest(length=ROW_DIGEST_SIZE_BYTES), "big")


def format_view_digest(digest: int) -> str:
    """Return a view's digest as a field holds it: ``blake3-sum2048:`` and 512 hex digits."""
    assert 0 <= digest < DIGEST_MODULUS
    return f"{VIEW_DIGEST_PREFIX}{digest:0512x}"


def parse_view_digest(text: str) -> int:
    """Return the number that ``format_view_digest`` has written.

    Raises:
        MalformedError: not a view's digest.
    """
    if not _VIEW_DIGEST.fullmatch(text):
        raise MalformedError("not a view's digest")
    return int(text.removeprefix(VIEW_DIGEST_PREFIX), 16)


def raw_hash(salt: bytes, raw: bytes) -> str:
    """Return the salted hash of refused bytes: ``sha256:`` of SHA-256(05 || salt || raw).

    Args:
        salt: 32 random bytes, kept with the raw bytes and destroyed with them. Without them nobody
            can confirm a guess of what was refused.
        raw: The refused record's value.
    """
    assert len(salt) == RAW_SALT_SIZE_BYTES
    return sha256_digest(b"\x05" + salt + raw)


def _algorithm(profile: str) -> str:
    algorithm = _ALGORITHMS.get(profile)
    if algorithm is None:
        raise MalformedError("no such hash profile")
    return algorithm


def _new_sm3() -> hashlib._Hash:
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise UnavailableError("OpenSSL here has no SM3, which the guomi profile needs") from error
