"""The least payload that a schema takes, for examples that say only what matters to them.

Read before: ``schemas/loader.py``. Read next: ``ledger/rules/rule_examples.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from schemas.loader import event_schemas


def sample(event_type: str, version: int = 1, /, **given: Any) -> dict[str, Any]:
    """Return a payload of an event type: ``given``, and the least that its schema takes."""
    return _merged(least(_parsed(event_type, version), {}), given)


@cache
def _parsed(event_type: str, version: int) -> Any:
    return json.loads(event_schemas()[event_type, version])


def least(schema: Any, named: dict[str, Any]) -> Any:
    """Return the least value of a schema; optional is absent, lists are empty."""
    if isinstance(schema, list):
        for option in schema:
            least(option, named)
        return None
    if isinstance(schema, str):
        plain = {"string": "x", "bytes": b"", "int": 0, "long": 0, "boolean": False, "null": None}
        return plain[schema] if schema in plain else least(named[schema], named)
    if "name" in schema:
        named[schema["name"]] = schema
    kind = schema["type"]
    if kind == "record":
        return {field["name"]: least(field["type"], named) for field in schema["fields"]}
    if kind == "enum":
        return schema["symbols"][0]
    if kind == "fixed":
        return bytes(schema["size"])
    if kind == "array":
        least(schema["items"], named)
        return []
    return least(kind, named)


def _merged(value: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    for name, item in given.items():
        assert name in value, name
        nested = isinstance(item, dict) and isinstance(value[name], dict)
        value[name] = _merged(value[name], item) if nested else item
    return value
