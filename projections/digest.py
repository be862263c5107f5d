"""The digest of a view: a sum over its rows that does not depend on their order.

Read before: ``tables``. Read next: ``rows``.

A row counts as the 256-byte BLAKE3 output of RFC 8785 ``[table, [key], {other columns}]``, every
value as text or null, times as microseconds; the digest is the sum modulo 2^2048
(docs/spec/views.md). A plain 256-bit sum could be forged by whoever can write rows.
``ledger.chain.digests.row_digest`` is the definition; here is the same, compiled per table, since
a rebuild does nothing more often. A test holds the one against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from blake3 import blake3

from ledger.chain.digests import (
    DIGEST_MODULUS,
    ROW_DIGEST_SIZE_BYTES,
    format_view_digest,
)
from projections.tables import Column, Row, Table

_canonical = msgspec.json.Encoder().encode  # Shortest escapes, as RFC 8785 has them.


def row_encoder(table: Table[Any]) -> Callable[[Row], bytes]:
    """Return a function that gives the canonical JSON of a row of ``table``."""
    keys = ", ".join(_text_source(table.columns[i], i) for i in range(table.key_columns))
    others = sorted(
        (column.name, i) for i, column in enumerate(table.columns) if i >= table.key_columns
    )
    members = ", ".join(f"{name!r}: {_text_source(table.columns[i], i)}" for name, i in others)
    # Column names are ASCII, so sorting them by code point is RFC 8785's order.
    source = f"lambda row: canonical([{table.name!r}, [{keys}], {{{members}}}])"
    encode: Callable[[Row], bytes] = eval(source, {"canonical": _canonical})  # noqa: S307  our names only
    return encode


def row_digest_of(canonical: bytes) -> int:
    """Return the number that a row with this canonical JSON adds to the digest."""
    return int.from_bytes(blake3(canonical).digest(ROW_DIGEST_SIZE_BYTES), "big")


def digest_sum(digests: Iterable[int], start: int = 0) -> int:
    """Return ``start`` plus the given numbers, modulo 2^2048."""
    return sum(digests, start) % DIGEST_MODULUS


def format_digest(total: int) -> str:
    """Return the text of a digest, as the ledger anchors it."""
    return format_view_digest(total % DIGEST_MODULUS)


def _text_source(column: Column, index: int) -> str:
    """Return Python source for the text of one column of ``row``."""
    value = f"row[{index}]"
    if column.python_type is str:
        return value
    if column.python_type is bool:
        text = f"('true' if {value} else 'false')"
    elif column.python_type is bytes:
        text = f"{value}.hex()"
    else:
        text = f"str({value})"
    return f"(None if {value} is None else {text})" if column.is_nullable else text
