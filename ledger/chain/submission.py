"""Submissions: one signature for up to 1,024 acts, and the proof that travels with each.

Read before: docs/spec/submission.md, ``notes``. Read next: ``submission_cache``, ``receipt``.

Leaf = ``SHA-256(00 || act)``, tree as RFC 6962 section 2.1 over the batch, its root in a note
that the emitter signs first and up to three persons after it. An act's ``lz-proof`` header is
``lianzheng.proof/v1``, ``index <n>``, path hashes from the sibling up, an empty line, the note.
Everything in a proof comes from outside. It shows who sent an act under which batch; whether
a key was valid at that time, and for that agency and type, the caller judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.chain.canonical_text import base64_text, read_decimal, read_hash
from ledger.chain.ids import emitter_id_ok, identifier_ok, ledger_name_ok, uuid_bytes, uuid_text
from ledger.chain.note_keys import ED25519
from ledger.chain.notes import KeyMap, NoteSignature, Signer, VerifierKey, sign_note, split_note
from ledger.chain.proofs import verify_inclusion
from ledger.chain.tree import leaf_hash, level_path, tree_levels
from ledger.errors import (
    MalformedCheckpointError,
    MalformedError,
    MalformedProofError,
    OriginError,
    SignatureInvalidError,
    VerificationError,
)
from ledger.limits import (
    NOTE_SIGNATURES_MAX,
    NOTE_SIZE_BYTES_MAX,
    PROOF_SIZE_BYTES_MAX,
    SUBMISSION_ACTS_MAX,
)

PROOF_LINE: Final = b"lianzheng.proof/v1\nindex "
_NOTE_LINE: Final = "lianzheng.submission/v1"


class SubmissionText(NamedTuple):
    """What a submission's note says."""

    ledger: str  # Name of the ledger it is for.
    emitter_id: str  # Emitter, and name of the first key.
    size: int  # Number of acts, 1 to SUBMISSION_ACTS_MAX.
    root: bytes  # 32 bytes, root of the batch's tree.
    batch: bytes  # 16 bytes, UUID drawn by the emitter.


@dataclass(frozen=True, slots=True)
class SubmissionProof:
    """An ``lz-proof`` taken apart; well-formed, nothing in it verified."""

    index: int  # Place of the act in its batch, from 0.
    path: tuple[bytes, ...]  # 32 bytes each, the sibling first.
    note: bytes  # The signed note, verbatim.
    text: SubmissionText
    signatures: tuple[NoteSignature, ...]  # The emitter's first, then persons'.


def submission_leaf(act: bytes) -> bytes:
    """Return the leaf hash of an act's value in its submission's tree: 32 bytes."""
    return leaf_hash(act)


def build_submission(
    ledger: str, emitter_id: str, batch: bytes, acts: Sequence[bytes], signers: Sequence[Signer]
) -> list[bytes]:
    """Return the ``lz-proof`` of each act of a batch, in their order.

    Args:
        ledger: Name of the ledger that the batch is for.
        emitter_id: Emitter that all acts name.
        batch: 16 bytes of a UUID that no other batch has.
        acts: Values of 1 to ``SUBMISSION_ACTS_MAX`` acts.
        signers: The emitter's key, then up to three persons' keys.
    """
    assert 0 < len(acts) <= SUBMISSION_ACTS_MAX
    assert 0 < len(signers) <= NOTE_SIGNATURES_MAX
    assert signers[0].name == emitter_id
    levels = tree_levels([submission_leaf(act) for act in acts])
    root = base64_text(levels[-1][0])
    lines = (_NOTE_LINE, f"ledger {ledger}", emitter_id, str(len(acts)), root)
    text = "\n".join((*lines, uuid_text(batch), ""))
    note = sign_note(text, signers)
    return [_proof_text(index, _path_lines(levels, index), note) for index in range(len(acts))]


def parse_proof(lz_proof: bytes) -> SubmissionProof:
    """Take an ``lz-proof`` apart, strictly.

    Raises:
        MalformedProofError: Code ``R1_BAD_HEADER``, or ``R1_BATCH_SIZE`` for a batch of 0 or
            of more than ``SUBMISSION_ACTS_MAX`` acts.
    """
    head, gap, note = lz_proof.partition(b"\n\n")
    if len(lz_proof) > PROOF_SIZE_BYTES_MAX or not gap or not head.startswith(PROOF_LINE):
        raise MalformedProofError("not a submission proof", code="R1_BAD_HEADER")
    text, signatures = parse_submission_note(note)
    index_line, *path_lines = head[len(PROOF_LINE) :].split(b"\n")
    try:
        index = read_decimal(index_line, text.size - 1)
        path = tuple(read_hash(line) for line in path_lines)
    except MalformedError as error:
        raise MalformedProofError("malformed index or path", code="R1_BAD_HEADER") from error
    return SubmissionProof(index, path, note, text, signatures)


