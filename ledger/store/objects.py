"""The object store: evidence files and public records, each under its own digest.

Read before: ``ledger/chain/digests.py``.

Create-only: the same bytes are the same object, and nothing is ever overwritten. Entries hold the
digests, so who can write here can lose a file but not exchange one: ``get`` checks what it returns.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.chain.digests import (
    EvidenceDigests,
    EvidenceHasher,
    file_digest,
    object_path,
    sha256_digest,
)
from ledger.chain.links import GUOMI, INTERNATIONAL
from ledger.errors import UnavailableError, VerificationError
from ledger.store.durable import make_folder, sync_folder, translated, write_all

_AWAY = "the object store, or what is asked of it,"
_PROFILES = {"blake3": INTERNATIONAL, "sm3": GUOMI}


class ObjectStore:
    """Content-addressed files below a folder; every method may raise UnavailableError.

    Args:
        root: The folder; made if it is not there.
        writes: Whether anything is to be put; else nothing is made.
    """

    def __init__(self, root: Path, *, writes: bool = True) -> None:
        self._root = root
        if writes:
            with translated(_AWAY):
                (root / "new").mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keep a public record under its SHA-256; return ``sha256:hex``. Durable, repeatable."""
        digest = sha256_digest(data)
        with translated(_AWAY), self._new_file() as (fresh, descriptor):
            write_all(descriptor, data)
            self._keep(fresh, descriptor, digest)
        return digest

    def put_evidence(self, profile: str, pieces: Iterable[bytes]) -> EvidenceDigests:
        """Keep a file that arrives in pieces under its profile digest; one pass. Repeatable.

        For evidence that is handed to the platform. The agencies keep theirs so far, and their
        acts (``EvidenceSealed``, ``RecordingUploaded``) carry its digest.

        Args:
            profile: ``international`` or ``guomi``.
            pieces: The file's bytes in order, of any number and size.

        Raises:
            MalformedError: No such profile.
        """
        hasher = EvidenceHasher(profile)
        with translated(_AWAY), self._new_file() as (fresh, descriptor):
            for piece in pieces:
                hasher.update(piece)
                write_all(descriptor, piece)
            digests = hasher.digests()
            self._keep(fresh, descriptor, digests.profile)
        return digests

    def get(self, digest: str) -> bytes:
        """Return the bytes under ``alg:hex``.

        Raises:
            MalformedError: Not a digest.
            UnavailableError: They are not here; it says which.
            VerificationError: The stored bytes have another digest.
        """
        if (data := self.find(digest)) is None:
            raise UnavailableError(f"the object store has no {digest}")
        return data

    def find(self, digest: str) -> bytes | None:
        """Return the bytes under ``alg:hex``, None where they are not here; raises as ``get``."""
        path = self._root / object_path(digest)
        with translated(_AWAY):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                return None
        profile = _PROFILES.get(digest.partition(":")[0])
        found = sha256_digest(data) if profile is None else file_digest(profile, data)
        if found != digest:
            raise VerificationError(f"object {digest} holds other bytes")
        return data

    @contextmanager
    def _new_file(self) -> Iterator[tuple[Path, int]]:
        """Give a file without a place; whatever is not kept is gone on leaving."""
        fresh = self._root / "new" / secrets.token_hex(16)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            yield fresh, descriptor
        finally:
            os.close(descriptor)
            fresh.unlink()

    def _keep(self, fresh: Path, descriptor: int, digest: str) -> None:
        """Give a written file its place; the name appears only when its bytes are durable."""
        os.fsync(descriptor)
        target = self._root / object_path(digest)
        folders = make_folder(target.parent)
        try:
            os.link(fresh, target)
        except FileExistsError:
            return  # The same bytes are the same object.
        for folder in folders:
            sync_folder(folder)
