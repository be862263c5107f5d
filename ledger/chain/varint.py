"""Read and write Avro's variable-length integers, strictly.

Strict means minimal: at most 10 bytes and 64 bits, and no needless zero group at the end, so that
a number has exactly one encoding (docs/spec/conventions.md; Avro 1.12 specification, "Binary
encoding").

Read before: ``schemas/``. Read next: ``ledger/chain/avro.py``.
Trusts nothing: every byte may come from a stranger.
"""

from __future__ import annotations

from typing import Final

from ledger.errors import MalformedAvroError

LONG_MIN: Final = -(1 << 63)
LONG_MAX: Final = (1 << 63) - 1
INT_MIN: Final = -(1 << 31)
INT_MAX: Final = (1 << 31) - 1

# Length announced by one byte, or -1 where the byte is no complete, non-negative length.
SHORT_LENGTHS: Final = tuple(
    byte >> 1 if byte < 0x80 and not byte & 1 else -1 for byte in range(256)
)
_SINGLE_BYTES: Final = tuple(bytes((byte,)) for byte in range(128))


def read_long(data: bytes, position: int) -> tuple[int, int]:
    """Return the 64-bit number at ``position`` and the position after it.

    Raises:
        MalformedAvroError: truncated, longer than needed, or over 64 bits; at ``position``.
    """
    window = data[position : position + 8]
    if len(window) < 8:
        return _read_any_long(data, position)
    # The lengths that occur, written out: counts, dates, offsets, times. A group that goes on has
    # its top bit set, which the subtracted constant takes away again.
    b0, b1, b2, b3, b4, b5, b6, b7 = window
    if b0 < 0x80:
        return (b0 >> 1) ^ -(b0 & 1), position + 1
    if b1 < 0x80:
        number, last, size = b0 + (b1 << 7) - 0x80, b1, 2
    elif b2 < 0x80:
        number, last, size = b0 + (b1 << 7) + (b2 << 14) - 0x4080, b2, 3
    elif b3 < 0x80:
        number, last, size = b0 + (b1 << 7) + (b2 << 14) + (b3 << 21) - 0x204080, b3, 4
    elif b4 & b5 & b6 & 0x80 and b7 < 0x80:
        number = b0 + (b1 << 7) + (b2 << 14) + (b3 << 21) - 0x10204080
        number += (b4 + (b5 << 7) + (b6 << 14) + (b7 << 21) - 0x204080) << 28
        last, size = b7, 8
    else:
        return _read_any_long(data, position)
    if not last:
        raise MalformedAvroError(position, "varint not minimal")
    return (number >> 1) ^ -(number & 1), position + size


def _read_any_long(data: bytes, position: int) -> tuple[int, int]:
    """Do what ``read_long`` does for every length, and tell what is wrong."""
    number = 0
    shift = 0
    for after, byte in enumerate(data[position : position + 10], position + 1):
        if byte < 0x80:
            if byte == 0 and shift:
                raise MalformedAvroError(position, "varint not minimal")
            if shift == 63 and byte > 1:
                raise MalformedAvroError(position, "varint over 64 bits")
            number |= byte << shift
            return (number >> 1) ^ -(number & 1), after
        number |= (byte & 0x7F) << shift
        shift += 7
    raise MalformedAvroError(position, "varint too long" if shift == 70 else "truncated")


def read_int(data: bytes, position: int) -> tuple[int, int]:
    """Return the 32-bit number at ``position`` and the position after it.

    Raises:
        MalformedAvroError: as ``read_long``, or over 32 bits; at ``position``.
    """
    number, after = read_long(data, position)
    if not INT_MIN <= number <= INT_MAX:
        raise MalformedAvroError(position, "int over 32 bits")
    return number, after


def read_length(data: bytes, position: int) -> tuple[int, int]:
    """Return the length of a text or of bytes at ``position``, and where they start.

    Raises:
        MalformedAvroError: as ``read_long``, or negative; at ``position``.
    """
    if position + 1 < len(data):
        first, second = data[position], data[position + 1]
        if first & 0x81 == 0x80 and 0 < second < 0x80:
            return (first & 0x7F) >> 1 | second << 6, position + 2
    length, after = read_long(data, position)
    if length < 0:
        raise MalformedAvroError(position, "negative length")
    return length, after


def read_count(data: bytes, position: int) -> tuple[int, int]:
    """Return the item count of an array's only block, and where its items start.

    Every item takes a byte or more, so a count over the bytes left is refused before anything is
    reserved for it. Avro's negative count (a block with its size) is refused: one array, one form.

    Raises:
        MalformedAvroError: as ``read_long``, or not positive, or over what is left.
    """
    count, after = read_long(data, position)
    if count <= 0:
        raise MalformedAvroError(position, "negative block count" if count else "empty block")
    if count > len(data) - after:
        raise MalformedAvroError(position, "truncated")
    return count, after


def array_end_fault(data: bytes, position: int) -> MalformedAvroError:
    """Return what is wrong with the byte that should have ended an array."""
    try:
        read_long(data, position)
    except MalformedAvroError as error:
        return error
    return MalformedAvroError(position, "second block")


def long_bytes(number: int) -> bytes:
    """Return the minimal encoding of ``number``, which the caller keeps within 64 bits."""
    zigzag = (number << 1) ^ (number >> 63)
    if zigzag < 0x80:
        return _SINGLE_BYTES[zigzag]
    if zigzag < 0x4000:
        return bytes((zigzag & 0x7F | 0x80, zigzag >> 7))
    groups = bytearray()
    while zigzag > 0x7F:
        groups.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    groups.append(zigzag)
    return bytes(groups)
