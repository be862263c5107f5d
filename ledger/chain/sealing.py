"""Sealing: how openings travel beside an act so that only the vault can read them.

Read before: docs/spec/sealing.md, ``commitments``. Read next: ``ledger.store.vault``.

``lz-seal`` (one a submission) = transport key id u32 || HPKE (RFC 9180 base mode: DHKEM X25519,
HKDF-SHA256, AES-256-GCM) of a fresh content key. ``lz-sealed`` (one an act) = nonce ||
AES-256-GCM of the openings under the content key, bound to the event id and the act's hash, and
padded so that its length tells little. Nothing signs these headers: whoever carries them can
drop them, which the entry's ``opened`` shows, but can neither read nor move them.
Both come from outside; a fault says which, never what was inside.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from unicodedata import is_normalized

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.chain.commitments import Opening, commitment, decode_openings, encode_openings
from ledger.chain.ids import identifier_ok
from ledger.chain.jcs import canonical_json
from ledger.errors import MalformedAvroError, MalformedError, SealError
from ledger.limits import SEAL_SIZE_BYTES, SEALED_SIZE_BYTES_MAX

SUITE_ID: Final = "0020-0001-0002"  # KEM, KDF and AEAD by their numbers in RFC 9180.
CONTENT_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_BLOCK_BYTES: Final = 256  # Padding granularity of the plaintext.
_SEALED_SIZE_BYTES_MIN: Final = NONCE_BYTES + _BLOCK_BYTES + _TAG_BYTES
_INFO: Final = b"lianzheng seal v1\0"
_PLAIN_TEXT: Final = re.compile(r'"[^"\\\x00-\x1f]*"')
_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def seal_key(content_key: bytes, key_id: int, public_key: bytes, batch: bytes) -> bytes:
    """Return the ``lz-seal`` of a submission: 84 bytes, another at each call.

    Args:
        content_key: 32 random bytes, drawn for this submission.
        key_id: Id of the vault's transport key, from ``VaultTransportKeyPublished``.
        public_key: Its 32 bytes.
        batch: 16 bytes, the submission's UUID.
    """
    assert len(content_key) == CONTENT_KEY_BYTES
    recipient = X25519PublicKey.from_public_bytes(public_key)
    return key_id.to_bytes(4, "big") + _SUITE.encrypt(content_key, recipient, _INFO + batch)


def open_key(lz_seal: bytes | None, private_keys: Mapping[int, bytes], batch: bytes) -> bytes:
    """Return the content key of a submission: 32 bytes.

    Args:
        lz_seal: The header, None if there is none although an act has ``lz-sealed``.
        private_keys: 32 bytes each, by transport key id; destroyed ones are not in it.
        batch: 16 bytes, the UUID in the submission's note.

    Raises:
        SealError: ``R1_BAD_HEADER`` (missing or wrong length), ``R9_SEAL_KEY_GONE``, or
            ``R9_SEAL_UNREADABLE``.
    """
    if lz_seal is None or len(lz_seal) != SEAL_SIZE_BYTES:
        raise SealError("lz-seal missing or of a wrong length", code="R1_BAD_HEADER")
    private_key = private_keys.get(int.from_bytes(lz_seal[:4], "big"))
    if private_key is None:
        raise SealError("transport key unknown or destroyed", code="R9_SEAL_KEY_GONE")
    recipient = X25519PrivateKey.from_private_bytes(private_key)
    try:
        return _SUITE.decrypt(lz_seal[4:], recipient, _INFO + batch)
    except (InvalidTag, ValueError) as error:
        # ValueError: the encapsulated key is a point of small order.
        raise SealError("lz-seal does not open", code="R9_SEAL_UNREADABLE") from error


def seal_openings(
    content_key: bytes, event_id: bytes, act: bytes, openings: Sequence[Opening], nonce: bytes
) -> bytes:
    """Return the ``lz-sealed`` of an act.

    Args:
        content_key: 32 bytes, the submission's.
        event_id: 16 bytes, the act's.
        act: The act's value bytes.
        openings: One for each commitment of the act, in bytewise order of their paths.
        nonce: 12 random bytes, never twice under one content key.

    Raises:
        MalformedError: An opening does not fit the schema, or the openings are too large.
    """
    assert len(nonce) == NONCE_BYTES
    sealed = nonce + AESGCM(content_key).encrypt(
        nonce, pad(encode_openings(openings)), _associated_data(event_id, act)
    )
    if len(sealed) > SEALED_SIZE_BYTES_MAX:
        raise MalformedError("openings too large to be sealed", code="R1_BAD_HEADER")
    return sealed


def open_openings(
    content_key: bytes,
    event_id: bytes,
    act: bytes,
    lz_sealed: bytes,
    commitments: Sequence[tuple[str, bytes]],
) -> list[Opening]:
    """Return the openings of an act, each checked against its commitment.

    Args:
        content_key: 32 bytes, the submission's.
        event_id: 16 bytes, the act's.
        act: The act's value bytes.
        lz_sealed: The header's bytes.
        commitments: (pointer, 32 bytes) of all commitments in the payload, by pointer.

    Raises:
        SealError: ``R1_BAD_HEADER`` (length), ``R9_SEAL_UNREADABLE`` (not decryptable, badly framed
            or not strict), or ``R9_OPENING`` (not exactly the openings of these commitments, a
            malformed subject, or a value that is not canonical, or blank).
    """
    if not _SEALED_SIZE_BYTES_MIN <= len(lz_sealed) <= SEALED_SIZE_BYTES_MAX:
        raise SealError("lz-sealed of a wrong length", code="R1_BAD_HEADER")
    nonce, ciphertext = lz_sealed[:NONCE_BYTES], lz_sealed[NONCE_BYTES:]
    try:
        plain = _cipher(content_key).decrypt(nonce, ciphertext, _associated_data(event_id, act))
        openings = decode_openings(unpad(plain))
    except (InvalidTag, MalformedAvroError) as error:
        raise SealError("lz-sealed is not readable", code="R9_SEAL_UNREADABLE") from error
    # No commitment, no opening: an empty array is not sealed either.
    if not commitments or [o.path for o in openings] != [path for path, _ in commitments]:
        raise SealError("openings are not those of the commitments", code="R9_OPENING")
    for opening, (path, committed) in zip(openings, commitments, strict=True):
        check_opening(opening, event_id, path, committed)
    return openings


def check_opening(opening: Opening, event_id: bytes, path: str, committed: bytes) -> None:
    """Check that an opening is well-formed and opens the commitment at ``path``.

    Raises:
        SealError: ``R9_OPENING``.
    """
    if commitment(opening.salt, event_id, path, opening.value) != committed:
        raise SealError("an opening does not match", code="R9_OPENING", pointer=path)
    if not identifier_ok(opening.subject_id):
        raise SealError("malformed subject", code="R9_OPENING", pointer=path)
    if _is_blank(_canonical_value(opening.value, path)):
        raise SealError("an opening is blank", code="R9_OPENING", pointer=path)


def pad(array: bytes) -> bytes:
    """Return the plaintext of ``lz-sealed``: length, array, zeros up to a multiple of 256."""
    framed = len(array).to_bytes(4, "big") + array
    return framed + bytes(-len(framed) % _BLOCK_BYTES)


def unpad(plain: bytes) -> bytes:
    """Return the array in a plaintext that ``pad`` made.

    Raises:
        SealError: ``R9_SEAL_UNREADABLE``: another length, more padding than needed, or not zero.
    """
    array = plain[4 : 4 + int.from_bytes(plain[:4], "big")]
    if pad(array) != plain:
        raise SealError("lz-sealed is badly framed", code="R9_SEAL_UNREADABLE")
    return array


# Making a cipher costs as much as opening a value, and a submission's acts share one.
_cipher = lru_cache(maxsize=1_024)(AESGCM)


def _associated_data(event_id: bytes, act: bytes) -> bytes:
    return event_id + hashlib.sha256(act).digest()


def _canonical_value(value: bytes, path: str) -> object:
    try:
        text = value.decode()
        if _PLAIN_TEXT.fullmatch(text) and is_normalized("NFC", text):
            # A text without escapes is its own canonical form (RFC 8785 section 3.2.2.2).
            return text[1:-1]
        parsed: object = json.loads(text)
        is_canonical = canonical_json(parsed) == value and is_normalized("NFC", text)
    except (ValueError, RecursionError, MalformedError):
        # Not chained: the parser's error holds the value.
        raise SealError("value is not JSON", code="R9_OPENING", pointer=path) from None
    if not is_canonical:
        raise SealError("value is not canonical", code="R9_OPENING", pointer=path)
    return parsed


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {})
