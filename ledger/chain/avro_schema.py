"""Parse an Avro schema into the small set of shapes that the ledger allows.

Allowed: record, array, enum, fixed, string, bytes, int, long, boolean and ``["null", T]``.
Refused: map, float, double, any other union, ``null`` alone, recursion, empty records and fixed of
size 0 (an array of nothing could announce any count), and whatever is nested too deep.
Our attributes ``cn``, ``class`` and ``pattern`` are kept (docs/spec/conventions.md).

Read before: ``ledger/chain/varint.py``. Read next: ``ledger/chain/avro_source.py``.
Trusts nothing: a schema text may come out of a log; every name is checked before it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ledger.errors import MalformedError

DEPTH_MAX: Final = 16  # Nesting of types; the deepest payload in use has 4 levels.
SHAPES_MAX: Final = 4_096  # Shapes of a schema with every named type written out.
COMMITMENT: Final = "Commitment"
COMMITMENT_SIZE_BYTES: Final = 32

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}(\.[A-Za-z_][A-Za-z0-9_]{0,127}){0,8}")
_SCALARS: Final = ("boolean", "int", "long", "bytes")


@dataclass(frozen=True)
class Scalar:
    """A boolean, int, long or bytes."""

    kind: str


@dataclass(frozen=True)
class Text:
    """A string, with the class and the pattern of the field it stands in."""

    sensitivity: str | None
    pattern: str | None


@dataclass(frozen=True)
class Fixed:
    """Exactly ``size`` bytes, at least one."""

    name: str
    size: int

    @property
    def is_commitment(self) -> bool:
        """Whether this is the type of a committed personal or secret value."""
        return self.name.rpartition(".")[2] == COMMITMENT


@dataclass(frozen=True)
class Enum:
    """One of ``symbols``."""

    name: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Array:
    """Any number of ``items``."""

    items: Shape


@dataclass(frozen=True)
class Nullable:
    """``["null", inner]``."""

    inner: Shape


@dataclass(frozen=True)
class Field:
    """One field of a record; ``sensitivity`` is its class P, I, X or S."""

    name: str
    shape: Shape
    chinese: str | None
    sensitivity: str | None
    pattern: str | None


@dataclass(frozen=True)
class Record:
    """Fields in the order in which they are written."""

    name: str
    fields: tuple[Field, ...]


Shape: TypeAlias = Scalar | Text | Fixed | Enum | Array | Nullable | Record


def parse_schema(schema: Mapping[str, object] | Sequence[object] | str) -> Shape:
    """Return the shape of a schema, given as JSON text or as parsed JSON.

    A text that is not JSON but the name of a primitive type is taken as that type.

    Raises:
        MalformedError: it is no JSON, or not a schema that the ledger allows.
    """
    parsed: object = schema
    if isinstance(schema, str) and schema not in (*_SCALARS, "string"):
        try:
            parsed = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise MalformedError("schema is not JSON", code="SCHEMA_REFUSED") from error
    return _Parser().shape(parsed, _Place("", None, None, 0))


@dataclass(frozen=True)
class _Place:
    """Where in the schema we are: what the surrounding field and record say."""

    namespace: str
    sensitivity: str | None
    pattern: str | None
    depth: int

    def deeper(self) -> _Place:
        if self.depth >= DEPTH_MAX:
            raise _refused("nested too deep")
        return _Place(self.namespace, self.sensitivity, self.pattern, self.depth + 1)


class _Parser:
    """One pass over one schema; remembers the named types it has met."""

    def __init__(self) -> None:
        self.named: dict[str, Shape | None] = {}  # None while the definition is still open
        self.shapes = 0

    def shape(self, schema: object, place: _Place) -> Shape:
        self.shapes += 1
        if self.shapes > SHAPES_MAX:
            raise _refused("too large")
        if isinstance(schema, str):
            return self._by_name(schema, place)
        if isinstance(schema, list):
            return self._nullable(schema, place)
        if not isinstance(schema, dict):
            raise _refused("a type is a name, an object or a union")
        kind = schema.get("type")
        if kind == "record":
            return self._record(schema, place)
        if kind == "array":
            return Array(self.shape(schema.get("items"), place.deeper()))
        if kind == "enum":
            return self._enum(schema, place)
        if kind == "fixed":
            return self._fixed(schema, place)
        return self.shape(kind, place.deeper())

    def _by_name(self, name: str, place: _Place) -> Shape:
        if name == "string":
            return Text(place.sensitivity, place.pattern)
        if name in _SCALARS:
            return Scalar(name)
        full_name = name if "." in name or not place.namespace else f"{place.namespace}.{name}"
        if full_name not in self.named:
            raise _refused("type unknown or not allowed")
        found = self.named[full_name]
        if found is None:
            raise _refused("recursion")
        self.shapes += _size(found)
        return found

    def _nullable(self, union: list[object], place: _Place) -> Nullable:
        if len(union) != 2 or union[0] != "null":
            raise _refused('a union is ["null", T]')
        inner = self.shape(union[1], place.deeper())
        if isinstance(inner, Nullable):
            raise _refused("a union in a union")
        return Nullable(inner)

    def _define(self, schema: dict[str, object], place: _Place) -> tuple[str, _Place]:
        name, namespace = schema.get("name"), schema.get("namespace", place.namespace)
        if not isinstance(name, str) or not isinstance(namespace, str):
            raise _refused("a named type has a name")
        full_name = name if "." in name or not namespace else f"{namespace}.{name}"
        if not _FULL_NAME.fullmatch(full_name):
            raise _refused("malformed name")
        if full_name in self.named:
            raise _refused("a name defined twice")
        self.named[full_name] = None
        return full_name, _Place(full_name.rpartition(".")[0], None, None, place.depth)

    def _record(self, schema: dict[str, object], place: _Place) -> Record:
        name, inside = self._define(schema, place)
        rows = schema.get("fields")
        if not isinstance(rows, list) or not rows:
            raise _refused("a record has fields")
        fields = tuple(self._field(row, inside, place.sensitivity) for row in rows)
        if len({field.name for field in fields}) != len(fields):
            raise _refused("a field defined twice")
        self.named[name] = Record(name, fields)
        return Record(name, fields)

    def _field(self, row: object, place: _Place, inherited: str | None) -> Field:
        if not isinstance(row, dict):
            raise _refused("a field is an object")
        name, pattern = row.get("name"), _optional_text(row, "pattern")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _refused("malformed field name")
        sensitivity = _optional_text(row, "class") or inherited
        if pattern is not None:
            _check_pattern(pattern)
        inside = _Place(place.namespace, sensitivity, pattern, place.depth)
        shape = self.shape(row.get("type"), inside.deeper())
        return Field(name, shape, _optional_text(row, "cn"), sensitivity, pattern)

    def _enum(self, schema: dict[str, object], place: _Place) -> Enum:
        name, _ = self._define(schema, place)
        symbols = schema.get("symbols")
        if not isinstance(symbols, list) or not symbols:
            raise _refused("an enum has symbols")
        if not all(isinstance(symbol, str) and _NAME.fullmatch(symbol) for symbol in symbols):
            raise _refused("malformed symbol")
        if len(set(symbols)) != len(symbols):
            raise _refused("a symbol defined twice")
        shape = Enum(name, tuple(symbols))
        self.named[name] = shape
        return shape

    def _fixed(self, schema: dict[str, object], place: _Place) -> Fixed:
        name, _ = self._define(schema, place)
        size = schema.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= 65_535:
            raise _refused("a fixed has a size of 1 to 65,535")
        shape = Fixed(name, size)
        if shape.is_commitment and size != COMMITMENT_SIZE_BYTES:
            raise _refused("a commitment has 32 bytes")
        self.named[name] = shape
        return shape


def _size(shape: Shape) -> int:
    """Return how many shapes this one is when written out."""
    if isinstance(shape, Record):
        return 1 + sum(_size(field.shape) for field in shape.fields)
    if isinstance(shape, Array):
        return 1 + _size(shape.items)
    if isinstance(shape, Nullable):
        return 1 + _size(shape.inner)
    return 1


def _optional_text(row: dict[str, object], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise _refused(f"{name} is a text")
    return value


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise _refused("malformed pattern") from error


def _refused(why: str) -> MalformedError:
    return MalformedError(f"schema refused: {why}", code="SCHEMA_REFUSED")
