"""The golden vectors, which a second implementation computed (tests/vectors/README.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


@cache
def load(name: str) -> Any:
    """Return the parsed content of ``tests/vectors/<name>.json``; nobody may change it."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
