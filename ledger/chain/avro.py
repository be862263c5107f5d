"""The strict Avro codec: bytes to values and back, by code generated from the schema.

Everything about an act hangs on its exact bytes, so there must be one encoding of a value only.
``decode`` refuses every other: numbers that are not minimal or too large, booleans other than 00
and 01, arrays in several blocks, text that is not UTF-8 in NFC, and bytes after the last field
(docs/spec/conventions.md). Values: record is dict, array is list, fixed and bytes are bytes,
enum is str,
timestamps are microseconds, dates are days, an absent value is None.

Read before: ``ledger/chain/avro_source.py``. Read next: ``ledger/chain/act.py``.
Trusts nothing: bytes and schema may both come from a stranger.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from ledger.chain import avro_put, varint
from ledger.chain.avro_compiled import compiled_shape
from ledger.chain.avro_schema import (
    Array,
    Enum,
    Fixed,
    Nullable,
    Record,
    Scalar,
    Shape,
    Text,
    parse_schema,
)
from ledger.chain.avro_source import Source, Visit, reader_source, walker_source, writer_source
from ledger.chain.compiled import IS_COMPILED, avro
from ledger.errors import MalformedAvroError

# What a schema describes is known when it runs, not when this is type-checked.
AvroValue = Any

_RUNTIME: dict[str, object] = {
    "SHORT_LENGTHS": varint.SHORT_LENGTHS,
    "read_long": varint.read_long,
    "read_int": varint.read_int,
    "read_length": varint.read_length,
    "read_count": varint.read_count,
    "array_end_fault": varint.array_end_fault,
    "is_normalized": unicodedata.is_normalized,
    "fault": MalformedAvroError,
    **{
        name: value for name, value in vars(avro_put).items() if name.startswith(("put_", "check_"))
    },
}


@dataclass(frozen=True)
class FieldInfo:
    """What a schema says about one field; ``pointer`` has ``*`` for a position in an array."""

    pointer: str
    kind: str  # record, array, enum, fixed, string, bytes, int, long, boolean or commitment
    chinese: str | None
    sensitivity: str | None  # P, I, X or S
    pattern: str | None
    is_nullable: bool
    is_array: bool
    symbols: tuple[str, ...]


class Codec:
    """Reads and writes the values of one schema; made by ``compile_codec``."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.required_commitment_paths = tuple(_required_commitments(shape, ""))

    def decode(self, data: bytes) -> AvroValue:
        """Return the value whose encoding is the whole of ``data``.

        Raises:
            MalformedAvroError: not the one strict encoding of a value; carries the position.
        """
        quick = self.quick_shape if IS_COMPILED else None
        if quick is not None and (value := quick.decode(data)) is not None:
            return value
        value, after = self._read(data, 0)
        if after != len(data):
            raise MalformedAvroError(after, "trailing bytes")
        return value

    def is_surely_strict(self, data: bytes) -> bool:
        """Tell whether ``data`` is one value, patterns included, without making it.

        False says nothing: then ``decode`` and ``pattern_fault`` judge.
        """
        quick = self.quick_shape if IS_COMPILED else None
        return quick is not None and quick.check(data)

    def read(self, data: bytes, position: int) -> tuple[AvroValue, int]:
        """Return the value at ``position`` and the position after it.

        Raises:
            MalformedAvroError: as ``decode``, but bytes may follow.
        """
        return self._read(data, position)

    def encode(self, value: AvroValue) -> bytes:
        """Return the strict encoding of ``value``.

        Raises:
            MalformedError: the value does not fit the schema; ``pointer`` says where.
        """
        out = bytearray()
        self._write(value, out)
        return bytes(out)

    def commitments(self, value: AvroValue) -> list[tuple[str, bytes]]:
        """Return (pointer, 32 bytes) of every commitment that is there, sorted by pointer.

        ``value`` comes from ``decode``; pointers are RFC 6901, with positions in arrays.
        """
        return sorted(self._commitments(value))

    def clear_strings(self, value: AvroValue) -> list[tuple[str, str]]:
        """Return (pointer, text) of every string of class P or I, for the clear-text check.

        A string whose class nobody has written counts too. ``value`` comes from ``decode``.
        """
        return self._clear_strings(value)

    def pattern_fault(self, value: AvroValue) -> str | None:
        """Return the pointer of the first string that breaks its field's pattern, else None.

        ``value`` comes from ``decode``, which does not judge patterns.
        """
        faults = self._pattern_faults(value)
        return faults[0] if faults else None

    def fields(self) -> list[FieldInfo]:
        """Return what the schema says about its fields, in order, the outer before the inner."""
        return list(_field_infos(self.shape, ""))

    @cached_property
    def quick_shape(self) -> avro.Shape | None:
        """The compiled twin of this codec; None where nothing is compiled."""
        return compiled_shape(self.shape) if IS_COMPILED else None

    # Each function is compiled, in a millisecond or two, when it is first wanted: a ledger has
    # hundreds of schemas, and a process uses few of them.

    @cached_property
    def _read(self) -> Callable[[bytes, int], tuple[AvroValue, int]]:
        return _compiled("read", reader_source, self.shape)

    @cached_property
    def _write(self) -> Callable[[AvroValue, bytearray], None]:
        return _compiled("write", writer_source, self.shape)

    @cached_property
    def _commitments(self) -> Callable[[AvroValue], list[tuple[str, bytes]]]:
        return _compiled_walker(self.shape, _visit_commitment)

    @cached_property
    def _clear_strings(self) -> Callable[[AvroValue], list[tuple[str, str]]]:
        return _compiled_walker(self.shape, _visit_clear_string)

    @cached_property
    def _pattern_faults(self) -> Callable[[AvroValue], list[str]]:
        return _compiled_walker(self.shape, _visit_pattern)


