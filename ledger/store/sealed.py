"""How the vault encrypts one value: AES-256-GCM bound to the place where it lies.

Read before: ``ledger/store/key_store.py``. Read next: ``ledger/store/vault.py``.

Sealed = 12 random nonce bytes || AES-256-GCM(key, nonce, plaintext, associated data); associated
data are texts, each after its big-endian u32 length, so a ciphertext moved to another row no longer
opens (docs/spec/sealing.md). Trusts the key's owner; finds whoever changed or moved the bytes.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import VerificationError

NONCE_SIZE_BYTES: Final = 12
SALT_SIZE_BYTES: Final = 32


def bound_to(*parts: str) -> bytes:
    """Return associated data that name a place unambiguously."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(cipher: AESGCM, nonce: bytes, salt: bytes, value: bytes, place: bytes) -> bytes:
    """Return the sealed form of a salt (32 bytes) and a value.

    Args:
        cipher: AES-256-GCM under the data key.
        nonce: 12 random bytes, never used before under this key.
        salt: The salt of the value's commitment or raw hash.
        value: The bytes to keep.
        place: Associated data, see ``bound_to``.
    """
    assert len(nonce) == NONCE_SIZE_BYTES
    assert len(salt) == SALT_SIZE_BYTES
    return nonce + cipher.encrypt(nonce, salt + value, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> tuple[bytes, bytes]:
    """Return salt and value.

    Raises:
        VerificationError: The bytes were changed, or belong to another place or key.
    """
    nonce, body = sealed[:NONCE_SIZE_BYTES], sealed[NONCE_SIZE_BYTES:]
    try:
        plain = AESGCM(key).decrypt(nonce, body, place)
    except (InvalidTag, ValueError) as error:
        raise VerificationError("a sealed value does not open in its place") from error
    return plain[:SALT_SIZE_BYTES], plain[SALT_SIZE_BYTES:]
