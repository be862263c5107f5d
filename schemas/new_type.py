"""The texts of a new event type, from what one says of it in words: a schema and a catalogue row.

Read before: docs/howto/add-an-event-type.md. Read next: ``schemas/class_rules.py``, which judges
what is made here as it judges every schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from schemas.class_rules import COMMITMENT

NAMESPACE: Final = "lianzheng"
# Word on the command line -> Avro type; commitments stand for values that are sealed.
KINDS: Final[dict[str, Any]] = {
    "string": "string",
    "bytes": "bytes",
    "int": "int",
    "long": "long",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "instant": {"type": "long", "logicalType": "timestamp-micros"},
    "uuid": {"type": "fixed", "name": "Uuid", "size": 16, "logicalType": "uuid"},
    "commitment": {"type": "fixed", "name": COMMITMENT, "size": 32},
}
_TYPE: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_FIELD: Final = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
_TERM: Final = re.compile(r"[\w（）、·/-]{1,40}")  # No sign that YAML or JSON reads otherwise.
_WORD: Final = re.compile(r"[A-Za-z]{1,32}")
_FORM: Final = "NAME:TERM:CLASS:KIND[?][:PATTERN]"


class NewRow(NamedTuple):
    """The row of a new type, columns as in ``catalogue.yaml``."""

    cn: str
    aggregate: str
    stream: str
    log: str
    emitters: tuple[str, ...]
    tier: int


def new_schema(event_type: str, cn: str, fields: Sequence[str]) -> str:
    """Return the text of a schema.

    Args:
        event_type: Such as ``NoiseMeasured``.
        cn: Its Chinese term.
        fields: Each ``NAME:TERM:CLASS:KIND``, ``?`` after the kind if it may be left out, and
            after one more colon the pattern of a string.

    Raises:
        ValueError: A name or a field is none; the message says which.
    """
    if _TYPE.fullmatch(event_type) is None:
        raise ValueError(f"{event_type} is no name such as NoiseMeasured")
    defined: set[str] = set()
    rows = [_field(text, defined) for text in fields]
    names = [row["name"] for row in rows]
    if not names or len(set(names)) != len(names):
        raise ValueError("a type has one field or more, each once")
    head = {"type": "record", "name": event_type, "namespace": NAMESPACE, "cn": _term(cn)}
    lines = [f'  "{name}": {_json(value)},' for name, value in head.items()]
    body = ",\n".join(f"    {_json(row)}" for row in rows)
    return "\n".join(["{", *lines, '  "fields": [', body, "  ]", "}", ""])


def new_row(event_type: str, row: NewRow) -> str:
    """Return the line of the catalogue. Raises ValueError: a column is no word."""
    for word in (row.aggregate, row.stream, row.log, *row.emitters):
        if _WORD.fullmatch(word) is None:
            raise ValueError(f"{word} is no word such as Case, matter or AGY")
    return (
        f"  {event_type}: {{cn: {_term(row.cn)}, aggregate: {row.aggregate}, "
        f"stream: {row.stream}, log: {row.log}, emitters: [{', '.join(row.emitters)}], "
        f"tier: {row.tier}}}\n"
    )


def with_row(catalogue: str, row: str, version: str) -> str:
    """Return the text of the catalogue with one more row and another version at its head."""
    head = re.sub(
        r'(?m)^version: ".*"$', lambda _: f"version: {json.dumps(version)}", catalogue, count=1
    )
    return head + ("" if head.endswith("\n") else "\n") + row


def _field(text: str, defined: set[str]) -> dict[str, Any]:
    """Return a field; a named type is defined where it comes first, and by its name after that."""
    name, term, kind_class, kind, pattern = (*text.split(":", 4), "", "", "", "")[:5]
    is_optional, kind = kind.endswith("?"), kind.removesuffix("?")
    if _FIELD.fullmatch(name) is None or kind not in KINDS:
        raise ValueError(f"{text} is no {_FORM}; kinds are {', '.join(KINDS)}")
    node = KINDS[kind]
    if isinstance(node, dict) and "name" in node:
        is_known = node["name"] in defined
        defined.add(node["name"])
        node = node["name"] if is_known else node
    field: dict[str, Any] = {"name": name, "cn": _term(term), "class": kind_class}
    if pattern:
        field["pattern"] = pattern
    return field | {"type": ["null", node] if is_optional else node}


def _term(cn: str) -> str:
    if _TERM.fullmatch(cn) is None:
        raise ValueError(f"{cn!r} is no Chinese term of 1 to 40 letters")
    return cn


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
