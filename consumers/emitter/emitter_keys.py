"""The emitters' key pairs below a folder: ``DIR/<emitter id>.key``.

Read before: ``ledger.store.key_files``. Read next: ``emit_file``.
"""

from __future__ import annotations

from pathlib import Path

from ledger.chain.notes import Signer
from ledger.clock import Random
from ledger.store.key_files import ensure_signer, read_signer


class EmitterKeys:
    """Signing keys of many emitters, read once each."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder = folder
        self._random = random
        self._signers: dict[str, Signer] = {}

    def signer(self, emitter_id: str) -> Signer:
        """Return an emitter's key.

        Raises:
            UnavailableError: There is no readable key file.
            MalformedError: The file holds no key.
        """
        if emitter_id not in self._signers:
            self._signers[emitter_id] = read_signer(self._folder, emitter_id)
        return self._signers[emitter_id]

    def ensure(self, emitter_id: str) -> Signer:
        """Return an emitter's key, made now if there is none."""
        if emitter_id not in self._signers:
            self._folder.mkdir(parents=True, exist_ok=True)
            made = ensure_signer(self._folder, emitter_id, emitter_id, self._random)
            self._signers[emitter_id] = made
        return self._signers[emitter_id]
