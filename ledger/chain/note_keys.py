"""Keys of signed notes: their texts, their ids, and what exactly each type signs.

Read before: docs/spec/checkpoint.md, ``canonical_text``. Read next: ``notes``.

Sources: C2SP signed-note (vkey text, key id), C2SP tlog-cosignature (types 04 and 06),
RFC 8032 (Ed25519), FIPS 204 (ML-DSA-44). Key id = first 4 bytes of
``SHA-256(name || 0A || type || public key)``: a label, no commitment, so trust comes from
where the vkey text was read. Whoever holds a ``Signer`` is the log or emitter it names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.chain.canonical_text import base64_text, read_base64, read_decimal, read_hash
from ledger.errors import MalformedCheckpointError, MalformedError, SignatureInvalidError

ED25519: Final = 0x01  # Signature over the note's text.
COSIGNATURE: Final = 0x04  # A witness's Ed25519 signature with its time.
ML_DSA_44: Final = 0x06  # Timed ML-DSA-44 signature, of a log or a witness.

_PUBLIC_KEY_BYTES: Final = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1_312}
_SIGNATURE_BYTES: Final = {ED25519: 64, COSIGNATURE: 8 + 64, ML_DSA_44: 8 + 2_420}
_PRIVATE_PREFIX: Final = "PRIVATE+KEY+"
_SUBTREE_LABEL: Final = b"subtree/v1\n\0"
# The y coordinates of the eight points of Ed25519 whose order divides 8: under such a key one
# signature verifies every text, or one in eight of all texts.
_FIELD_PRIME: Final = 2**255 - 19
_Y_OF_ORDER_8: Final = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
_SMALL_ORDER: Final = frozenset(
    {0, 1, _FIELD_PRIME - 1, _Y_OF_ORDER_8, _FIELD_PRIME - _Y_OF_ORDER_8}
)


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """Return the 4 bytes by which a signature line refers to a key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def is_key_name(name: str) -> bool:
    """Say whether ``name`` can stand in a signature line: no space, plus or control sign."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and signature type."""

    name: str  # Origin of a log, emitter id, officer id, or name of a witness.
    kind: int  # ED25519, COSIGNATURE or ML_DSA_44.
    public_key: bytes  # 32 bytes, or 1,312 of ML-DSA-44.

    @cached_property
    def key_id(self) -> bytes:
        """Return the key's 4-byte id."""
        return key_id(self.name, self.kind, self.public_key)

    @property
    def vkey(self) -> str:
        """Return the key's text: ``name+hex key id+base64(type || key)``."""
        material = base64_text(bytes([self.kind]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def from_vkey(cls, text: str) -> VerifierKey:
        """Return the key that a vkey text describes.

        Raises:
            MalformedCheckpointError: Not a vkey, an unknown type, an id that is not the key's, or
                a key under which signatures say nothing.
        """
        name, hex_id, material = _key_parts(text)
        kind, public_key = material[0], material[1:]
        if _PUBLIC_KEY_BYTES.get(kind) != len(public_key):
            raise MalformedCheckpointError("vkey of an unknown type or length")
        if kind != ML_DSA_44 and _is_of_small_order(public_key):
            raise MalformedCheckpointError("vkey of small order: it would verify anything")
        key = cls(name, kind, public_key)
        if key.key_id.hex() != hex_id:
            raise MalformedCheckpointError("vkey with an id that is not the key's")
        return key

    def verify(self, text: bytes, signature: bytes) -> None:
        """Check that this key signed ``text``, a note's text with its last newline.

        Args:
            text: The note's text.
            signature: The bytes after the key id in the signature line.

        Raises:
            SignatureInvalidError: The key did not sign it.
        """
        if len(signature) != _SIGNATURE_BYTES[self.kind]:
            raise SignatureInvalidError(f"signature of {self.name} has a wrong length")
        try:
            if self.kind == ED25519:
                _ed25519_key(self.public_key).verify(signature, text)
            elif self.kind == COSIGNATURE:
                message = _cosignature_message(signature[:8], text)
                _ed25519_key(self.public_key).verify(signature[8:], message)
            else:
                message = _subtree_message(self.name, signature[:8], text)
                _ml_dsa_key(self.public_key).verify(signature[8:], message)
        except (InvalidSignature, MalformedError, ValueError) as error:
            # ValueError: the 32 bytes are no point of the curve.
            raise SignatureInvalidError(f"signature of {self.name} does not verify") from error


class Signer:
    """A private key with its name: a log, an emitter, a person or a witness."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        """Derive the key pair from ``seed`` (32 random bytes)."""
        assert len(seed) == 32
        assert is_key_name(name)
        self.name = name
        self.kind = kind
        self._seed = seed
        self._private = (
            MLDSA44PrivateKey.from_seed_bytes(seed)
            if kind == ML_DSA_44
            else Ed25519PrivateKey.from_private_bytes(seed)
        )
        self.key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """Return the text of the public key."""
        return self.key.vkey

    def sign(self, text: bytes, time_s: int = 0) -> str:
        """Return the signature line over a note's text, with its newline.

        Args:
            text: The note's text with its last newline.
            time_s: Seconds since 1970 UTC; types 04 and 06 sign it, type 01 has no time.
        """
        time_bytes = time_s.to_bytes(8, "big")
        if self.kind == ED25519:
            signature = self._private.sign(text)
        elif self.kind == COSIGNATURE:
            signature = time_bytes + self._private.sign(_cosignature_message(time_bytes, text))
        else:
            message = _subtree_message(self.name, time_bytes, text)
            signature = time_bytes + self._private.sign(message)
        return f"\u2014 {self.name} {base64_text(self.key.key_id + signature)}\n"

    def to_text(self) -> str:
        """Return the private key's text, for a file that only its owner can read."""
        material = base64_text(bytes([self.kind]) + self._seed)
        return f"{_PRIVATE_PREFIX}{self.name}+{self.key.key_id.hex()}+{material}"

    @classmethod
    def from_text(cls, text: str) -> Signer:
        """Return the signer that ``to_text`` wrote.

        Raises:
            MalformedCheckpointError: Not such a text.
        """
        if not text.startswith(_PRIVATE_PREFIX):
            raise MalformedCheckpointError("not a private key text")
        name, hex_id, material = _key_parts(text[len(_PRIVATE_PREFIX) :])
        if material[0] not in _PUBLIC_KEY_BYTES or len(material) != 33:
            raise MalformedCheckpointError("private key of an unknown type or length")
        signer = cls(name, material[1:], material[0])
        if signer.key.key_id.hex() != hex_id:
            raise MalformedCheckpointError("private key with an id that is not the key's")
        return signer

    def __repr__(self) -> str:
        # The default would be harmless today; the seed must never get into it.
        return f"Signer({self.name!r})"


def _key_parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    hex_id, _, material_text = rest.partition("+")
    try:
        material = read_base64(material_text.encode())
    except MalformedError as error:
        raise MalformedCheckpointError("key text without base64 material") from error
    if not is_key_name(name) or not material:
        raise MalformedCheckpointError("not a key text")
    return name, hex_id, material


def _is_of_small_order(public_key: bytes) -> bool:
    y = int.from_bytes(public_key, "little") & (1 << 255) - 1  # Without the sign of x.
    return y % _FIELD_PRIME in _SMALL_ORDER


def _cosignature_message(time_bytes: bytes, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % int.from_bytes(time_bytes, "big") + text


def _subtree_message(name: str, time_bytes: bytes, text: bytes) -> bytes:
    # The structure cosigned_message of C2SP tlog-cosignature over the whole tree (start 0).
    lines = text.split(b"\n")
    if len(lines) < 4:
        raise MalformedCheckpointError("an ML-DSA-44 signature is over a checkpoint only")
    origin, cosigner = lines[0], name.encode()
    if not 0 < len(origin) < 256 or not 0 < len(cosigner) < 256:
        raise MalformedCheckpointError("name too long for an ML-DSA-44 signature")
    size, root = read_decimal(lines[1]), read_hash(lines[2])
    return b"".join(
        (
            _SUBTREE_LABEL,
            bytes([len(cosigner)]) + cosigner,
            time_bytes,
            bytes([len(origin)]) + origin,
            bytes(8),
            size.to_bytes(8, "big"),
            root,
        )
    )


@lru_cache(maxsize=1024)
def _ed25519_key(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


@lru_cache(maxsize=64)
def _ml_dsa_key(public_key: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public_key)
