"""The method of the discretion aid: points, limits and thresholds, from its data file.

Read before: ``schemas/discretion/discretion-1.json``. Read next: ``projection``.
Trusts: the installed package; a test holds the file against what is read of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from schemas.loader import file_json

FILE: Final = "discretion/discretion-1.json"


@cache
def method() -> dict[str, Any]:
    """Return the whole file."""
    found: dict[str, Any] = file_json(FILE)
    return found


def version() -> str:
    """Return the version that is written into acts."""
    return str(method()["version"])


def ground_prefixes() -> tuple[str, ...]:
    """Return how facts begin that are named as mitigating or aggravating."""
    return tuple(method()["ground_prefixes"])
