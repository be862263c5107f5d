"""Paths made for a whole batch are the paths of the standard algorithm."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.append.paths import PathMaker
from ledger.chain.proofs import inclusion_path, verify_inclusion
from ledger.chain.tree import Frontier, leaf_hash

LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]


def stored_nodes(size):
    """Return every complete subtree of a tree."""
    frontier = Frontier()
    nodes = {(level, index): node for level, index, node in frontier.extend(LEAVES[:size])}
    return nodes | {(0, index): leaf for index, leaf in enumerate(LEAVES[:size])}, frontier


@settings(deadline=None)
@given(
    size=st.integers(1, len(LEAVES)),
    commits=st.lists(st.floats(0, 1), max_size=3),
    wanted=st.lists(st.floats(0, 0.999), min_size=1, max_size=20),
    left_out=st.integers(0, 3),
    compiled=st.booleans(),
)
def test_paths_are_those_of_rfc_9162(size, commits, wanted, left_out, compiled):
    """With the newest commits in memory and the rest read; one of them may be another owner's."""
    nodes, frontier = stored_nodes(size)
    questions = []

    def read(coordinates):
        questions.append(coordinates)
        return {it: nodes[it] for it in coordinates}

    maker = PathMaker(frontier, read)
    cuts = sorted({int(cut * size) for cut in commits})
    for number, (start, end) in enumerate(zip(cuts, [*cuts, size][1:], strict=True)):
        if number == left_out:
            continue
        before = Frontier()
        before.extend(LEAVES[:start])
        maker.add(start, LEAVES[start:end], before.extend(LEAVES[start:end]))
    indexes = [int(share * size) for share in wanted]
    with patch("consumers.append.paths.IS_COMPILED", new=compiled):
        paths = maker.paths(indexes)
    for index, path in zip(indexes, paths, strict=True):
        assert list(path) == inclusion_path(index, size, lambda it: {c: nodes[c] for c in it})
        verify_inclusion(LEAVES[index], index, size, path, frontier.root())
    assert len(questions) <= (1 if left_out >= len(cuts) else 2)


def test_no_paths_need_no_question():
    """A commit of refusals only has none."""
    _, frontier = stored_nodes(5)
    assert PathMaker(frontier, lambda _: {}).paths([]) == []