def compile_codec(schema: Mapping[str, object] | Sequence[object] | str) -> Codec:
    """Return the codec of a schema, given as JSON text or parsed JSON. Keep it.

    Raises:
        MalformedError: not a schema that the ledger allows (see ``avro_schema``).
    """
    return Codec(parse_schema(schema))


def _compiled(
    name: str, source_of: Callable[[Shape, Source], str], shape: Shape
) -> Callable[..., Any]:
    """Compile one generated function."""
    source = Source()
    text = source_of(shape, source)
    namespace: dict[str, object] = {**_RUNTIME, **source.constants}
    # The text is ours: out of the schema come only names that match [A-Za-z0-9_] and reprs.
    exec(compile(text, f"<avro {name}>", "exec"), namespace)  # noqa: S102
    return cast("Callable[..., Any]", namespace[name])


def _compiled_walker(shape: Shape, visit: Visit) -> Callable[[AvroValue], list[Any]]:
    return _compiled("walk", lambda it, source: walker_source("walk", it, visit, source), shape)


def _visit_commitment(shape: Shape, value: str, pointer: str, _source: Source) -> str | None:
    if isinstance(shape, Fixed) and shape.is_commitment:
        return f"out.append(({pointer}, {value}))"
    return None


def _visit_clear_string(shape: Shape, value: str, pointer: str, _source: Source) -> str | None:
    if isinstance(shape, Text) and shape.sensitivity not in ("S", "X"):
        return f"out.append(({pointer}, {value}))"
    return None


def _visit_pattern(shape: Shape, value: str, pointer: str, source: Source) -> str | None:
    if isinstance(shape, Text) and shape.pattern is not None:
        matches = source.constant(re.compile(shape.pattern).fullmatch)
        return f"if not {matches}({value}): return [{pointer}]"
    return None


def _required_commitments(shape: Shape, pointer: str) -> Iterator[str]:
    if isinstance(shape, Fixed) and shape.is_commitment:
        yield pointer
    elif isinstance(shape, Record):
        for item in shape.fields:
            yield from _required_commitments(item.shape, f"{pointer}/{item.name}")


def _field_infos(shape: Shape, pointer: str) -> Iterator[FieldInfo]:
    inner, _, _, inside = _unwrapped(shape, pointer)
    if not isinstance(inner, Record):
        return
    for item in inner.fields:
        where = f"{inside}/{item.name}"
        leaf, nullable, array, _ = _unwrapped(item.shape, where)
        yield FieldInfo(
            where,
            _kind(leaf),
            item.chinese,
            item.sensitivity,
            item.pattern,
            nullable,
            array,
            leaf.symbols if isinstance(leaf, Enum) else (),
        )
        yield from _field_infos(item.shape, where)


def _unwrapped(shape: Shape, pointer: str) -> tuple[Shape, bool, bool, str]:
    """Return what is inside of null and array, whether it was, and its pointer."""
    is_nullable = is_array = False
    while isinstance(shape, Nullable | Array):
        if isinstance(shape, Nullable):
            is_nullable, shape = True, shape.inner
        else:
            is_array, shape, pointer = True, shape.items, f"{pointer}/*"
    return shape, is_nullable, is_array, pointer


def _kind(shape: Shape) -> str:
    if isinstance(shape, Scalar):
        return shape.kind
    if isinstance(shape, Fixed) and shape.is_commitment:
        return "commitment"
    return "string" if isinstance(shape, Text) else type(shape).__name__.lower()
