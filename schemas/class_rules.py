"""The class rules: what an event type's fields may be, so that nothing personal is in the clear.

Read before: docs/spec/act.md (field classes). Read next: ``schemas/compatibility.py``.
Trusts: nothing; it judges texts before they are published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.catalogue import load_catalogue
from schemas.compatibility import check_all
from schemas.loader import (
    event_schema_files,
    event_schemas,
    schema_files,
    schema_text,
    symbol_words,
)


def all_faults() -> list[str]:
    """Return every fault of the installed event types: class rules, catalogue, compatibility."""
    found = []
    for file in event_schema_files().values():
        found += [f"{file}: {fault}" for fault in faults(schema_text(file))]
    schemas = event_schemas()
    typed = {event_type for event_type, _ in schemas}
    rows = set(load_catalogue().rows)
    found += [f"{name}: no row in catalogue.yaml" for name in sorted(typed - rows)]
    found += [f"{name}: a catalogue row without a schema" for name in sorted(rows - typed)]
    return found + symbol_faults(symbol_words()) + check_all(schemas)


def symbol_faults(words: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return each symbol of an installed enum that pages have no Chinese word for."""
    enums = [
        (named["name"], symbol)
        for file in schema_files()
        for named in named_types(json.loads(schema_text(file)))
        for symbol in named.get("symbols", ())
    ]
    return [
        f"{name}: no word for {symbol} in symbols.json"
        for name, symbol in sorted(set(enums))
        if not words.get(name, {}).get(symbol)
    ]


def faults(text: str) -> list[str]:
    """Return what is against the class rules in a schema."""
    schema = json.loads(text)
    found = []
    records = [schema, *(t for t in named_types(schema) if t["type"] == "record")]
    found += [f"{record['name']}: no cn" for record in records if not record.get("cn")]
    for field in fields(schema):
        name, kind = field["name"], field.get("class")
        if kind not in set("PIXS") or not field.get("cn"):
            found.append(f"{name}: class {kind}, cn {field.get('cn')}")
        for leaf in leaf_types(field["type"]):
            is_record = isinstance(leaf, dict) and leaf["type"] == "record"
            type_name = leaf.get("name") if isinstance(leaf, dict) else leaf
            is_commitment = type_name == "Commitment"
            if kind == "S" and not is_commitment and not is_record and name != "salt":
                found.append(f"{name}: an S field that is no commitment")
            if is_commitment and kind not in ("S", "X"):
                found.append(f"{name}: a commitment of class {kind}")
            if kind in ("I", "X") and leaf == "string" and "pattern" not in field:
                found.append(f"{name}: an {kind} string without a pattern")
            if kind == "X" and leaf != "string" and not is_commitment:
                found.append(f"{name}: an X field that is neither digest nor commitment")
    return found


def leaf_types(node: Any) -> Iterator[Any]:
    """Yield the types a field may hold, out of its union and its array."""
    if isinstance(node, list):
        for branch in node:
            if branch != "null":
                yield from leaf_types(branch)
    elif isinstance(node, dict) and node["type"] == "array":
        yield from leaf_types(node["items"])
    else:
        yield node


def fields(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all fields of a schema, those of nested records included."""
    for leaf in leaf_types(node):
        if isinstance(leaf, dict) and leaf["type"] == "record":
            for field in leaf["fields"]:
                yield field
                yield from fields(field["type"])


def named_types(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each definition of a named type."""
    for leaf in leaf_types(node):
        if isinstance(leaf, dict) and "name" in leaf:
            yield leaf
            for field in leaf.get("fields", []):
                yield from named_types(field["type"])
