"""A copy that is read while its log goes on stays readable to its end."""

from __future__ import annotations

import pytest

from ledger.chain.stream_scan import read_bundle
from ledger.chain.tiles import bundle_path
from ledger.errors import IncompleteError, UnavailableError
from ledger.store.log_tables import origin_of
from ledger.store.promised_tree import PromisedTree
from ledger.store.tile_store import FolderTileStore
from tests.support.ledger_copy import LEDGER, LedgerCopy
from tests.support.promised import log_signer, promise


class GoingOn(FolderTileStore):
    """A store whose log is promised further at each of the next reads of a partial bundle."""

    times = 0
    steps: list[list[bytes]]

    def read(self, log, path):
        if path.startswith("tile/entries/") and ".p/" in path and self.times:
            self.times -= 1
            (self._root / log / path).unlink(missing_ok=True)
            promise(self, log, self.steps.pop(0))
        return super().read(log, path)


@pytest.fixture
def entries():
    return LedgerCopy(1).logs["control"]


def opened(tmp_path, entries, times):
    store = GoingOn(tmp_path)
    store.times, store.steps = times, [entries[: 40 + step] for step in range(times)]
    promise(store, "control", entries[:30])
    key = log_signer("control").key
    return store, PromisedTree(store, "control", origin_of(LEDGER, "control"), [key])


@pytest.mark.parametrize("times", [0, 1, 3])
def test_the_last_bundle_is_held(tmp_path, entries, times):
    """The promise moves on while the bundle is looked for, and its file goes afterwards."""
    store, tree = opened(tmp_path, entries, times)
    held, read = tree.held()
    (tmp_path / "control" / bundle_path(0, held.size)).unlink()
    store.times, store.steps = 1, [entries[:90]]
    assert read_bundle(held, read, 0) == entries[: held.size]
    assert held.size == (39 + times if times else 30)


def test_a_log_that_never_rests_is_unavailable(tmp_path, entries):
    _, tree = opened(tmp_path, entries, 20)
    with pytest.raises(UnavailableError, match="too quickly"):
        tree.held()


def test_a_bundle_that_is_not_there_is_incomplete(tmp_path, entries):
    _, tree = opened(tmp_path, entries, 0)
    (tmp_path / "control" / bundle_path(0, 30)).unlink()
    held, read = tree.held()
    with pytest.raises(IncompleteError, match=bundle_path(0, 30)):
        read_bundle(held, read, 0)
