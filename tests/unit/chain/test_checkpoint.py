"""Checkpoints, against the golden vectors."""

from __future__ import annotations

import pytest

from ledger.chain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.chain.note_keys import COSIGNATURE, ML_DSA_44, Signer, VerifierKey
from ledger.chain.notes import sign_note
from ledger.errors import MalformedCheckpointError, SignatureInvalidError
from tests.support.vectors import VECTORS, load

ORIGIN = "ledger.example/log/0"
CHECKPOINT = Checkpoint(ORIGIN, 306, bytes(range(32)))


def signer(name: str = ORIGIN, **more: int) -> Signer:
    return Signer(name, bytes([3]) * 32, **more)


@pytest.mark.parametrize("log", ["control", "case"])
def test_vector_checkpoints_open_and_are_signed_again_to_the_same_bytes(log: str) -> None:
    rows = load("entries")[log]
    made = Signer(rows["key"]["name"], bytes.fromhex(rows["key"]["seed"]))
    roots = {row["size"]: row["root"] for row in rows["roots"]}
    for row in rows["checkpoints"]:
        opened = open_checkpoint(row["text"].encode(), [VerifierKey.from_vkey(rows["key"]["vkey"])])
        assert opened == (rows["origin"], row["size"], bytes.fromhex(roots[row["size"]]))
        assert sign_checkpoint(opened, [made]).decode() == row["text"]
    published = (VECTORS / rows["folder"] / "checkpoint").read_bytes()
    assert open_checkpoint(published, [made.key], rows["origin"]).size == rows["size"]


def test_both_keys_of_a_log_sign_and_either_opens() -> None:
    first, second = signer(), signer(kind=ML_DSA_44)
    note = sign_checkpoint(CHECKPOINT, [first, second], time_s=1_793_635_278)
    assert open_checkpoint(note, [first.key]) == CHECKPOINT
    assert open_checkpoint(note, [second.key]) == CHECKPOINT
    assert open_checkpoint(note, [first.key, second.key], ORIGIN) == CHECKPOINT


def test_another_log_is_refused() -> None:
    note = sign_checkpoint(CHECKPOINT, [signer()])
    with pytest.raises(SignatureInvalidError):
        open_checkpoint(note, [signer().key], "ledger.example/log/1")


def test_only_the_log_itself_makes_a_checkpoint() -> None:
    """Neither a witness's line nor another log's key stands for the log."""
    witness = signer("witness.example", kind=COSIGNATURE)
    other = signer("ledger.example/log/1")
    for alone in (witness, other):
        with pytest.raises(SignatureInvalidError):
            open_checkpoint(sign_note(CHECKPOINT.text, [alone]), [alone.key, signer().key])
    # A cosignature under the log's own name is not its signature either.
    posing = signer(kind=COSIGNATURE)
    with pytest.raises(SignatureInvalidError):
        open_checkpoint(sign_note(CHECKPOINT.text, [posing]), [posing.key])


def test_bad_witness_line_under_a_trusted_key_makes_the_checkpoint_bad() -> None:
    witness = signer("witness.example", kind=COSIGNATURE)
    line = witness.sign(b"another\n", 1).encode()
    note = sign_checkpoint(CHECKPOINT, [signer()]) + line
    assert open_checkpoint(note, [signer().key]) == CHECKPOINT
    with pytest.raises(SignatureInvalidError):
        open_checkpoint(note, [signer().key, witness.key])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        CHECKPOINT.text + "extension\n",
        CHECKPOINT.text.replace("\n306\n", "\n0306\n"),
        CHECKPOINT.text.replace("\n306\n", "\n-1\n"),
        CHECKPOINT.text.replace("\n306\n", "\n9223372036854775808\n"),
        CHECKPOINT.text.replace("=", ""),
        CHECKPOINT.text[:-2] + "\n",
        CHECKPOINT.text.replace(ORIGIN, ""),
        CHECKPOINT.text.replace(ORIGIN, "with blank"),
    ],
)
def test_malformed_texts_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpointError):
        parse_checkpoint(text)


def test_text_and_parser_are_inverse() -> None:
    for size in (0, 1, 2**63 - 1):
        checkpoint = CHECKPOINT._replace(size=size)
        assert parse_checkpoint(checkpoint.text) == checkpoint