def parse_submission_note(note: bytes) -> tuple[SubmissionText, tuple[NoteSignature, ...]]:
    """Take a submission's note apart, strictly; verify no signature.

    Raises:
        MalformedProofError: As ``parse_proof``.
    """
    try:
        text, signatures = split_note(note, NOTE_SIZE_BYTES_MAX, NOTE_SIGNATURES_MAX)
        submission = _read_text(text)
    except MalformedProofError:
        raise
    except (MalformedCheckpointError, MalformedError) as error:
        raise MalformedProofError("malformed submission note", code="R1_BAD_HEADER") from error
    names = [line.name for line in signatures]
    persons = names[1:]
    # A person's key name is an officer id that no emitter could have: one note, one emitter.
    if (
        names[0] != submission.emitter_id
        or len(set(names)) < len(names)
        or any(emitter_id_ok(name) or not identifier_ok(name) for name in persons)
        or any(len(line.signature) != 64 for line in signatures)
    ):
        raise MalformedProofError("wrong signature lines of a submission", code="R1_BAD_HEADER")
    return submission, signatures


def check_note(proof: SubmissionProof, ledger: str, keys: KeyMap) -> tuple[VerifierKey, ...]:
    """Return the keys that signed a submission's note, in the order of the lines.

    Unlike on checkpoints, no line is ignored: each must verify under a known key.

    Raises:
        OriginError: ``R2_LEDGER``, ``R2_KEY_UNKNOWN`` or ``R2_SIGNATURE``, the first that fails.
    """
    if proof.text.ledger != ledger:
        raise OriginError("R2_LEDGER", "submission for another ledger")
    signers = []
    for line in proof.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None or key.kind != ED25519:
            raise OriginError("R2_KEY_UNKNOWN", "submission signed under an unknown key")
        signers.append(key)
    text = note_text(proof.note)
    for key, line in zip(signers, proof.signatures, strict=True):
        try:
            key.verify(text, line.signature)
        except SignatureInvalidError as error:
            raise OriginError(
                "R2_SIGNATURE", "signature of a submission does not verify"
            ) from error
    return tuple(signers)


def check_act(proof: SubmissionProof, act: bytes, emitter_id: str) -> None:
    """Check that a submission holds ``act``, sent by the emitter that the act names.

    Raises:
        OriginError: ``R2_EMITTER`` or ``R2_PATH``, the first that fails.
    """
    if proof.text.emitter_id != emitter_id:
        raise OriginError("R2_EMITTER", "the act names another emitter than its submission")
    leaf, text = submission_leaf(act), proof.text
    try:
        verify_inclusion(leaf, proof.index, text.size, proof.path, text.root)
    except VerificationError as error:
        raise OriginError("R2_PATH", "the path does not lead to the submission's root") from error


def note_text(note: bytes) -> bytes:
    """Return the signed text of a well-formed note, with its last newline."""
    return note[: note.rindex(b"\n\n") + 1]


def _read_text(text: str) -> SubmissionText:
    lines = text.split("\n")
    if len(lines) != 7 or lines[0] != _NOTE_LINE or not lines[1].startswith("ledger "):
        raise MalformedError("not the text of a submission")
    ledger, emitter_id, batch = lines[1][7:], lines[2], uuid_bytes(lines[5])
    if not (ledger_name_ok(ledger) and emitter_id_ok(emitter_id)):
        raise MalformedError("malformed name")
    size, root = read_decimal(lines[3].encode()), read_hash(lines[4].encode())
    if not 0 < size <= SUBMISSION_ACTS_MAX:
        raise MalformedProofError("batch of no or too many acts", code="R1_BATCH_SIZE")
    return SubmissionText(ledger, emitter_id, size, root, batch)


def _path_lines(levels: Sequence[Sequence[bytes]], index: int) -> list[str]:
    return [base64_text(node) for node in level_path(levels, index)]


def _proof_text(index: int, path_lines: list[str], note: bytes) -> bytes:
    return (
        b"%s%d\n%s\n" % (PROOF_LINE, index, "".join(f"{x}\n" for x in path_lines).encode()) + note
    )
