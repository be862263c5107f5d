"""An act's payload for readers: as JSON for machines, as labelled lines for people.

Read before: ``schemas/PenaltyDecisionMade.v1.avsc``. Read next: ``portal/console/replay.py``.

The schema says what each field is called in Chinese (``cn``) and of which class it is. What is
personal or secret is a commitment in the payload; it is shown as such, so a reader sees that a
value was given, and nothing of it. Numbers of 64 bits are texts in JSON, times RFC 3339; the
symbols of an enum are themselves in JSON and Chinese words in lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.major import STATUTE
from portal.pages import beijing_time, calendar_date, rfc3339
from schemas.loader import symbol_words

COMMITMENT: Final = "Commitment"
DIGEST_CHARS_SHOWN: Final = 12
_MATCHED: Final = "MatchedRule"  # Of a catalogue, or of the law itself.
_PROBLEMS: Final = ("ReviewProblem", "ReviewResponse")  # Their codes are points of the checklist.


class Line(NamedTuple):
    """One value of a payload.

    Attributes:
        label: Chinese names of the field and of what it is in, joined by ``›``.
        text: The value for people.
        is_sealed: Whether the value itself is sealed in the vault.
    """

    label: str
    text: str
    is_sealed: bool


class PayloadSchema:
    """A payload's schema, with its named types at hand."""

    def __init__(self, text: str) -> None:
        self.root: Mapping[str, Any] = json.loads(text)
        self._named: dict[str, Mapping[str, Any]] = {}
        self._collect(self.root)

    @property
    def term(self) -> str:
        """Return what the schema calls the event in Chinese."""
        return str(self.root.get("cn", self.root["name"]))

    def document(self, value: Mapping[str, Any]) -> Any:
        """Return a decoded payload as JSON values."""
        return self._json(self.root, value)

    def lines(self, value: Mapping[str, Any]) -> list[Line]:
        """Return a decoded payload as lines, empty values left out."""
        return list(self._lines(self.root, value, ""))

    def _collect(self, schema: Any) -> None:
        if isinstance(schema, list):
            for branch in schema:
                self._collect(branch)
        elif isinstance(schema, dict):
            if "name" in schema and schema.get("type") in {"record", "enum", "fixed"}:
                self._named[schema["name"]] = schema
            for field in schema.get("fields", ()):
                self._collect(field["type"])
            for member in ("items", "type"):
                if isinstance(schema.get(member), dict | list):
                    self._collect(schema[member])

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """Return a type as a mapping: null branches dropped, names looked up."""
        if isinstance(schema, list):
            return self._resolved(next(branch for branch in schema if branch != "null"))
        if isinstance(schema, str):
            return self._named.get(schema, {"type": schema})
        if isinstance(schema.get("type"), dict | list):
            return self._resolved(schema["type"])
        resolved: Mapping[str, Any] = schema
        return resolved

    def _json(self, schema: Any, value: Any) -> Any:
        if value is None:
            return None
        kind = self._resolved(schema)
        if kind["type"] == "record":
            return {
                field["name"]: self._json(field["type"], value[field["name"]])
                for field in kind["fields"]
            }
        if kind["type"] == "array":
            return [self._json(kind["items"], item) for item in value]
        return _scalar(kind, value, time=rfc3339)

    def _lines(self, schema: Any, value: Any, label: str) -> Iterator[Line]:
        if value is None:
            return
        kind = self._resolved(schema)
        if kind["type"] == "record":
            for field in kind["fields"]:
                name = str(field.get("cn", field["name"]))
                inner = f"{label} › {name}" if label else name
                if field["name"] == "code" and kind["name"] in _PROBLEMS:
                    yield Line(inner, problem_word(value["code"]), False)
                    continue
                if kind["name"] == _MATCHED and value[field["name"]] == STATUTE:
                    yield Line(inner, "法律规定", False)
                    continue
                yield from self._lines(field["type"], value[field["name"]], inner)
        elif kind["type"] == "array":
            for number, item in enumerate(value, start=1):
                yield from self._lines(
                    kind["items"], item, f"{label} {number}" if len(value) > 1 else label
                )
        else:
            is_sealed = kind.get("name") == COMMITMENT
            text = "已密封（承诺 " + value.hex()[:DIGEST_CHARS_SHOWN] + "…）" if is_sealed else ""
            yield Line(label, text or _text(kind, value), is_sealed)


def problem_word(code: str) -> str:
    """Return what a review's problem is called: its point of the checklist, or else its code."""
    words = symbol_words()["CheckKey"]
    named = {key.upper(): word for key, word in words.items()}
    return named.get(code, code)


@lru_cache(maxsize=512)
def payload_schema(text: str) -> PayloadSchema:
    """Return a parsed schema; kept, since a text never changes."""
    return PayloadSchema(text)


def _scalar(kind: Mapping[str, Any], value: Any, *, time: Any) -> Any:
    logical = kind.get("logicalType")
    if logical == "timestamp-micros":
        return time(value)
    if logical == "date":
        return calendar_date(value)
    if logical == "uuid":
        return uuid_text(value)
    if isinstance(value, bytes):
        return value.hex()
    if kind["type"] == "long":
        return str(value)
    return value


def _text(kind: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if kind["type"] == "enum":
        return symbol_words().get(kind["name"], {}).get(value, str(value))
    return str(_scalar(kind, value, time=beijing_time))
