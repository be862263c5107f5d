"""Write straight-line Python source for one schema: reader, writer and walkers.

A decoder that interprets its schema spends most of its time on asking what comes next. Here that
is answered once: the source has one statement after the other for the fields in their order, and
``ledger/chain/avro.py`` compiles it. Names and patterns get into the source as ``repr`` of text
that ``avro_schema`` has checked, never bare.

Read before: ``ledger/chain/avro_schema.py``. Read next: ``ledger/chain/avro.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.chain.avro_schema import (
    Array,
    Enum,
    Fixed,
    Nullable,
    Record,
    Scalar,
    Shape,
    Text,
)


@dataclass
class Source:
    """Lines of one function, its indentation, fresh variable names and its constants."""

    constants: dict[str, object] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    names: int = 0

    def add(self, *lines: str) -> None:
        """Append lines at the current indentation."""
        self.lines.extend("    " * self.depth + line for line in lines)

    def fresh(self, prefix: str) -> str:
        """Return a variable name that is not used yet."""
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: object) -> str:
        """Return the name of a constant that the compiled function will find."""
        name = f"C{len(self.constants)}"
        self.constants[name] = value
        return name


# --- reading -----------------------------------------------------------------------------------


def reader_source(shape: Shape, source: Source) -> str:
    """Return the source of ``read(data, p) -> (value, position after it)``.

    ``p`` always stands at the first byte of the value being read, so that an index over the end
    or invalid UTF-8, caught once around everything, is reported at the right position.
    """
    source.depth = 2
    value = _read(shape, source)
    body = "\n".join(source.lines)
    return (
        "def read(data, p):\n    end = len(data)\n    try:\n" + body + "\n"
        "    except IndexError:\n        raise fault(p, 'truncated') from None\n"
        "    except UnicodeDecodeError:\n        raise fault(p, 'invalid UTF-8') from None\n"
        f"    return {value}, p\n"
    )


def _read(shape: Shape, source: Source) -> str:
    """Emit the reading of one value; return the expression that holds it."""
    value = source.fresh("v")
    if isinstance(shape, Text):
        _read_text(value, source)
    elif isinstance(shape, Scalar):
        _READ_SCALARS[shape.kind](value, source)
    elif isinstance(shape, Fixed):
        source.add(
            f"e = p + {shape.size}",
            "if e > end: raise fault(p, 'truncated')",
            f"{value} = data[p:e]; p = e",
        )
    elif isinstance(shape, Enum):
        _read_enum(shape, value, source)
    elif isinstance(shape, Nullable):
        _read_nullable(shape, value, source)
    elif isinstance(shape, Array):
        _read_array(shape, value, source)
    else:
        members = ", ".join(f"{item.name!r}: {_read(item.shape, source)}" for item in shape.fields)
        source.add(f"{value} = {{{members}}}")
    return value


def _read_extent(source: Source) -> None:
    """Emit the reading of a length: the content is ``data[s:e]``."""
    source.add(
        "n = SHORT_LENGTHS[data[p]]; s = p + 1",
        "if n < 0:",
        "    b = data[p]",
        "    if b & 129 == 128 and 0 < (c := data[s]) < 128: n = (b & 127) >> 1 | c << 6; s += 1",
        "    else: n, s = read_length(data, p)",
        "e = s + n",
        "if e > end: raise fault(p, 'truncated')",
    )


def _read_text(value: str, source: Source) -> None:
    _read_extent(source)
    source.add(
        f"{value} = data[s:e].decode()",
        f"if not {value}.isascii() and not is_normalized('NFC', {value}): "
        "raise fault(p, 'text not NFC')",
        "p = e",
    )


def _read_bytes(value: str, source: Source) -> None:
    _read_extent(source)
    source.add(f"{value} = data[s:e]; p = e")


def _read_int(value: str, source: Source) -> None:
    # One byte for small numbers, three for dates; the rest is rare.
    source.add(
        "b = data[p]",
        f"if b < 128: {value} = (b >> 1) ^ -(b & 1); p += 1",
        "elif (c := data[p + 1]) > 127 and 0 < (d := data[p + 2]) < 128:",
        f"    n = b + (c << 7) + (d << 14) - 0x4080; {value} = (n >> 1) ^ -(n & 1); p += 3",
        f"else: {value}, p = read_int(data, p)",
    )


def _read_long(value: str, source: Source) -> None:
    source.add(
        "b = data[p]",
        f"if b < 128: {value} = (b >> 1) ^ -(b & 1); p += 1",
        f"else: {value}, p = read_long(data, p)",
    )


def _read_boolean(value: str, source: Source) -> None:
    source.add(
        "b = data[p]",
        "if b > 1: raise fault(p, 'boolean not 00 or 01')",
        f"{value} = b == 1; p += 1",
    )


_READ_SCALARS: dict[str, Callable[[str, Source], None]] = {
    "boolean": _read_boolean,
    "int": _read_int,
    "long": _read_long,
    "bytes": _read_bytes,
}


def _read_enum(shape: Enum, value: str, source: Source) -> None:
    symbols = source.constant(shape.symbols)
    source.add(
        "n, e = read_long(data, p)" if len(shape.symbols) > 64 else "n = data[p] >> 1; e = p + 1",
    )
    if len(shape.symbols) <= 64:
        # An odd byte is a negative number, one above 127 goes on: neither names a symbol.
        source.add("if data[p] & 129: n, e = read_long(data, p)")
    source.add(
        f"if not 0 <= n < {len(shape.symbols)}: raise fault(p, 'no such symbol')",
        f"{value} = {symbols}[n]; p = e",
    )


def _read_nullable(shape: Nullable, value: str, source: Source) -> None:
    source.add("b = data[p]", f"if b == 0: {value} = None; p += 1", "elif b == 2:")
    source.depth += 1
    source.add("p += 1")
    inner = _read(shape.inner, source)
    source.add(f"{value} = {inner}")
    source.depth -= 1
    source.add("else:", "    read_long(data, p)", "    raise fault(p, 'no such branch')")


def _read_array(shape: Array, value: str, source: Source) -> None:
    source.add(f"{value} = []", "if data[p] == 0: p += 1", "else:")
    source.depth += 1
    source.add("n, p = read_count(data, p)", "for _ in range(n):")
    source.depth += 1
    item = _read(shape.items, source)
    source.add(f"{value}.append({item})")
    source.depth -= 1
    source.add("if data[p]: raise array_end_fault(data, p)", "p += 1")
    source.depth -= 1


# --- writing -----------------------------------------------------------------------------------


def writer_source(shape: Shape, source: Source) -> str:
    """Return the source of ``write(value, out)``, ``out`` being a bytearray."""
    _write(shape, "value", "", source)
    return "def write(value, out):\n" + "\n".join(source.lines) + "\n"


def _write(shape: Shape, value: str, pointer: str, source: Source) -> None:
    """Emit the writing of the expression ``value``; ``pointer`` is the inside of an f-string."""
    where = f'f"{pointer}"' if "{" in pointer else f'"{pointer}"'
    if isinstance(shape, Text):
        source.add(f"put_text(out, {value}, {where})")
    elif isinstance(shape, Scalar):
        source.add(f"put_{shape.kind}(out, {value}, {where})")
    elif isinstance(shape, Fixed):
        source.add(f"put_fixed(out, {value}, {shape.size}, {where})")
    elif isinstance(shape, Enum):
        codes = source.constant({symbol: code for code, symbol in enumerate(shape.symbols)})
        source.add(f"put_enum(out, {value}, {codes}, {where})")
    elif isinstance(shape, Nullable):
        inner = source.fresh("v")
        source.add(f"{inner} = {value}", f"if {inner} is None: out.append(0)", "else:")
        source.depth += 1
        source.add("out.append(2)")
        _write(shape.inner, inner, pointer, source)
        source.depth -= 1
    elif isinstance(shape, Array):
        items, item, index = source.fresh("v"), source.fresh("v"), source.fresh("i")
        source.add(f"{items} = {value}", f"put_count(out, {items}, {where})", f"if {items}:")
        source.depth += 1
        source.add(f"for {index}, {item} in enumerate({items}):")
        source.depth += 1
        _write(shape.items, item, f"{pointer}/{{{index}}}", source)
        source.depth -= 1
        source.add("out.append(0)")
        source.depth -= 1
    else:
        record, names = source.fresh("v"), source.constant({item.name for item in shape.fields})
        source.add(f"{record} = {value}", f"check_record({record}, {names}, {where})")
        for each in shape.fields:
            _write(each.shape, f"{record}[{each.name!r}]", f"{pointer}/{each.name}", source)


# --- walking -----------------------------------------------------------------------------------

# Given a leaf, the expression of its value and its pointer: the statement to run, None if no
# statement is wanted for that leaf.
Visit = Callable[[Shape, str, str, Source], str | None]


def walker_source(name: str, shape: Shape, visit: Visit, source: Source) -> str:
    """Return the source of ``name(value) -> list``: what the visits have put into ``out``."""
    source.add("out = []")
    _walk(shape, "value", "", visit, source)
    source.add("return out")
    return f"def {name}(value):\n" + "\n".join(source.lines) + "\n"


def _walk(shape: Shape, value: str, pointer: str, visit: Visit, source: Source) -> bool:
    """Emit the visits below one value; return whether there were any."""
    mark = len(source.lines)
    if isinstance(shape, Nullable):
        inner = source.fresh("v")
        source.add(f"{inner} = {value}", f"if {inner} is not None:")
        source.depth += 1
        found = _walk(shape.inner, inner, pointer, visit, source)
        source.depth -= 1
    elif isinstance(shape, Array):
        item, index = source.fresh("v"), source.fresh("i")
        source.add(f"for {index}, {item} in enumerate({value}):")
        source.depth += 1
        found = _walk(shape.items, item, f"{pointer}/{{{index}}}", visit, source)
        source.depth -= 1
    elif isinstance(shape, Record):
        record = source.fresh("v")
        source.add(f"{record} = {value}")
        visited = [
            _walk(item.shape, f"{record}[{item.name!r}]", f"{pointer}/{item.name}", visit, source)
            for item in shape.fields
        ]
        found = any(visited)
    else:
        where = f'f"{pointer}"' if "{" in pointer else f'"{pointer}"'
        statement = visit(shape, value, where, source)
        found = statement is not None
        if statement is not None:
            source.add(statement)
    if not found:
        del source.lines[mark:]
    return found
