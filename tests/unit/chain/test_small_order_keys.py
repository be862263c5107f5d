"""Public keys under which one signature verifies any text are no keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.chain.note_keys import COSIGNATURE, ED25519, Signer, VerifierKey
from ledger.errors import MalformedCheckpointError

P = 2**255 - 19
# y of the eight points of small order: 0 and the two of order 8 belong to two points each.
Y_OF_ORDER_8 = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
SMALL = (0, 1, P - 1, Y_OF_ORDER_8, P - Y_OF_ORDER_8)
ENCODINGS = sorted(
    {
        (y + more * P | sign << 255).to_bytes(32, "little")
        for y in SMALL
        for more in (0, 1)
        for sign in (0, 1)
        if y + more * P < 2**255
    }
)


def double(point: tuple[int, int]) -> tuple[int, int]:
    """Add a point of the twisted Edwards curve to itself (RFC 8032 section 5.1.4)."""
    x, y = point
    d = -121665 * pow(121666, -1, P) % P
    xx, yy, xy = x * x % P, y * y % P, x * y % P
    dxy = d * xx * yy % P
    return (
        2 * xy * pow(1 + dxy, -1, P) % P,
        (yy + xx) * pow(1 - dxy, -1, P) % P,
    )


def x_of(y: int) -> int:
    """Return an x of the point with this y."""
    d = -121665 * pow(121666, -1, P) % P
    square = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square
    return root


@pytest.mark.parametrize("y", SMALL)
def test_the_points_have_an_order_that_divides_8(y: int) -> None:
    point = (x_of(y), y)
    for _ in range(3):
        point = double(point)
    assert point == (0, 1)


def test_the_identity_would_verify_any_text() -> None:
    """Why such keys are refused: S = 0 and R = the key itself."""
    identity = (1).to_bytes(32, "little")
    for text in (b"one", b"another"):
        Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), text)


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
@pytest.mark.parametrize("public_key", ENCODINGS, ids=lambda key: key.hex())
def test_keys_of_small_order_are_refused(public_key: bytes, kind: int) -> None:
    vkey = VerifierKey("agy.example", kind, public_key).vkey
    with pytest.raises(MalformedCheckpointError, match="small order"):
        VerifierKey.from_vkey(vkey)


def test_other_keys_are_taken() -> None:
    for seed in range(20):
        key = Signer("agy.example", bytes([seed]) * 32).key
        assert VerifierKey.from_vkey(key.vkey) == key
