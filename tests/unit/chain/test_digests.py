"""Digests of evidence, of view rows and of refused bytes."""

import json

import pytest

from ledger.chain import digests
from ledger.chain.act import decode_act
from ledger.chain.jcs import canonical_json
from ledger.errors import MalformedError
from tests.support.schema_files import codec
from tests.support.vectors import load

DERIVED = load("derived")
ROWS = DERIVED["view_digests"]["rows"]


def data_of(case):
    """Return the bytes of an evidence vector."""
    text, _, times = case["data"].partition(" x ")
    return bytes.fromhex(text) * int(times or 1)


@pytest.mark.parametrize("case", DERIVED["evidence"], ids=lambda c: str(c["length"]))
def test_evidence_digests_are_those_of_the_vectors(case):
    """At once, and in one pass over pieces of any size."""
    data = data_of(case)
    assert case["length"] == len(data)
    for profile, name in (("international", "blake3"), ("guomi", "sm3")):
        assert case[name] == digests.file_digest(profile, data)
        assert case[f"path_{profile}"] == digests.object_path(case[name])
        for step in (1, 7, 5000):
            hasher = digests.EvidenceHasher(profile)
            for start in range(0, len(data), step):
                hasher.update(data[start : start + step])
            assert (case[name], case["sha256"], len(data)) == hasher.digests()
    assert case["sha256"] == digests.sha256_digest(data)


def test_a_disclosure_lies_under_its_content_hash():
    """The record's canonical bytes, hashed."""
    case = DERIVED["disclosure"]
    content_hash = digests.sha256_digest(canonical_json(case["record"]))
    assert case["content_hash"] == content_hash
    assert case["object_path"] == digests.object_path(content_hash)


@pytest.mark.parametrize("case", ROWS, ids=range(len(ROWS)))
def test_row_digests_are_those_of_the_vectors(case):
    """256 bytes of BLAKE3 over the canonical row."""
    assert case["digest"] == f"{digests.row_digest(*json.loads(case['canonical'])):0512x}"


def test_view_digests_add_up_and_subtract():
    """Running sums, and the last one without its first row."""
    vectors = DERIVED["view_digests"]
    total = int(vectors["empty"], 16)
    for row, expected in zip(ROWS, vectors["sums"], strict=True):
        total = (total + int(row["digest"], 16)) % digests.DIGEST_MODULUS
        assert expected == f"{total:0512x}"
    assert vectors["field"] == digests.format_view_digest(total)
    assert total == digests.parse_view_digest(vectors["field"])
    first = int(ROWS[0]["digest"], 16)
    assert int(vectors["without_first"], 16) == (total - first) % digests.DIGEST_MODULUS


@pytest.mark.parametrize("case", DERIVED["raw_hashes"], ids=lambda c: c["raw"])
def test_raw_hashes_are_those_of_the_vectors(case):
    """Salted, so that nobody can confirm a guess."""
    salt, raw = bytes.fromhex(case["salt"]), bytes.fromhex(case["raw"])
    assert case["raw_hash"] == digests.raw_hash(salt, raw)


@pytest.mark.parametrize("part", ["control", "case"])
def test_rejected_items_of_the_vectors_have_their_raw_hash(part):
    """The salts and raw bytes of both logs, against what their entries say."""
    log = load("entries")[part]
    acts = {case["leaf_index"]: bytes.fromhex(case["act"]) for case in log["entries"]}
    for case in log["rejected"]:
        payload = codec("EventsRejected.v1").decode(decode_act(acts[case["leaf_index"]]).payload)
        salt, raw = bytes.fromhex(case["salt"]), bytes.fromhex(case["raw"])
        assert payload["items"][case["item"]]["rawHash"] == digests.raw_hash(salt, raw)


@pytest.mark.parametrize(
    "text", ["", "md5:" + "0" * 64, "sha256:" + "0" * 63, "sha256:" + "A" * 64]
)
def test_what_is_no_digest_has_no_path(text):
    """Neither another algorithm, nor another length, nor capitals."""
    assert not digests.digest_ok(text)
    with pytest.raises(MalformedError):
        digests.object_path(text)


@pytest.mark.parametrize("text", ["", "blake3-sum2048:" + "0" * 511, "0" * 512])
def test_what_is_no_view_digest_is_refused(text):
    """The prefix and all digits have to be there."""
    with pytest.raises(MalformedError):
        digests.parse_view_digest(text)


def test_another_profile_is_refused():
    """There are two."""
    with pytest.raises(MalformedError):
        digests.EvidenceHasher("sha256")
    with pytest.raises(MalformedError):
        digests.file_digest("", b"")
