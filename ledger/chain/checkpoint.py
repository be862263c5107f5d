"""Checkpoints: the signed size and root of a log, the only thing a log ever signs.

Read before: ``ledger/store/recorder.py``, ``notes``. Read next: ``ledger/store/promise.py``, where
one is signed; ``consumers/project.py``, which carries entries to the views;
``projections/disclosure/projection.py``.

Source: C2SP tlog-checkpoint; docs/spec/checkpoint.md. Three lines: origin, decimal size,
base64 root. Extension lines, which that page allows, are refused: nothing audits them.
A checkpoint must verify under a key whose name is its origin; a witness's line alone
shows that somebody saw it, not that the log said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.chain.canonical_text import base64_text, read_decimal, read_hash
from ledger.chain.note_keys import COSIGNATURE, is_key_name
from ledger.chain.notes import Signer, VerifierKey, open_note, sign_note
from ledger.errors import MalformedCheckpointError, MalformedError, SignatureInvalidError


class Checkpoint(NamedTuple):
    """What a log commits to: its first ``size`` entries have the root hash ``root``."""

    origin: str  # ``<ledger>/control`` or ``<ledger>/log/<n>``.
    size: int  # Number of entries, 0 for an empty log.
    root: bytes  # 32 bytes, RFC 6962 root hash.

    @property
    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer], time_s: int = 0) -> bytes:
    """Return the signed checkpoint; each signer's name is the origin.

    Args:
        checkpoint: What to sign. The caller answers for never signing two that disagree.
        signers: The log's keys; while one replaces another, both.
        time_s: Seconds since 1970 UTC, signed by ML-DSA-44 keys only.
    """
    assert all(signer.name == checkpoint.origin for signer in signers)
    return sign_note(checkpoint.text, signers, time_s)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text holds.

    Raises:
        MalformedCheckpointError: Not exactly the three lines.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not is_key_name(lines[0]):
        raise MalformedCheckpointError("a checkpoint has three lines, the first its origin")
    try:
        size, root = read_decimal(lines[1].encode()), read_hash(lines[2].encode())
    except MalformedError as error:
        raise MalformedCheckpointError("malformed size or root") from error
    return Checkpoint(lines[0], size, root)


def open_checkpoint(
    note: bytes, keys: Iterable[VerifierKey], origin: str | None = None
) -> Checkpoint:
    """Return the checkpoint of a note that its log signed.

    Args:
        note: The signed note, at most ``CHECKPOINT_SIZE_BYTES_MAX`` bytes.
        keys: Trusted keys; lines of others are ignored.
        origin: The log expected, if the caller knows.

    Raises:
        MalformedCheckpointError: Not a signed checkpoint.
        SignatureInvalidError: Not signed by its log under one of ``keys``, or another log's.
    """
    trusted = list(keys)
    opened = open_note(note, trusted)
    checkpoint = parse_checkpoint(opened.text)
    own = {(k.name, k.key_id) for k in trusted if k.kind != COSIGNATURE}
    signed = {(line.name, line.key_id) for line in opened.signatures} & own
    if not any(name == checkpoint.origin for name, _ in signed):
        raise SignatureInvalidError("checkpoint without a signature of its own log")
    if origin is not None and checkpoint.origin != origin:
        raise SignatureInvalidError("checkpoint of another log")
    return checkpoint
