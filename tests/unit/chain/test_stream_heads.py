"""The root over all stream heads, and over a stream."""

import pytest

from ledger.chain.stream_heads import StreamHead, stream_head_leaf, stream_heads_root
from ledger.chain.tree import EMPTY_ROOT, tree_root
from tests.support.vectors import load

DERIVED = load("derived")


@pytest.mark.parametrize("case", DERIVED["stream_heads"], ids=lambda c: str(c["tree_size"]))
def test_roots_are_those_of_the_vectors_in_whatever_order(case):
    """Leaves, and the root over them, given backwards."""
    heads = [
        StreamHead(head["stream_id"], head["version"], bytes.fromhex(head["link"]))
        for head in case["heads"]
    ]
    assert case["count"] == len(heads)
    assert [head["leaf"] for head in case["heads"]] == [
        stream_head_leaf(head).hex() for head in heads
    ]
    assert case["root"] == stream_heads_root(reversed(heads)).hex()


def test_no_streams_have_the_root_of_nothing():
    """As an empty tree."""
    assert stream_heads_root([]) == EMPTY_ROOT


def test_the_root_of_a_stream_is_that_over_its_leaves():
    """``CaseFileArchived.streamRoot``."""
    case = DERIVED["stream_root"]
    leaves = load("entries")["case"]["leaves"]
    root = tree_root(bytes.fromhex(leaves[at]) for at in case["leaf_indexes"])
    assert case["root_field"] == f"sha256:{root.hex()}"
