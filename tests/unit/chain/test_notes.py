"""Signed notes and the keys that sign them, against the golden vectors."""

from __future__ import annotations

import pytest

from ledger.chain.canonical_text import read_base64, read_decimal, read_hash
from ledger.chain.note_keys import COSIGNATURE, ED25519, ML_DSA_44, Signer, VerifierKey
from ledger.chain.notes import key_map, open_note, read_vkeys, sign_note, split_note
from ledger.errors import MalformedCheckpointError, MalformedError, SignatureInvalidError
from tests.support.vectors import load

TEXT = "first line\n\nthird line\n"


def signer(name: str = "log.example/log/0", kind: int = ED25519, byte: int = 7) -> Signer:
    return Signer(name, bytes([byte]) * 32, kind)


def test_every_vector_key_has_its_id_and_text() -> None:
    """Each seed of the vectors gives the vkey computed elsewhere, and both texts read back."""
    for row in load("derived")["keys"]:
        kind = VerifierKey.from_vkey(row["vkey"]).kind
        made = Signer(row["name"], bytes.fromhex(row["seed"]), kind)
        assert made.vkey == row["vkey"]
        assert made.key.key_id.hex() == row["key_id"]
        assert VerifierKey.from_vkey(row["vkey"]) == made.key
        assert Signer.from_text(made.to_text()).vkey == row["vkey"]


def test_ml_dsa_44_vector_verifies() -> None:
    """The post-quantum line of the vectors verifies, over the message they give."""
    vector = load("derived")["ml_dsa_44"]
    key = VerifierKey.from_vkey(vector["vkey"])
    assert key == Signer(vector["name"], bytes.fromhex(vector["seed"]), ML_DSA_44).key
    assert key.kind == ML_DSA_44
    opened = open_note(vector["checkpoint"].encode(), [key])
    assert [line.key_id.hex() for line in opened.signatures] == [vector["key_id"]]
    altered = vector["checkpoint"].replace("\n306\n", "\n307\n").encode()
    with pytest.raises(SignatureInvalidError):
        open_note(altered, [key])


def test_ml_dsa_44_signature_of_ours_verifies_and_binds_its_time() -> None:
    vector = load("derived")["ml_dsa_44"]
    made = Signer(vector["name"], bytes.fromhex(vector["seed"]), ML_DSA_44)
    text, _ = split_note(vector["checkpoint"].encode())
    note = sign_note(text, [made], time_s=vector["time"])
    signature = open_note(note, [made.key]).signatures[0].signature
    assert int.from_bytes(signature[:8], "big") == vector["time"]
    with pytest.raises(SignatureInvalidError):
        made.key.verify(text.encode(), bytes(8) + signature[8:])


def test_cosignature_vector_is_rebuilt_byte_for_byte() -> None:
    """A witness's line is what the vectors say, and verifies under a type 04 key only."""
    derived = load("derived")
    vector = derived["cosignature"]
    row = next(key for key in derived["keys"] if key["name"].startswith("witness."))
    witness = Signer(row["name"], bytes.fromhex(row["seed"]), COSIGNATURE)
    text = vector["message"].split("\n", 2)[2].encode()
    assert witness.sign(text, vector["time"]) == vector["line"]
    note = text + b"\n" + vector["line"].encode()
    assert open_note(note, [witness.key]).text.encode() == text
    with pytest.raises(SignatureInvalidError):
        open_note(note, [VerifierKey(row["name"], ED25519, witness.key.public_key)])


def test_text_ends_at_the_last_empty_line() -> None:
    note = sign_note(TEXT, [signer()])
    assert open_note(note, [signer().key]).text == TEXT


def test_lines_under_unknown_keys_are_ignored_and_known_ones_must_verify() -> None:
    first, second = signer(), signer("witness.example", byte=9)
    note = sign_note(TEXT, [second, first])
    assert [line.name for line in open_note(note, [first.key]).signatures] == [first.name]
    bad = note.replace(b"first line", b"First line")
    with pytest.raises(SignatureInvalidError):
        open_note(bad, [first.key])
    with pytest.raises(SignatureInvalidError):
        open_note(note, [signer("other.example").key])


