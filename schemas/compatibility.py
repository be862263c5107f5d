"""Is a new version of a schema compatible with all that came before it, both ways?

FULL_TRANSITIVE: the new version reads what every old one wrote, and every old reader reads what
the new one writes. A breaking shape is a new event type, never a new version. The judgement is
Apache Avro's own (the ``avro`` package), fastavro has none; it does not look at logical types, so
that a moment stays a moment in the same unit is checked here.

Read before: ``schemas/type_rules.py``. Read next: ``consumers/loop.py``.
Trusts: the texts it is given; they need not be published yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from avro.compatibility import (
    ReaderWriterCompatibilityChecker,
    SchemaCompatibilityType,
)
from avro.errors import AvroException
from avro.schema import Schema, parse


def check_compatible(old_texts: Sequence[str], new_text: str) -> list[str]:
    """Return what is wrong with ``new_text`` after ``old_texts``; empty if nothing.

    Args:
        old_texts: Schema texts of all earlier versions, ascending.
        new_text: The version to be published next.
    """
    try:
        new = _parse(new_text)
    except (AvroException, ValueError) as error:
        return [f"not a schema: {error}"]
    faults = []
    for number, old_text in enumerate(old_texts, start=1):
        try:
            old = _parse(old_text)
        except (AvroException, ValueError) as error:
            faults.append(f"v{number} is not a schema: {error}")
            continue
        faults += [f"cannot read v{number}: {fault}" for fault in _faults(new, old)]
        faults += [f"v{number} cannot read it: {fault}" for fault in _faults(old, new)]
        faults += [f"differs from v{number}: {fault}" for fault in _changed(old_text, new_text)]
    return faults


def check_all(schemas: Mapping[tuple[str, int], str]) -> list[str]:
    """Return the faults of all event types at once, each with its file name before it.

    Versions of a type must be 1, 2, 3, ... without a gap.
    """
    versions: dict[str, list[int]] = {}
    for event_type, version in sorted(schemas):
        versions.setdefault(event_type, []).append(version)
    faults = []
    for event_type, numbers in versions.items():
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"{event_type}: versions {numbers} have a gap")
        texts = [schemas[event_type, number] for number in numbers]
        for position in range(1, len(texts)):
            found = check_compatible(texts[:position], texts[position])
            faults += [f"{event_type}.v{numbers[position]}.avsc: {fault}" for fault in found]
    return faults


def _parse(text: str) -> Schema:
    # The package knows ``uuid`` on strings only and refuses it on the 16 bytes of Avro 1.12.
    return parse(json.dumps(_without_logical_types(json.loads(text))))


def _without_logical_types(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key != "logicalType"}
        return {key: _without_logical_types(value) for key, value in kept.items()}
    return [_without_logical_types(item) for item in node] if isinstance(node, list) else node


def _faults(reader: Schema, writer: Schema) -> list[str]:
    # A checker remembers pairs by fingerprint, so a fresh one each time keeps results independent.
    checker: Any = ReaderWriterCompatibilityChecker
    result = checker().get_compatibility(reader, writer)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    return [str(message) for message in sorted(result.messages)]


def _changed(old_text: str, new_text: str) -> list[str]:
    old, new = (dict(_logical_types(json.loads(text), "")) for text in (old_text, new_text))
    shared = sorted(old.keys() & new.keys())
    return [f"{path}: {old[path]} became {new[path]}" for path in shared if old[path] != new[path]]


def _logical_types(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path of field names, logical type or ``none``) of every field that is no record."""
    if isinstance(node, list):
        for branch in node:
            yield from _logical_types(branch, path)
    elif isinstance(node, dict) and "fields" in node:
        for field in node["fields"]:
            yield from _logical_types(field["type"], f"{path}/{field['name']}")
    elif isinstance(node, dict) and "items" in node:
        yield from _logical_types(node["items"], path)
    elif isinstance(node, dict):
        yield path, str(node.get("logicalType", "none"))
    elif node != "null":
        yield path, "none"
