"""The key store: one key a subject whoever asks, durable, its owner's only, and gone when destroyed."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading

import pytest

from ledger.errors import UnavailableError
from ledger.store.key_store import KEY_SIZE_BYTES, KeyStore, Subject

ANN, BOB = Subject("0", "case:1", "ann"), Subject("0", "case:1", "bob")


@pytest.fixture
def store(tmp_path):
    store = KeyStore(tmp_path / "vault.sqlite")
    yield store
    store.close()


def test_a_subject_keeps_its_key(store, tmp_path):
    """Asked for alone, with others, twice at once, or by another process later."""
    first = store.data_keys([ANN, BOB, ANN])
    assert set(first) == {ANN, BOB}
    assert first[ANN] != first[BOB]
    assert all(len(key) == KEY_SIZE_BYTES for key in first.values())
    assert store.data_keys([BOB]) == {BOB: first[BOB]}
    again = KeyStore(tmp_path / "vault.sqlite")
    assert again.find_data_keys([ANN, BOB, Subject("1", "case:1", "ann")]) == first
    assert again.blind_index_key() == store.blind_index_key()
    assert again.day_key(20_000) == store.day_key(20_000)
    again.close()


def test_looking_makes_no_key(store):
    """A destroyed key must not come back as another one."""
    assert store.find_data_keys([ANN]) == {}
    assert store.find_day_key(20_000) is None
    assert store.find_data_keys([ANN]) == {}


def test_two_owners_get_the_same_key(tmp_path):
    """They ask at the same time for the same new subjects."""
    subjects = [Subject("0", f"case:{number}", "p") for number in range(300)]
    stores = [KeyStore(tmp_path / "vault.sqlite") for _ in range(4)]
    barrier, results = threading.Barrier(4), []

    def ask(store):
        barrier.wait()
        results.append(store.data_keys(subjects))

    threads = [threading.Thread(target=ask, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)
    for store in stores:
        store.close()


def test_a_key_survives_a_process_that_is_killed(tmp_path):
    """It was given out, so it is on the disk."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from ledger.store.key_store import KeyStore, Subject\n"
        "keys = KeyStore(Path(sys.argv[1])).data_keys([Subject('0', 'case:1', 'ann')])\n"
        "print(next(iter(keys.values())).hex(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "vault.sqlite")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9
    store = KeyStore(tmp_path / "vault.sqlite")
    assert store.find_data_keys([ANN])[ANN].hex() == done.stdout.strip()
    store.close()


def test_destroyed_keys_are_not_in_the_files_any_more(store, tmp_path):
    """Overwritten in the file, and not left in its log."""
    keys = [store.day_key(day) for day in range(20_000, 20_010)]
    kept = store.day_key(20_010)
    assert store.destroy_day_keys(20_010) == 10
    assert store.destroy_day_keys(20_010) == 0
    assert store.find_day_key(20_009) is None
    assert store.find_day_key(20_010) == kept
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept in files
    assert not any(key in files for key in keys)


def test_the_file_is_its_owners_only(store, tmp_path):
    """Log and index of it included."""
    store.data_keys([ANN])
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_file_that_cannot_be_used_is_unavailable(tmp_path):
    """No error of the library passes; its code says what is wrong."""
    (tmp_path / "broken.sqlite").write_bytes(b"this is no database" * 100)
    reasons = {"broken.sqlite": "SQLITE_NOTADB", "missing/vault.sqlite": "a file or folder"}
    for name, reason in reasons.items():
        with pytest.raises(UnavailableError, match=f"the key store is away: {reason}"):
            KeyStore(tmp_path / name)
