"""The quick check of a value: are these bytes strict Avro of this schema? Yes, or ask again.

Taking a payload apart into dictionaries costs more than all its hashes, and an appender looks
into hardly any. So the schema becomes regular expressions: one for the whole value where every
free text is all ASCII or all Chinese signs, which is the likely case, and else one for as many
regular fields in a row as there are (numbers, enums, fixed, texts of one set of signs, digests)
with a few statements for each free text and array between them.

It accepts nothing that ``Codec.decode`` and ``Codec.pattern_fault`` refuse; what it does not
accept (also good bytes of an unlikely shape) goes to those, which then judge. A test holds both
against each other.

Read before: ``ledger/chain/avro_source.py``. Read next: ``consumers/append/decode.py``.
Trusts nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final, cast

from ledger.chain.avro import Codec
from ledger.chain.avro_schema import Array, Enum, Fixed, Nullable, Record, Scalar, Shape, Text
from ledger.chain.avro_source import Source
from ledger.chain.entry_patterns import INT, LONG
from ledger.chain.varint import SHORT_LENGTHS, long_bytes, read_count, read_length
from ledger.errors import MalformedAvroError

Check = Callable[[bytes], bool]

_ITEMS_MAX: Final = 6  # Of an array inside a regular expression; longer ones are not accepted.
_LENGTH_MAX: Final = 63  # Of a text inside a regular expression: what one byte announces.
# One set of signs, so many times: ``^[A-Z0-9-]{1,32}$``.
_SIGNS: Final = re.compile(r"\^(\[[^\[\]\\^]+\])\{(\d{1,3})(?:,(\d{1,3}))?\}\$")
_DIGESTS: Final = {
    r"^(blake3|sm3|sha256):[0-9a-f]{64}$": (b"blake3", b"sha256", b"sm3"),
    r"^sha256:[0-9a-f]{64}$": (b"sha256",),
}
_SCALARS: Final = {"boolean": rb"[\x00\x01]", "int": INT, "long": LONG}


def compile_check(codec: Codec) -> Check:
    """Return the quick check for the schema of ``codec``. Costs milliseconds: keep it."""
    likely = _pattern(codec.shape, free_text=True)
    whole = _never if likely is None else _compiled([likely]).fullmatch
    pieces: Check | None = None

    def check(data: bytes) -> bool:
        nonlocal pieces
        if whole(data):
            return True
        if pieces is None:
            pieces = _compile_pieces(codec.shape)
        return pieces(data)

    return check


def _compile_pieces(shape: Shape) -> Check:
    """Return the check for values that are not all of the likely form."""
    source = Source(depth=2)
    writer = _Writer(source)
    writer.write(shape)
    writer.flush()
    text = (
        "def check(data):\n    end = len(data); p = 0\n    try:\n"
        + "\n".join(source.lines)
        + "\n        return p == end\n"
        "    except (IndexError, UnicodeDecodeError, Malformed):\n        return False\n"
    )
    namespace: dict[str, object] = {
        "SHORT_LENGTHS": SHORT_LENGTHS,
        "read_length": read_length,
        "read_count": read_count,
        "is_normalized": unicodedata.is_normalized,
        "Malformed": MalformedAvroError,
        **source.constants,
    }
    # The text is ours: nothing of the schema gets into it but names of constants.
    exec(compile(text, "<avro check>", "exec"), namespace)  # noqa: S102
    return cast("Check", namespace["check"])


class _Writer:
    """Writes the statements of one check; regular fields are gathered until one is not."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._gathered: list[bytes] = []

    def write(self, shape: Shape) -> None:
        """Write the check of one value."""
        regular = _pattern(shape, free_text=False)
        if regular is not None:
            self._gathered.append(regular)
        elif isinstance(shape, Record):
            for item in shape.fields:
                self.write(item.shape)
        else:
            self.flush()
            if isinstance(shape, Nullable):
                self._write_nullable(shape)
            elif isinstance(shape, Array):
                self._write_array(shape)
            else:
                self._write_content(shape)

    def flush(self) -> None:
        """Write the check of what was gathered."""
        if self._gathered:
            name = self._source.constant(_compiled(self._gathered).match)
            self._gathered.clear()
            self._source.add(f"m = {name}(data, p)", "if m is None: return False", "p = m.end()")

    def _inside(self, shape: Shape) -> None:
        """Write the check of a value one block deeper."""
        self._source.depth += 1
        self.write(shape)
        self.flush()
        self._source.depth -= 1

    def _write_nullable(self, shape: Nullable) -> None:
        self._source.add("b = data[p]; p += 1", "if b == 2:")
        self._inside(shape.inner)
        self._source.add("elif b: return False")

    def _write_array(self, shape: Array) -> None:
        likely = _pattern(shape, free_text=True)
        if likely is None:
            self._source.add("m = None")
        else:
            name = self._source.constant(_compiled([likely]).match)
            self._source.add(f"m = {name}(data, p)")
        self._source.add("if m: p = m.end()", "elif data[p] == 0: p += 1", "else:")
        self._source.depth += 1
        count = self._source.fresh("n")
        self._source.add(f"{count}, p = read_count(data, p)", f"for _ in range({count}):")
        self._inside(shape.items)
        self._source.add("if data[p]: return False", "p += 1")
        self._source.depth -= 1

    def _write_content(self, shape: Shape) -> None:
        """Write the check of a text or of bytes: length, then content."""
        self._source.add(
            "n = SHORT_LENGTHS[data[p]]; s = p + 1",
            "if n < 0: n, s = read_length(data, p)",
            "p = s + n",
            "if p > end: return False",
        )
        if isinstance(shape, Text):
            self._source.add("t = data[s:p]")
            if shape.pattern is None:
                self._source.add(
                    "if not t.isascii() and not is_normalized('NFC', t.decode()): return False"
                )
            else:
                # Of ASCII text only, the pattern means the same over bytes as over text.
                matches = self._source.constant(re.compile(shape.pattern.encode()).fullmatch)
                self._source.add(f"if not t.isascii() or not {matches}(t): return False")


