"""The random draw of inspections (双随机): anyone with the pool draws the same again.

Read before: docs/spec/random-draw.md, which is normative. Read next: ``violations/inspection``.

Each identifier of a pool gets a number that follows from the seed, the pool and itself; those with
the smallest numbers are drawn. The seed was promised by its digest before, so nobody chose it by
what it draws; whoever has seed and pool gets the same list, in the same order.
Trusts nothing: a draw is what an agency says it did.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

ALGORITHM: Final = "lianzheng-draw-1"
OBJECTS: Final = "objects"
OFFICERS: Final = "officers"


def seed_commitment(seed: bytes) -> str:
    """Return what promises a seed of 32 bytes: ``sha256:hex``."""
    return f"sha256:{hashlib.sha256(seed).hexdigest()}"


def pool_hash(pool: Collection[str]) -> str:
    """Return the digest of a pool, in whatever order it is given: ``sha256:hex``."""
    ids = sorted(set(pool))
    return f"sha256:{hashlib.sha256(_framed([str(len(ids)), *ids])).hexdigest()}"


def draw(seed: bytes, group: str, pool: Collection[str], count: int) -> list[str]:
    """Return the ``count`` identifiers of a pool that a seed draws, in the order drawn.

    Args:
        seed: 32 bytes.
        group: ``objects`` or ``officers``.
        pool: Distinct identifiers.
        count: At most the size of the pool.
    """
    digest = pool_hash(pool)
    return sorted(set(pool), key=lambda name: _number(seed, group, digest, name))[:count]


def is_in_drawn_order(seed: bytes, group: str, digest: str, drawn: Sequence[str]) -> bool:
    """Tell whether identifiers are distinct and stand in the order in which a seed draws them.

    What can be said without the pool: others of it may have smaller numbers.
    """
    numbers = [_number(seed, group, digest, name) for name in drawn]
    return all(one < following for one, following in pairwise(numbers))


def reproduces(
    payload: Mapping[str, Any], objects: Collection[str], officers: Collection[str]
) -> bool:
    """Tell whether a ``RandomDrawConducted`` follows from its seed and these two pools."""
    seed = bytes.fromhex(payload["seedReveal"])
    pools = (
        (OBJECTS, objects, "pool", "drawnObjects"),
        (OFFICERS, officers, "officerPool", "drawnOfficers"),
    )
    return is_consistent(payload) and all(
        payload[f"{name}Hash"] == pool_hash(pool)
        and payload[f"{name}Size"] == len(set(pool))
        and list(payload[drawn]) == draw(seed, group, pool, len(payload[drawn]))
        for group, pool, name, drawn in pools
    )


def is_consistent(payload: Mapping[str, Any]) -> bool:
    """Tell whether a ``RandomDrawConducted`` can be one, as far as it can be seen without pools."""
    if payload["algorithm"] != ALGORITHM:
        return False
    seed = bytes.fromhex(payload["seedReveal"])
    objects, officers = payload["drawnObjects"], payload["drawnOfficers"]
    return (
        payload["seedCommit"] == seed_commitment(seed)
        and 1 <= len(objects) <= payload["poolSize"]
        and 1 <= len(officers) <= payload["officerPoolSize"]
        and is_in_drawn_order(seed, OBJECTS, payload["poolHash"], objects)
        and is_in_drawn_order(seed, OFFICERS, payload["officerPoolHash"], officers)
    )


def _number(seed: bytes, group: str, digest: str, name: str) -> bytes:
    return hmac.new(seed, _framed([group, digest, name]), hashlib.sha256).digest()


def _framed(parts: Sequence[str]) -> bytes:
    """Return texts, each after its length of four bytes, so that no two lists look alike."""
    contents = [part.encode() for part in parts]
    return b"".join(len(content).to_bytes(4, "big") + content for content in contents)
