"""Variable-length integers: every length, both ways."""

import pytest

from ledger.chain.varint import (
    LONG_MAX,
    LONG_MIN,
    long_bytes,
    read_count,
    read_int,
    read_length,
    read_long,
)
from ledger.errors import MalformedAvroError

EDGES = sorted(
    {sign * (1 << bits) + step for bits in range(63) for sign in (1, -1) for step in (-1, 0, 1)}
    | {LONG_MIN, LONG_MAX}
)


def plain(number):
    """Return the encoding as the Avro specification words it, bit by bit."""
    zigzag = 2 * number if number >= 0 else -2 * number - 1
    groups = []
    while True:
        groups.append(zigzag % 128)
        zigzag //= 128
        if not zigzag:
            return bytes([*(group + 128 for group in groups[:-1]), groups[-1]])


@pytest.mark.parametrize("after", [b"", b"\x00" * 9, b"\xff" * 9], ids=["end", "zeros", "ones"])
def test_numbers_of_all_lengths_are_written_and_read(after):
    """Whatever follows: the fast way and the general way must agree."""
    for number in EDGES:
        data = plain(number)
        assert data == long_bytes(number)
        assert (number, len(data) + 1) == read_long(b"\x80" + data + after, 1)


@pytest.mark.parametrize("after", [b"", b"\x7f" * 9])
def test_one_group_too_many_is_refused_at_every_length(after):
    """The same number with a zero group at its end."""
    for number in EDGES:
        data = plain(number)
        longer = data[:-1] + bytes((data[-1] | 0x80, 0)) + after
        with pytest.raises(MalformedAvroError) as caught:
            read_long(b"\x00" + longer, 1)
        assert caught.value.position == 1


def test_lengths_and_counts_are_not_negative_and_counts_not_zero():
    """Also where the negative number has two bytes."""
    for number in (-1, -64, -65, -8192, LONG_MIN):
        for reader in (read_length, read_count):
            with pytest.raises(MalformedAvroError):
                reader(long_bytes(number) + bytes(9), 0)
    for length in (0, 63, 64, 8191, 8192):
        data = long_bytes(length)
        assert (length, len(data)) == read_length(data, 0)
    with pytest.raises(MalformedAvroError):
        read_count(b"\x00", 0)


def test_a_count_over_what_is_left_is_refused_at_once():
    """Two items announced, room for one."""
    assert read_count(b"\x04ab", 0) == (2, 1)
    with pytest.raises(MalformedAvroError):
        read_count(b"\x04a", 0)


def test_an_int_has_32_bits():
    """The edges, and one beyond them."""
    for number in (-(1 << 31), (1 << 31) - 1):
        assert number == read_int(long_bytes(number), 0)[0]
    for number in (-(1 << 31) - 1, 1 << 31):
        with pytest.raises(MalformedAvroError):
            read_int(long_bytes(number), 0)
