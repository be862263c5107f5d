"""Which partition a key goes to: Kafka's default partitioner, murmur2.

An act in the wrong partition is refused, since all acts of a stream must be in one log; so the
ledger computes what the emitter's Kafka client should have computed (docs/spec/act.md).

Read before: ``ledger/chain/act.py``. Read next: ``consumers/append/decode.py``.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_for(key: bytes, n: int) -> int:
    """Return the partition, 0 to ``n`` - 1, of a record with this key.

    Args:
        key: The record key's bytes, not empty in our topics.
        n: The number of partitions of the topic, at least 1.
    """
    assert n >= 1
    return 0 if n == 1 else (murmur2(key) & 0x7FFFFFFF) % n


# A stream's acts all have its key, so most keys have been seen; 64k keys take about 10 MB.
@lru_cache(maxsize=65_536)
def murmur2(data: bytes) -> int:
    """Return the 32-bit murmur2 of ``data``, unsigned, with the seed that Kafka uses."""
    length = len(data)
    words = length >> 2
    digest = _SEED ^ length
    for word in struct.unpack_from(f"<{words}I", data):
        mixed = word * _MULTIPLIER & _MASK
        mixed ^= mixed >> 24
        digest = digest * _MULTIPLIER & _MASK ^ mixed * _MULTIPLIER & _MASK
    if length & 3:
        digest ^= int.from_bytes(data[words << 2 :], "little")
        digest = digest * _MULTIPLIER & _MASK
    digest ^= digest >> 13
    digest = digest * _MULTIPLIER & _MASK
    return digest ^ digest >> 15
