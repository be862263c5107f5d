"""What an emitter must know of a ledger, read from a static copy of its control log.

Read before: ``ledger.domain.control``, ``ledger.chain.sources``. Read next: ``platform_acts``.

Name, clock, the vault's transport key, who is registered with which keys, which type goes to
which log. The copy (a folder or a URL) is checked against the log's signed checkpoint: whoever
serves it could otherwise have personal values sealed to a key of his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from consumers.append.control_follower import ControlFollower
from consumers.emitter.submission import VaultKey
from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.note_keys import VerifierKey
from ledger.chain.sources import LogSource, MissingObjectError
from ledger.chain.tiles import bundle_path, decode_bundle
from ledger.chain.tree import Frontier, leaf_hash
from ledger.domain.control import ControlState
from ledger.errors import RejectedError, RootMismatchError
from ledger.limits import TILE_WIDTH


class LogCopy:
    """All entries of a log, read from a copy and checked; satisfies ``ControlEntries``."""

    def __init__(self, source: LogSource, log_keys: Iterable[VerifierKey]) -> None:
        """Read the whole log.

        Raises:
            UnavailableError: The copy cannot be read.
            IncompleteError: A file of it is missing.
            SignatureInvalidError: No trusted key signed its checkpoint.
            RootMismatchError: Its entries are not those that were signed.
        """
        checkpoint = open_checkpoint(source.checkpoint(), log_keys)
        self._entries: list[bytes] = []
        while len(self._entries) < checkpoint.size:
            width = min(TILE_WIDTH, checkpoint.size - len(self._entries))
            bundle = _bundle(source, len(self._entries) // TILE_WIDTH, width)
            self._entries += decode_bundle(bundle)[:width]
        frontier = Frontier()
        frontier.extend([leaf_hash(entry) for entry in self._entries])
        if frontier.root() != checkpoint.root:
            raise RootMismatchError(
                checkpoint.size, expected=checkpoint.root, found=frontier.root()
            )

    def read_entries(self, start: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return leaf index and bytes of at most ``limit`` entries from ``start`` on."""
        return list(enumerate(self._entries[start : start + limit], start))

    def promised_sizes(self) -> Mapping[str, int]:
        """Return the size of the copy as that of the control log."""
        return {"control": len(self._entries)}


def _bundle(source: LogSource, number: int, width: int) -> bytes:
    """Return a bundle; a partial one may be gone where the full one is there by now."""
    try:
        return source.tile(bundle_path(number, width))
    except MissingObjectError:
        if width == TILE_WIDTH:
            raise
        return source.tile(bundle_path(number))


def read_control_state(source: LogSource, log_keys: Iterable[VerifierKey]) -> ControlState:
    """Return what a copy of the control log says.

    Raises:
        As ``LogCopy``; and MalformedError where an entry cannot be applied.
    """
    return ControlFollower(LogCopy(source, log_keys)).follow_promise()


def vault_key(state: ControlState) -> VaultKey | None:
    """Return the newest transport key of the vault, None where none is published."""
    keys = state.transport_keys.values()
    # A simulated clock can stand still between two keys.
    newest = max(keys, key=lambda key: (key.valid_from, key.key_id), default=None)
    return None if newest is None else VaultKey(newest.key_id, newest.public_key)


def ledger_name(state: ControlState) -> str:
    """Return the ledger's name.

    Raises:
        RejectedError: The control log has no entry 0 yet.
    """
    if state.ledger is None:
        raise RejectedError("LEDGER_EMPTY", "the control log has no entry yet")
    return state.ledger.name
