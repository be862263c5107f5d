"""How the folder store gets files onto the disk: at once, and no name before its bytes."""

import os
import stat
import threading

import pytest

from ledger.errors import UnavailableError
from ledger.store.tile_store import FolderTileStore

LIMIT_S = 20
FILES = [("tile/0/000.p/2", b"hashes"), ("tile/entries/000.p/2", b"entries")]


def test_files_are_synced_together_and_folders_after_them(tmp_path, monkeypatch):
    """Method: a sync returns only when the other one of its kind has begun."""
    store = FolderTileStore(tmp_path)
    store.write_objects("0", [("tile/0/000.p/1", b""), ("tile/entries/000.p/1", b"")])
    barriers = {False: threading.Barrier(2), True: threading.Barrier(2)}
    order = []

    def sync(descriptor):
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        barriers[is_folder].wait(LIMIT_S)
        order.append(is_folder)

    monkeypatch.setattr(os, "fsync", sync)
    store.write_objects("0", FILES)
    assert order == [False, False, True, True]


def test_a_file_that_cannot_be_synced_gets_no_name(tmp_path, monkeypatch):
    """Nor does any other of the same write."""
    store = FolderTileStore(tmp_path)
    failed = []

    def sync(descriptor):
        if not failed:
            failed.append(descriptor)
            raise OSError("disk")

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(UnavailableError):
        store.write_objects("0", FILES)
    assert [store.read("0", path) for path, _ in FILES] == [None, None]
