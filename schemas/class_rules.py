"""The class rules: what an event type's fields may be, so that nothing personal is in the clear.

Read before: docs/spec/act.md (field classes), ``schemas/catalogue_rules.py``.
Read next: ``schemas/type_rules.py``.
Trusts: nothing; it judges texts before they are published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

COMMITMENT: Final = "Commitment"
_CLASSES: Final = ("P", "I", "X", "S")
_COMPLEX: Final = ("record", "enum", "fixed", "array")


def faults(text: str) -> list[str]:
    """Return what is against the class rules in a schema; each fault begins with its place."""
    schema = json.loads(text)
    records = [it for it in named_types(schema) if it.get("type") == "record"]
    found = [f"{record['name']}: no cn" for record in records if not record.get("cn")]
    for field in fields(schema):
        found += [f"field {field.get('name')}: {fault}" for fault in _field_faults(field)]
    return found


def public_faults(text: str) -> list[str]:
    """Return each field of a schema that a type with ``public: true`` must not have.

    Its entries are served without a login: class P and commitments only.
    """
    return [
        f"field {field.get('name')}: class {field.get('class')} in a public type, no commitment"
        for field in fields(json.loads(text))
        if field.get("class") != "P"
        and not all(is_commitment(it) or is_record(it) for it in leaf_types(field.get("type")))
    ]


def _field_faults(field: dict[str, Any]) -> Iterator[str]:
    kind = field.get("class")
    if kind not in _CLASSES:
        yield "no class of P, I, X, S"
    if not field.get("cn"):
        yield "no cn"
    pattern = field.get("pattern")
    if isinstance(pattern, str) and not (pattern.startswith("^") and pattern.endswith("$")):
        yield "a pattern that is not anchored with ^ and $"
    for leaf in leaf_types(field.get("type")):
        is_clear = not is_commitment(leaf) and not is_record(leaf)
        if kind == "S" and is_clear and field.get("name") != "salt":
            yield "an S field that is no commitment"
        if is_commitment(leaf) and kind not in ("S", "X"):
            yield f"a commitment of class {kind}"
        if kind in ("I", "X") and leaf == "string" and pattern is None:
            yield f"an {kind} string without a pattern"
        if kind == "X" and leaf != "string" and not is_commitment(leaf):
            yield "an X field that is neither digest nor commitment"


def is_record(leaf: Any) -> bool:
    """Return whether a leaf type is the definition of a record."""
    return isinstance(leaf, dict) and leaf.get("type") == "record"


def is_commitment(leaf: Any) -> bool:
    """Return whether a leaf type is ``Commitment``, by its definition or by its name."""
    name = leaf.get("name") if isinstance(leaf, dict) else leaf
    return isinstance(name, str) and name.rpartition(".")[2] == COMMITMENT


def leaf_types(node: Any) -> Iterator[Any]:
    """Yield the types a field may hold, out of its union and its array.

    A primitive type is its name, however it is written: ``{"type": "string"}`` is ``string``.
    """
    if isinstance(node, list):
        for branch in node:
            if branch != "null":
                yield from leaf_types(branch)
    elif isinstance(node, dict) and node.get("type") == "array":
        yield from leaf_types(node.get("items"))
    elif isinstance(node, dict) and node.get("type") not in _COMPLEX:
        yield from leaf_types(node.get("type"))
    elif node is not None:
        yield node


def fields(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all fields of a schema, those of nested records included."""
    for leaf in leaf_types(node):
        if is_record(leaf):
            for field in _rows(leaf):
                yield field
                yield from fields(field.get("type"))


def named_types(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each definition of a named type."""
    for leaf in leaf_types(node):
        if isinstance(leaf, dict) and "name" in leaf:
            yield leaf
            for field in _rows(leaf):
                yield from named_types(field.get("type"))


def _rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    rows = record.get("fields")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
