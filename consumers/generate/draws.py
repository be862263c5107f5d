"""Deterministic draws: the same seed gives the same history on every machine and version.

Python's own generator promises that for some of its methods only; SHAKE-256 over the seed
(FIPS 202) promises it for every byte.

Read before: ``consumers/generate/commands.py``. Read next: ``consumers/generate/timeline.py``.
Trusts: nothing. These bytes are no secrets: whoever knows the seed knows them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

_BLOCK_BYTES: Final = 4_096
_T = TypeVar("_T")


class Draws:
    """An endless stream of bytes, and choices made of it."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._block = b""
        self._position = 0
        self._blocks = 0

    def bytes(self, size: int) -> bytes:
        """Return the next ``size`` bytes, at most 4,096."""
        end = self._position + size
        if end > len(self._block):
            shake = hashlib.shake_256(self._seed + self._blocks.to_bytes(8, "big"))
            self._block = shake.digest(_BLOCK_BYTES)
            self._blocks += 1
            self._position, end = 0, size
        self._position = end
        return self._block[end - size : end]

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1; ``bound`` far below 2**64."""
        return int.from_bytes(self.bytes(8), "big") % bound

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """Return True in ``per_mille`` of 1,000 draws."""
        return self.below(1_000) < per_mille

    def choice(self, items: Sequence[_T]) -> _T:
        """Return one of ``items``."""
        return items[self.below(len(items))]

    def uuid(self) -> str:
        """Return a random UUID (version 4) as text."""
        raw = bytearray(self.bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def digest(self) -> str:
        """Return the digest of a file that is not there, ``sha256:`` and 64 hex digits."""
        return "sha256:" + self.bytes(32).hex()
