"""Key files below ``DATA/keys``: signing keys, their public keys, transport keys of the vault.

Read before: ``ledger/chain/note_keys.py``. Read next: ``ledger/store/birth.py``.

Private files are readable by their owner only and are made once: nothing here ever replaces a key.
Who reads a log's key can sign a second history of it; witnesses and promises are what shows that.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.chain.canonical_text import base64_text, read_base64
from ledger.chain.note_keys import Signer
from ledger.clock import Random
from ledger.errors import MalformedError
from ledger.store.durable import sync_folder, translated

PLATFORM: Final = "platform"
_TRANSPORT_FILE: Final = re.compile(r"transport-([1-9]\d{0,9})\.key")
_SEED_SIZE_BYTES: Final = 32


def platform_name(ledger: str) -> str:
    """Return the platform's emitter id, which is also its key's name."""
    return f"{PLATFORM}.{ledger}"


def ensure_signer(keys: Path, file: str, name: str, random: Random) -> Signer:
    """Return the signer in ``<file>.key``, made with its ``<file>.vkey`` if it is not there.

    Raises:
        MalformedError: The file holds another name's key, or none.
    """
    if not (keys / f"{file}.key").exists():
        text = Signer(name, random(_SEED_SIZE_BYTES)).to_text()
        write_private(keys / f"{file}.key", text + "\n")
    signer = read_signer(keys, file)
    if signer.name != name:
        raise MalformedError(f"{file}.key is the key of another name")
    vkey = keys / f"{file}.vkey"
    if not vkey.exists():
        _write_new(vkey, signer.vkey + "\n", 0o644)
    return signer


def read_signer(keys: Path, file: str) -> Signer:
    """Return the signer in ``<file>.key``: ``log-control``, ``log-<n>`` or ``platform``.

    Raises:
        MalformedCheckpointError: The file holds no private key.
        UnavailableError: It cannot be read.
    """
    return Signer.from_text(_read(keys / f"{file}.key").strip())


def ensure_transport_key(keys: Path, key_id: int, random: Random) -> bytes:
    """Return the private transport key ``key_id`` (32 bytes, X25519), made if it is not there."""
    path = keys / f"transport-{key_id}.key"
    if not path.exists():
        write_private(path, base64_text(random(_SEED_SIZE_BYTES)) + "\n")
    return read_transport_keys(keys)[key_id]


def read_transport_keys(keys: Path) -> dict[int, bytes]:
    """Return every private transport key by id; those past their time have been deleted.

    Raises:
        MalformedError: A file holds no key.
        UnavailableError: A file cannot be read.
    """
    found: dict[int, bytes] = {}
    for path in sorted(keys.glob("transport-*.key")):
        if match := _TRANSPORT_FILE.fullmatch(path.name):
            key = read_base64(_read(path).strip().encode())
            if len(key) != _SEED_SIZE_BYTES:
                raise MalformedError(f"{path.name} holds no transport key")
            found[int(match[1])] = key
    return found


def transport_public_key(private: bytes) -> bytes:
    """Return the X25519 public key (32 bytes) that emitters seal to."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, durable when this returns.

    Raises:
        UnavailableError: It is there already, or cannot be written.
    """
    _write_new(path, text, 0o600)


def replace_file(path: Path, text: str) -> None:
    """Replace a file whole: after a crash it holds the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    with translated(path.name):
        fresh.unlink(missing_ok=True)
        _write_new(fresh, text, 0o644)
        fresh.replace(path)
        sync_folder(path.parent)


def _write_new(path: Path, text: str, mode: int) -> None:
    with translated(path.name):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        # A key that a promise was signed with must not be lost with its name.
        sync_folder(path.parent)


def _read(path: Path) -> str:
    with translated(path.name):
        return path.read_text(encoding="utf-8")
