"""Signed notes: a text and the lines of those who signed it.

Read before: docs/spec/checkpoint.md, ``note_keys``. Read next: ``checkpoint``, ``submission``.

Source: C2SP signed-note. A note = text ended by a newline, an empty line, signature lines
``U+2014 SP name SP base64(key id || signature) LF``. The text ends at the last empty line.
Lines under unknown keys are ignored, so that logs can change keys and witnesses can add
theirs; a line under a known name and id must verify, else the whole note is bad.
Trusts the keys it is given, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chain.canonical_text import read_base64
from ledger.chain.note_keys import Signer, VerifierKey, is_key_name
from ledger.errors import MalformedCheckpointError, MalformedError, SignatureInvalidError
from ledger.limits import CHECKPOINT_SIGNATURES_MAX, CHECKPOINT_SIZE_BYTES_MAX

__all__ = [
    "KeyMap",
    "NoteSignature",
    "OpenedNote",
    "Signer",
    "VerifierKey",
    "key_map",
    "open_note",
    "read_vkeys",
    "sign_note",
    "split_note",
]

_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE_START: Final = "\u2014 "

# Keys by (name, key id), because one name has several while keys are being changed.
KeyMap = Mapping[tuple[str, bytes], VerifierKey]


class NoteSignature(NamedTuple):
    """One signature line, taken apart."""

    name: str
    key_id: bytes  # 4 bytes.
    signature: bytes  # What follows the key id; its layout depends on the key's type.


class OpenedNote(NamedTuple):
    """A note's text and the signatures that verified, in the order of the lines."""

    text: str
    signatures: tuple[NoteSignature, ...]


def sign_note(text: str, signers: Sequence[Signer], time_s: int = 0) -> bytes:
    """Return the note of ``text``, which ends with a newline, with one line a signer.

    Args:
        text: The text, ended by a newline.
        signers: In the order of their lines, at least one.
        time_s: Seconds since 1970 UTC for the types that sign a time.
    """
    assert text.endswith("\n")
    assert signers
    data = text.encode()
    return data + b"\n" + "".join(signer.sign(data, time_s) for signer in signers).encode()


def key_map(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    """Return ``keys`` by name and id.

    Raises:
        SignatureInvalidError: Two different keys have one name and id: a crafted collision.
    """
    found: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if found.setdefault((key.name, key.key_id), key) != key:
            raise SignatureInvalidError(f"two keys with the name {key.name} and one id")
    return found


def read_vkeys(text: str) -> list[VerifierKey]:
    """Return the keys of a vkey file: one a line, blank lines ignored.

    Raises:
        MalformedCheckpointError: A line is no vkey, or there is none.
    """
    keys = [VerifierKey.from_vkey(line.strip()) for line in text.splitlines() if line.strip()]
    if not keys:
        raise MalformedCheckpointError("no vkey in the file")
    return keys


def split_note(
    note: bytes,
    size_max: int = CHECKPOINT_SIZE_BYTES_MAX,
    signatures_max: int = CHECKPOINT_SIGNATURES_MAX,
) -> tuple[str, tuple[NoteSignature, ...]]:
    """Return a note's text and its signature lines, none of them verified.

    Raises:
        MalformedCheckpointError: Not a signed note, or beyond a bound.
    """
    if len(note) > size_max:
        raise MalformedCheckpointError("note too large")
    try:
        decoded = note.decode()
    except UnicodeDecodeError as error:
        raise MalformedCheckpointError("note is not UTF-8") from error
    if _CONTROL.search(decoded) or not decoded.endswith("\n"):
        raise MalformedCheckpointError("note with a control sign or without its last newline")
    before, gap, lines_text = decoded.rpartition("\n\n")
    if not gap:
        raise MalformedCheckpointError("note without an empty line")
    lines = lines_text.split("\n")[:-1]
    if not 0 < len(lines) <= signatures_max:
        raise MalformedCheckpointError("note with too few or too many signatures")
    return before + "\n", tuple(_read_line(line) for line in lines)


def open_note(note: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Return the text of a note that at least one of ``keys`` signed.

    Raises:
        MalformedCheckpointError: Not a signed note.
        SignatureInvalidError: No line is under one of ``keys``, or one that is does not verify.
    """
    known = key_map(keys)
    text, lines = split_note(note)
    data = text.encode()
    verified = []
    for line in lines:
        if (key := known.get((line.name, line.key_id))) is not None:
            key.verify(data, line.signature)
            verified.append(line)
    if not verified:
        raise SignatureInvalidError("no signature under a trusted key")
    return OpenedNote(text, tuple(verified))


def _read_line(line: str) -> NoteSignature:
    name, _, material_text = line[len(_LINE_START) :].partition(" ")
    if not line.startswith(_LINE_START) or not is_key_name(name):
        raise MalformedCheckpointError("malformed signature line")
    try:
        material = read_base64(material_text.encode())
    except MalformedError as error:
        raise MalformedCheckpointError("malformed signature line") from error
    if len(material) < 5:
        raise MalformedCheckpointError("malformed signature line")
    return NoteSignature(name, material[:4], material[4:])
