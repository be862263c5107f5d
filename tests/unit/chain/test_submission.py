"""Submissions: built and judged as the golden vectors say."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from ledger.chain.act import decode_act
from ledger.chain.ids import uuid_bytes
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.chain.notes import key_map
from ledger.chain.submission import (
    build_submission,
    check_act,
    check_note,
    parse_proof,
    submission_leaf,
)
from ledger.chain.submission_cache import SubmissionCache
from ledger.errors import LedgerError, MalformedProofError, OriginError
from tests.support.vectors import load

VECTOR = load("submissions")
LEDGER = VECTOR["ledger"]
KEYS = key_map(VerifierKey.from_vkey(row["vkey"]) for row in VECTOR["registered_keys"])
SIGNERS = {
    row["name"]: Signer(row["name"], bytes.fromhex(row["seed"]))
    for row in VECTOR["registered_keys"]
}
EMITTER = "agy.changsha-market.example"
BATCH = bytes(range(16))


def emitter_of(act: bytes) -> str:
    try:
        return decode_act(act).emitter_id
    except LedgerError:
        return EMITTER


def vector_proofs() -> Iterator[tuple[bytes, bytes]]:
    for batch in VECTOR["batches"]:
        for row in batch["proofs"]:
            yield bytes.fromhex(row["lz_proof_hex"]), bytes.fromhex(batch["acts"][row["index"]])


@pytest.mark.parametrize("batch", VECTOR["batches"], ids=lambda row: row["name"])
def test_vector_batches_are_built_to_the_same_bytes(batch) -> None:
    acts = [bytes.fromhex(act) for act in batch["acts"]]
    first = parse_proof(bytes.fromhex(batch["proofs"][0]["lz_proof_hex"]))
    signers = [SIGNERS[line.name] for line in first.signatures]
    proofs = build_submission(
        LEDGER, first.text.emitter_id, uuid_bytes(batch["batch"]), acts, signers
    )
    assert [submission_leaf(act).hex() for act in acts] == batch["leaves"]
    for row in batch["proofs"]:
        assert proofs[row["index"]].hex() == row["lz_proof_hex"]
        parsed = parse_proof(proofs[row["index"]])
        assert (parsed.index, [item.hex() for item in parsed.path]) == (row["index"], row["path"])
        assert parsed.note.decode() == batch["signed_note"]
        assert (parsed.text.size, parsed.text.root.hex()) == (batch["size"], batch["root"])
        assert parsed.text.batch == uuid_bytes(batch["batch"])


def test_vector_proofs_are_accepted() -> None:
    for lz_proof, act in vector_proofs():
        proof = parse_proof(lz_proof)
        signers = check_note(proof, LEDGER, KEYS)
        assert [key.name for key in signers] == [line.name for line in proof.signatures]
        check_act(proof, act, emitter_of(act))


@pytest.mark.parametrize("row", VECTOR["refused"], ids=lambda row: row["name"])
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_vector_refusals_have_their_code(row, warm: bool) -> None:
    """The code is the same whether the cache knows the submission or not."""
    cache = SubmissionCache()
    if warm:
        for lz_proof, act in vector_proofs():
            cache.check(lz_proof, act, emitter_of(act), LEDGER, KEYS)
    act = bytes.fromhex(row["act"])
    for _ in range(2):
        with pytest.raises((MalformedProofError, OriginError)) as refusal:
            cache.check(bytes.fromhex(row["lz_proof_hex"]), act, emitter_of(act), LEDGER, KEYS)
        assert refusal.value.code == row["code"]


def batch_of(count: int, **fields) -> tuple[list[bytes], list[bytes]]:
    acts = [b"act %d" % number for number in range(count)]
    signers = fields.get("signers", [SIGNERS[EMITTER]])
    return acts, build_submission(LEDGER, EMITTER, BATCH, acts, signers)


@pytest.mark.parametrize("count", [*range(1, 35), 63, 64, 65, 127, 255, 257, 1000, 1024])
def test_every_act_of_every_batch_size_is_accepted_in_any_order(count: int) -> None:
    """In order, backwards and shuffled, each with a cold cache at first."""
    acts, proofs = batch_of(count)
    places = list(range(count))
    shuffled = random.Random(count).sample(places, count)
    for order in (places, places[::-1], shuffled):
        cache = SubmissionCache()
        for place in order:
            proven = cache.check(proofs[place], acts[place], EMITTER, LEDGER, KEYS)
            assert proven.text.size == count
    for place in places[:: max(1, count // 16)]:
        check_act(parse_proof(proofs[place]), acts[place], EMITTER)


def test_signature_is_verified_once_and_only_once_a_submission(monkeypatch) -> None:
    acts, proofs = batch_of(16)
    verified = []
    original = VerifierKey.verify
    monkeypatch.setattr(
        VerifierKey, "verify", lambda key, *rest: verified.append(key.name) or original(key, *rest)
    )
    cache = SubmissionCache()
    for lz_proof, act in zip(proofs, acts, strict=True):
        cache.check(lz_proof, act, EMITTER, LEDGER, KEYS)
    assert verified == [EMITTER]


def test_cached_submission_refuses_what_the_full_check_refuses() -> None:
    """Each proof of a known batch with each fault, after all nodes are known."""
    acts, proofs = batch_of(7)
    cache = SubmissionCache()
    for lz_proof, act in zip(proofs, acts, strict=True):
        cache.check(lz_proof, act, EMITTER, LEDGER, KEYS)
    for place, (lz_proof, act) in enumerate(zip(proofs, acts, strict=True)):
        other = proofs[(place + 1) % 7]
        lines = lz_proof.split(b"\n")
        longer = b"\n".join((*lines[:3], lines[2], *lines[3:]))
        shorter = b"\n".join((*lines[:2], *lines[3:]))
        for wrong in (other, longer, shorter):
            with pytest.raises(OriginError) as refusal:
                cache.check(wrong, act, EMITTER, LEDGER, KEYS)
            assert refusal.value.code == "R2_PATH"
        for code, arguments in (
            ("R2_PATH", (lz_proof, act + b"x", EMITTER, LEDGER)),
            ("R2_EMITTER", (lz_proof, act, "agy.changsha-fire.example", LEDGER)),
            ("R2_LEDGER", (lz_proof, act, EMITTER, "another.example")),
        ):
            with pytest.raises(OriginError) as refusal:
                cache.check(*arguments, KEYS)
            assert refusal.value.code == code
        with pytest.raises(MalformedProofError):
            cache.check(lz_proof.replace(b"index ", b"index 0"), act, EMITTER, LEDGER, KEYS)
        with pytest.raises(MalformedProofError):
            cache.check(lz_proof.replace(b"index ", b"index  "), act, EMITTER, LEDGER, KEYS)


@pytest.mark.parametrize("seen", [(), (0,), (4,), (3, 4), range(7)], ids=str)
def test_every_changed_byte_of_a_cached_proof_is_refused(seen) -> None:
    """However much of the submission's tree is known, no other spelling of a proof passes."""
    acts, proofs = batch_of(7)
    for at in range(len(proofs[4])):
        cache = SubmissionCache()
        for place in seen:
            cache.check(proofs[place], acts[place], EMITTER, LEDGER, KEYS)
        for value in {proofs[4][at] ^ 1, 0x0A, 0x20, 0x3D, 0x41} - {proofs[4][at]}:
            changed = bytearray(proofs[4])
            changed[at] = value
            with pytest.raises((MalformedProofError, OriginError)):
                cache.check(bytes(changed), acts[4], EMITTER, LEDGER, KEYS)
            cache.check(proofs[4], acts[4], EMITTER, LEDGER, KEYS)


