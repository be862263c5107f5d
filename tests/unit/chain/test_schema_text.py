"""Canonical form, fingerprint and hash of schema texts."""

import pytest

from ledger.chain.schema_text import canonical_form, fingerprint, text_hash
from ledger.errors import MalformedError
from tests.support.schema_files import schema_text
from tests.support.vectors import load

SCHEMAS = load("acts")["schemas"]


@pytest.mark.parametrize("case", SCHEMAS, ids=lambda c: c["schema"])
def test_canonical_form_and_fingerprint_are_those_of_the_vectors(case):
    """The exact file gives the vector's form, fingerprint and hash."""
    text = schema_text(case["schema"])
    assert case["canonical"] == canonical_form(text)
    assert case["fingerprint"] == fingerprint(text).hex()
    assert f"sha256:{case['text_sha256']}" == text_hash(text)


def test_the_fingerprint_is_little_endian():
    """The same number as the vectors' CRC, its bytes turned round."""
    for case in SCHEMAS:
        assert bytes.fromhex(case["crc_64_avro"])[::-1] == fingerprint(schema_text(case["schema"]))


def test_our_attributes_do_not_change_the_fingerprint_but_the_hash():
    """Which is why a second text under a known fingerprint must be refused."""
    plain = '{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"long"}}]}'
    ours = plain.replace('"name":"a"', '"cn":"甲","class":"P","name":"a"')
    assert fingerprint(plain) == fingerprint(ours)
    assert text_hash(plain) != text_hash(ours)


@pytest.mark.parametrize(
    "text",
    ["", "[", "7", '{"type":"record","name":7}', '{"type":"record","name":"R","fields":[7]}'],
)
def test_what_is_no_schema_is_refused(text):
    """Neither half JSON nor JSON of another kind."""
    with pytest.raises(MalformedError):
        canonical_form(text)
