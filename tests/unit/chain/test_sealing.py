"""Sealed openings: opened, rebuilt and refused as the golden vectors say."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.chain.commitments import Opening, commitment
from ledger.chain.ids import uuid_bytes
from ledger.chain.sealing import open_key, open_openings, pad, seal_key, seal_openings, unpad
from ledger.errors import SealError
from tests.support.vectors import load
from tests.unit.chain.test_commitments import openings_of

VECTOR = load("sealing")
BATCH = uuid_bytes(VECTOR["batch"])
PRIVATE_KEYS = {VECTOR["transport_key"]["id"]: bytes.fromhex(VECTOR["transport_key"]["private"])}
PUBLIC_KEY = bytes.fromhex(VECTOR["transport_key"]["public"])
CONTENT_KEY = bytes.fromhex(VECTOR["content_key"])
ACTS = {row["name"]: row for row in load("acts")["acts"]}
SEALED = {row["act"]: row for row in VECTOR["acts"]}
EVENT_ID = bytes(range(16))


def extract(salt: bytes, key: bytes) -> bytes:
    return hmac.digest(salt, key, "sha256")


def expand(key: bytes, info: bytes, size: int) -> bytes:
    """HKDF-Expand of RFC 5869; one block is enough here."""
    assert size <= 32
    return hmac.digest(key, info + b"\1", "sha256")[:size]


def hpke_seal(ephemeral: bytes, recipient: bytes, info: bytes, plain: bytes) -> bytes:
    """RFC 9180 base mode for X25519, HKDF-SHA256, AES-256-GCM, with a chosen ephemeral key."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    encapsulated = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    kem, suite = b"HPKE-v1KEM\0\x20", b"HPKE-v1HPKE\0\x20\0\1\0\2"
    prk = extract(b"", kem + b"eae_prk" + shared)
    secret = expand(prk, b"\0\x20" + kem + b"shared_secret" + encapsulated + recipient, 32)
    # The labels of RFC 9180 section 4: version, suite id, label.
    psk_hash = extract(b"", suite + b"psk_id_hash")
    info_hash = extract(b"", suite + b"info_hash" + info)
    context = b"\0" + psk_hash + info_hash
    prk = extract(secret, suite + b"secret")
    key = expand(prk, b"\0\x20" + suite + b"key" + context, 32)
    nonce = expand(prk, b"\0\x0c" + suite + b"base_nonce" + context, 12)
    return encapsulated + AESGCM(key).encrypt(nonce, plain, b"")


def test_vector_seal_opens_and_is_rebuilt_with_its_ephemeral_key() -> None:
    lz_seal = bytes.fromhex(VECTOR["lz_seal"])
    assert open_key(lz_seal, PRIVATE_KEYS, BATCH) == CONTENT_KEY
    ephemeral = bytes.fromhex(VECTOR["ephemeral_private"])
    info = bytes.fromhex(VECTOR["info"])
    assert lz_seal[4:] == hpke_seal(ephemeral, PUBLIC_KEY, info, CONTENT_KEY)
    assert lz_seal[:4].hex() == VECTOR["transport_key"]["id_hex"]


def test_our_seal_opens_for_its_batch_only_and_is_never_the_same() -> None:
    first = seal_key(CONTENT_KEY, 1, PUBLIC_KEY, BATCH)
    assert len(first) == 84
    assert first != seal_key(CONTENT_KEY, 1, PUBLIC_KEY, BATCH)
    assert open_key(first, PRIVATE_KEYS, BATCH) == CONTENT_KEY
    with pytest.raises(SealError) as refusal:
        open_key(first, PRIVATE_KEYS, bytes(16))
    assert refusal.value.code == "R9_SEAL_UNREADABLE"


