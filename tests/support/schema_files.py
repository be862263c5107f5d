"""The schemas of the golden vectors, compiled once."""

from __future__ import annotations

from functools import cache

from ledger.chain.avro import Codec, compile_codec
from tests.support.vectors import VECTORS


def schema_text(name: str) -> str:
    """Return the exact text of a schema, such as ``Act`` or ``PenaltyDecisionMade.v1``."""
    path = VECTORS / f"{name}.avsc"
    if not path.exists():
        path = VECTORS / "examples" / f"{name}.avsc"
    return path.read_bytes().decode()


@cache
def codec(name: str) -> Codec:
    """Return the codec of a schema by its file's name."""
    return compile_codec(schema_text(name))