def _never(_data: bytes) -> None:
    """Match nothing: for a schema without a likely pattern."""


def _compiled(parts: list[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"".join(parts), re.DOTALL)


def _pattern(shape: Shape, *, free_text: bool) -> bytes | None:
    """Return a pattern of the encodings of a value, or of the likely ones; None if there is none.

    Args:
        shape: The schema.
        free_text: Whether a text without a pattern of its own may be part of it.
    """
    if isinstance(shape, Scalar):
        return _SCALARS.get(shape.kind)
    if isinstance(shape, Fixed):
        return b".{%d}" % shape.size
    if isinstance(shape, Enum):
        return _symbols(len(shape.symbols))
    if isinstance(shape, Text):
        return _free_text() if free_text and shape.pattern is None else _text(shape)
    if isinstance(shape, Nullable):
        inner = _pattern(shape.inner, free_text=free_text)
        return None if inner is None else rb"(?:\x00|\x02%b)" % inner
    if isinstance(shape, Array):
        item = _pattern(shape.items, free_text=free_text)
        return None if item is None else _items(item)
    parts = [_pattern(item.shape, free_text=free_text) for item in shape.fields]
    return None if None in parts else b"".join(part for part in parts if part is not None)


def _symbols(count: int) -> bytes:
    codes = (re.escape(bytes([2 * code])) for code in range(min(count, 64)))
    return b"[" + b"".join(codes) + b"]"


def _items(item: bytes) -> bytes:
    rows = (
        rb"%b(?:%b){%d}\x00" % (re.escape(long_bytes(count)), item, count)
        for count in range(1, _ITEMS_MAX + 1)
    )
    return rb"(?:\x00|" + b"|".join(rows) + b")"


@cache
def _free_text() -> bytes:
    """Return the pattern of a text all of ASCII or all of Chinese signs, after its length."""
    rows = []
    for length in range(_LENGTH_MAX + 1):
        signs = rb"[\x00-\x7f]{%d}" % length
        if length and length % 3 == 0:
            # U+4000 to U+9FFF, three bytes each: composed as they are (NFC).
            signs = rb"(?:%b|(?:[\xe4-\xe9][\x80-\xbf]{2}){%d})" % (signs, length // 3)
        rows.append(re.escape(bytes([2 * length])) + signs)
    return rb"(?:%b)" % b"|".join(rows)


def _text(shape: Text) -> bytes | None:
    """Return the pattern of a text of one set of signs or of a digest, after its length."""
    if shape.pattern is None:
        return None
    if shape.pattern in _DIGESTS:
        names = _DIGESTS[shape.pattern]
        rows = [
            rb"%b%b:[0-9a-f]{64}" % (re.escape(long_bytes(len(name) + 65)), name) for name in names
        ]
        return rb"(?:%b)" % b"|".join(rows)
    found = _SIGNS.fullmatch(shape.pattern)
    if found is None or not shape.pattern.isascii():
        return None
    least, most = int(found[2]), min(int(found[3] or found[2]), _LENGTH_MAX)
    if least > most or least < 1:
        return None
    rows = [
        rb"%b%b{%d}" % (re.escape(bytes([2 * length])), found[1].encode(), length)
        for length in range(least, most + 1)
    ]
    return rb"(?:%b)" % b"|".join(rows)