@pytest.mark.parametrize("row", VECTOR["acts"], ids=lambda row: row["act"])
def test_vector_openings_are_sealed_and_opened_to_the_same_bytes(row) -> None:
    act, event_id = bytes.fromhex(ACTS[row["act"]]["value"]), uuid_bytes(row["event_id"])
    openings = openings_of(row)
    assert pad(bytes.fromhex(row["array"])).hex() == row["plaintext"]
    nonce = bytes.fromhex(row["nonce"])
    sealed = seal_openings(CONTENT_KEY, event_id, act, openings, nonce)
    assert sealed.hex() == row["lz_sealed"]
    committed = [(o["path"], bytes.fromhex(o["commitment"])) for o in row["openings"]]
    assert open_openings(CONTENT_KEY, event_id, act, sealed, committed) == openings


@pytest.mark.parametrize("row", VECTOR["paddings"], ids=lambda row: str(row["array_length"]))
def test_vector_paddings(row) -> None:
    array, plain = bytes.fromhex(row["array"]), bytes.fromhex(row["plaintext"])
    assert (pad(array), len(plain)) == (plain, row["plaintext_length"])
    assert unpad(plain) == array


@pytest.mark.parametrize("row", VECTOR["refused"], ids=lambda row: row["name"])
def test_vector_refusals_have_their_code(row) -> None:
    act = ACTS[row["act"]]
    sealed = SEALED.get(row["act"], {"openings": []})
    committed = [(o["path"], bytes.fromhex(o["commitment"])) for o in sealed["openings"]]
    lz_seal = bytes.fromhex(row["lz_seal"]) if row["lz_seal"] else None
    lz_sealed = bytes.fromhex(row["lz_sealed"])
    with pytest.raises(SealError) as refusal:
        content_key = open_key(lz_seal, PRIVATE_KEYS, BATCH)
        event_id = bytes.fromhex(act["fields"]["eventId"])
        open_openings(content_key, event_id, bytes.fromhex(act["value"]), lz_sealed, committed)
    assert refusal.value.code == row["code"]


def opened(value: bytes) -> list[Opening]:
    opening = Opening("/name", "p-1", bytes(32), value)
    committed = [("/name", commitment(opening.salt, EVENT_ID, "/name", value))]
    sealed = seal_openings(CONTENT_KEY, EVENT_ID, b"act", [opening], bytes(12))
    return open_openings(CONTENT_KEY, EVENT_ID, b"act", sealed, committed)


@pytest.mark.parametrize("value", ['"王"', "true", "0", "-1", '["b"]', '{"a":"b"}', '" x "'])
def test_canonical_values_open(value: str) -> None:
    assert opened(value.encode())[0].value == value.encode()


@pytest.mark.parametrize(
    "value",
    [
        *('""', '" "', '"\u3000\\n"', "null", "[]", "{}"),  # Empty or blank.
        *('"x', "x", "", '"a" ', '"\\u0041"', '{"b":1,"a":2}', '{"a":1,"a":1}'),
        *("1.5", "NaN", "1e2", "-0", "9007199254740993", '"e\u0301"', "[" * 10_000),
    ],
)
def test_blank_and_not_canonical_values_are_refused(value: str) -> None:
    with pytest.raises(SealError) as refusal:
        opened(value.encode())
    assert refusal.value.code == "R9_OPENING"
    assert refusal.value.pointer == "/name"
    assert refusal.value.__cause__ is None


def test_value_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(SealError) as refusal:
        opened(b'"\xff"')
    assert refusal.value.code == "R9_OPENING"


def test_a_stripped_opening_or_a_moved_one_is_refused() -> None:
    """Sealed bytes of one act open for no other act or event."""
    row = SEALED["organisation"]
    act, event_id = bytes.fromhex(ACTS["organisation"]["value"]), uuid_bytes(row["event_id"])
    committed = [(o["path"], bytes.fromhex(o["commitment"])) for o in row["openings"]]
    sealed = bytes.fromhex(row["lz_sealed"])
    for other_event, other_act in ((bytes(16), act), (event_id, act + b"x")):
        with pytest.raises(SealError) as refusal:
            open_openings(CONTENT_KEY, other_event, other_act, sealed, committed)
        assert refusal.value.code == "R9_SEAL_UNREADABLE"