def test_one_bad_known_line_makes_the_note_bad() -> None:
    """A good line under one trusted key does not save a bad one under another."""
    first, second = signer(), signer("witness.example", byte=9)
    forged = second.sign(b"another text\n")
    note = sign_note(TEXT, [first]) + forged.encode()
    assert open_note(note, [first.key]).text == TEXT
    with pytest.raises(SignatureInvalidError):
        open_note(note, [first.key, second.key])


def test_two_different_keys_with_one_name_and_id_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ledger.chain.note_keys.key_id", lambda *_: b"same")
    first, second = signer().key, signer(byte=8).key
    assert key_map([first, first]) == {(first.name, b"same"): first}
    with pytest.raises(SignatureInvalidError):
        key_map([first, second])


def test_sixteen_signatures_are_accepted() -> None:
    signers = [signer(f"witness-{number}.example", byte=number) for number in range(16)]
    assert len(open_note(sign_note(TEXT, signers), [s.key for s in signers]).signatures) == 16


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note[:-1],
        lambda note: note + b"x\n",
        lambda note: note + b"\n",
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note.replace("\u2014".encode(), b"-"),
        lambda note: note.replace(b"first", b"fi\tst"),
        lambda note: note.replace(b"first", b"\xff"),
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note[: note.rindex(b"\n\n") + 2],
        lambda note: note[:-2] + b"*\n",
        lambda note: note.replace(b" log.example", b"  log.example"),
        lambda note: note + b"a" * 70_000,
        lambda note: b"",
    ],
)
def test_malformed_notes_are_refused(change) -> None:
    note = sign_note(TEXT, [signer()])
    with pytest.raises(MalformedCheckpointError):
        open_note(change(note), [signer().key])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AQ==",
        "name+0000000g+",
        load("derived")["keys"][0]["vkey"].replace("+48dca00c", "+48dca00d"),
        load("derived")["keys"][0]["vkey"].replace("+48dca00c", "+48DCA00C"),
        load("derived")["keys"][0]["vkey"][:-1],
        " " + load("derived")["keys"][0]["vkey"],
    ],
)
def test_malformed_vkeys_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpointError):
        VerifierKey.from_vkey(text)


def test_vkey_file_holds_one_key_a_line() -> None:
    rows = [row["vkey"] for row in load("derived")["keys"]]
    assert [key.vkey for key in read_vkeys("\n".join(rows) + "\n\n")] == rows
    with pytest.raises(MalformedCheckpointError):
        read_vkeys("\n")


@pytest.mark.parametrize(
    "text", [b"", b"+1", b"-1", b"01", b" 1", b"1 ", b"\xb2", b"9" * 20, b"_1"]
)
def test_only_canonical_numbers_are_read(text: bytes) -> None:
    with pytest.raises(MalformedError):
        read_decimal(text)


def test_numbers_have_their_bound() -> None:
    assert read_decimal(b"0") == 0
    assert read_decimal(b"9223372036854775807") == 2**63 - 1
    with pytest.raises(MalformedError):
        read_decimal(b"9223372036854775808")
    with pytest.raises(MalformedError):
        read_decimal(b"3", 2)


@pytest.mark.parametrize("text", [b"AA", b"AAB=", b"AA==\n", b"AA= =", b"-A==", b"AA==AA=="])
def test_only_canonical_base64_is_read(text: bytes) -> None:
    with pytest.raises(MalformedError):
        read_base64(text)


def test_a_hash_has_exactly_32_bytes() -> None:
    assert read_hash(b"A" * 43 + b"=") == bytes(32)
    for text in (b"A" * 44, b"A" * 42 + b"==", b"A" * 40, b"A" * 42 + b"B="):
        with pytest.raises(MalformedError):
            read_hash(text)


def test_no_seed_in_the_representation_of_a_signer() -> None:
    made = signer()
    assert (bytes([7]) * 32).hex() not in repr(made)
    assert "BwcHBw" not in repr(made)
    with pytest.raises(MalformedCheckpointError):
        Signer.from_text(made.vkey)
    with pytest.raises(MalformedCheckpointError):
        Signer.from_text(made.to_text().replace(made.key.key_id.hex(), "00000000"))
