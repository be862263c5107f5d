"""Kafka's default partitioner."""

import pytest
from kafka.partitioner.default import murmur2 as kafka_murmur2

from ledger.chain.partition import murmur2, partition_for
from tests.support.vectors import load


@pytest.mark.parametrize("case", load("derived")["partitions"], ids=lambda c: c["key"])
def test_partitions_are_those_of_the_vectors(case):
    """Hash, and partition of 1, 8 and 12."""
    key = case["key"].encode()
    assert case["murmur2"] == murmur2(key)
    assert [case["of_1"], case["of_8"], case["of_12"]] == [
        partition_for(key, n) for n in (1, 8, 12)
    ]


def test_every_length_and_byte_hashes_as_in_the_client_library():
    """Rests of 0 to 3 bytes after the words, high bytes included."""
    for length in range(40):
        key = bytes((length * 37 + 200 + at * 31) % 256 for at in range(length))
        assert kafka_murmur2(key) == murmur2(key)
