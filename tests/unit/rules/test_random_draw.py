"""The random draw gives what docs/spec/random-draw.md says, and tells a draw from a choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.rules.random_draw import (
    ALGORITHM,
    OBJECTS,
    OFFICERS,
    draw,
    is_consistent,
    pool_hash,
    reproduces,
    seed_commitment,
)

VECTOR = json.loads((Path(__file__).resolve().parents[2] / "data" / "random-draw.json").read_text())
SEED = bytes.fromhex(VECTOR["seed"])
POOLS = {
    group["group"]: [f"{group['prefix']}{number}" for number in range(1, group["count"] + 1)]
    for group in VECTOR["groups"]
}


def conducted(**given: Any) -> dict[str, Any]:
    """Return the payload of an honest draw of two objects and two officers."""
    objects, officers = POOLS[OBJECTS], POOLS[OFFICERS]
    return {
        "poolHash": pool_hash(objects),
        "poolSize": len(objects),
        "officerPoolHash": pool_hash(officers),
        "officerPoolSize": len(officers),
        "seedCommit": seed_commitment(SEED),
        "seedReveal": SEED.hex(),
        "algorithm": ALGORITHM,
        "drawnObjects": draw(SEED, OBJECTS, objects, 2),
        "drawnOfficers": draw(SEED, OFFICERS, officers, 2),
        **given,
    }


def test_a_seed_is_promised_as_the_vector_says() -> None:
    assert seed_commitment(SEED) == VECTOR["seedCommit"]


@pytest.mark.parametrize("group", VECTOR["groups"], ids=lambda group: group["group"])
def test_a_pool_is_drawn_from_as_the_vector_says(group: dict[str, Any]) -> None:
    """In whatever order the pool comes."""
    pool = POOLS[group["group"]]
    for given in (pool, pool[::-1]):
        assert pool_hash(given) == group["pool_hash"]
        assert draw(SEED, group["group"], given, len(group["drawn"])) == group["drawn"]


def test_whoever_has_the_pools_draws_the_same_again() -> None:
    assert reproduces(conducted(), POOLS[OBJECTS], POOLS[OFFICERS])


def test_a_pool_with_one_more_or_one_less_is_another_draw() -> None:
    objects, officers = POOLS[OBJECTS], POOLS[OFFICERS]
    assert not reproduces(conducted(), [*objects, "object:21"], officers)
    assert not reproduces(conducted(), objects, officers[:-1])


def test_a_later_one_of_the_pool_is_found_by_whoever_has_the_pool() -> None:
    """Left out is the one with the smallest number: in order, but not what the seed draws."""
    chosen = draw(SEED, OBJECTS, POOLS[OBJECTS], 3)[1:]
    assert is_consistent(conducted(drawnObjects=chosen))
    assert not reproduces(conducted(drawnObjects=chosen), POOLS[OBJECTS], POOLS[OFFICERS])
