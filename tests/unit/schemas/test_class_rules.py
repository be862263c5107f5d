"""Every published schema keeps the class rules of docs/spec (personal values are commitments)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from schemas.catalogue import load_catalogue
from schemas.class_rules import faults, fields, leaf_types, named_types
from schemas.loader import (
    ENVELOPE_FILES,
    event_schema_files,
    event_schemas,
    schema_files,
    schema_text,
    symbol_words,
)
from schemas.type_rules import all_faults, symbol_faults

EVENT_FILES = list(event_schema_files().values())
PRIMITIVES = {"null", "boolean", "int", "long", "bytes", "string"}


@pytest.mark.parametrize("file", EVENT_FILES)
def test_event_schema_keeps_the_class_rules(file: str) -> None:
    """Names, classes, patterns; S and free X fields are commitments."""
    assert faults(schema_text(file)) == []


@pytest.mark.parametrize("file", EVENT_FILES)
def test_event_schema_is_of_its_name_and_of_simple_types(file: str) -> None:
    """No map, float or double; unions are null and one type; the record is named as its file."""
    schema = json.loads(schema_text(file))
    assert (schema["name"], schema["namespace"]) == (file.partition(".")[0], "lianzheng")
    names = {named["name"] for named in named_types(schema)}
    for field in fields(schema):
        if isinstance(field["type"], list):
            assert field["type"][0] == "null", field["name"]
            assert len(field["type"]) == 2, field["name"]
        for leaf in leaf_types(field["type"]):
            known = leaf in PRIMITIVES | names if isinstance(leaf, str) else True
            assert known, field["name"]
            if isinstance(leaf, dict):
                kinds = {"record", "enum", "fixed", "int", "long"}
                assert leaf["type"] in kinds, field["name"]


@pytest.mark.parametrize("file", EVENT_FILES)
def test_patterns_compile_and_are_anchored(file: str) -> None:
    """A pattern that is not anchored would let a sentence through."""
    for field in fields(json.loads(schema_text(file))):
        pattern = field.get("pattern")
        if pattern is not None:
            re.compile(pattern)
            assert pattern.startswith("^"), field["name"]
            assert pattern.endswith("$"), field["name"]


def test_the_check_refuses_a_personal_name_in_the_clear() -> None:
    """A schema as a careless author would write it is caught."""
    careless = {
        "type": "record",
        "name": "Careless",
        "namespace": "lianzheng",
        "cn": "疏忽",
        "fields": [
            {"name": "witness", "cn": "见证人", "class": "S", "type": "string"},
            {"name": "reason", "cn": "理由", "class": "I", "type": ["null", "string"]},
            {"name": "opinion", "class": "X", "type": {"type": "array", "items": "string"}},
        ],
    }
    assert len(faults(json.dumps(careless))) == 4


def test_the_installed_event_types_have_no_fault() -> None:
    """What `lianzheng schema check` says."""
    assert all_faults() == []


def test_public_types_hold_public_fields_and_commitments_only() -> None:
    """What is served without a login has nothing internal in its payload."""
    texts = event_schemas()
    for row in load_catalogue().rows.values():
        if not row.public:
            continue
        for field in fields(json.loads(texts[row.type, 1])):
            types = list(leaf_types(field["type"]))
            is_commitment = any("Commitment" in str(leaf) for leaf in types)
            assert field["class"] == "P" or is_commitment, (row.type, field["name"])


def test_a_named_type_is_the_same_in_every_file() -> None:
    """``PartyRef`` of a filing is ``PartyRef`` of a decision, field by field."""
    first: dict[str, tuple[str, Any]] = {}
    for file in EVENT_FILES:
        for named in named_types(json.loads(schema_text(file))):
            if named["name"] == file.partition(".")[0]:
                continue
            shape = json.dumps(_shape(named), sort_keys=True, ensure_ascii=False)
            other, expected = first.setdefault(named["name"], (file, shape))
            assert shape == expected, (named["name"], file, other)


def _shape(node: Any) -> Any:
    """Return a definition with its nested named types reduced to their names."""
    if not isinstance(node, dict):
        return node
    shape = dict(node)
    if "fields" in node:
        shape["fields"] = [field | {"type": _reduced(field["type"])} for field in node["fields"]]
    return shape


def _reduced(node: Any) -> Any:
    if isinstance(node, list):
        return [_reduced(branch) for branch in node]
    if isinstance(node, dict) and node["type"] == "array":
        return node | {"items": _reduced(node["items"])}
    return node["name"] if isinstance(node, dict) and "name" in node else node


def test_files_are_envelopes_and_events_only() -> None:
    """There is no schema file that nothing publishes."""
    assert schema_files() == sorted([*ENVELOPE_FILES, *EVENT_FILES])


def test_every_symbol_of_every_schema_has_a_chinese_word() -> None:
    """A page never has to show an enum in English."""
    assert symbol_faults(symbol_words()) == []


def test_a_symbol_without_a_word_is_named() -> None:
    words = {name: dict(row) for name, row in symbol_words().items()}
    del words["RetrievalOutcome"]["UNUSED"]

    assert symbol_faults(words) == ["symbols.json: RetrievalOutcome: no word for UNUSED"]