def test_what_was_followed_without_keys_counts_for_nothing_with_keys() -> None:
    """A note known from a check without signatures is verified when keys are given."""
    stranger = Signer(EMITTER, bytes([9]) * 32)
    acts, proofs = batch_of(4, signers=[stranger])
    cache = SubmissionCache()
    assert cache.check(proofs[0], acts[0], EMITTER, LEDGER, None).signers == ()
    with pytest.raises(OriginError) as refusal:
        cache.check(proofs[0], acts[0], EMITTER, LEDGER, KEYS)
    assert refusal.value.code == "R2_KEY_UNKNOWN"
    good_acts, good = batch_of(4)
    cache.check(good[0], good_acts[0], EMITTER, LEDGER, None)
    assert len(cache.check(good[0], good_acts[0], EMITTER, LEDGER, KEYS).signers) == 1
    assert len(cache.check(good[1], good_acts[1], EMITTER, LEDGER, KEYS).signers) == 1


def test_memory_is_bounded_and_the_least_recently_used_goes_first() -> None:
    cache = SubmissionCache(nodes_max=60)
    acts = [b"act %d" % number for number in range(16)]
    batches = [
        build_submission(LEDGER, EMITTER, bytes([number]) * 16, acts, [SIGNERS[EMITTER]])
        for number in range(4)
    ]
    for proofs in batches:
        for lz_proof, act in zip(proofs, acts, strict=True):
            cache.check(lz_proof, act, EMITTER, LEDGER, KEYS)
            cache.check(batches[0][0], acts[0], EMITTER, LEDGER, KEYS)
            assert cache.node_count <= 60
    assert batches[0][0].partition(b"\n\n")[2] in cache
    assert batches[1][0].partition(b"\n\n")[2] not in cache


def container_items(body: str) -> list[tuple[bytes, bytes]]:
    """Read (act, lzProof) of the SubmissionItems in an Avro object container, null codec."""
    import io

    import fastavro

    return [
        (row["act"], row["lzProof"]) for row in fastavro.reader(io.BytesIO(bytes.fromhex(body)))
    ]


@pytest.mark.parametrize("name", ["submissions", "sealing"])
def test_vector_containers_hold_acceptable_proofs(name: str) -> None:
    """What the HTTP intake is given is what travels in record headers."""
    items = container_items(load(name)["container"]["body"])
    assert len(items) == 3
    cache = SubmissionCache()
    for act, lz_proof in items:
        cache.check(lz_proof, act, emitter_of(act), LEDGER, KEYS)
