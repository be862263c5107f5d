"""Commitments and openings, against the golden vectors."""

from __future__ import annotations

import json

import pytest

from ledger.chain import commitments
from ledger.chain.avro import compile_codec
from ledger.chain.commitments import Opening, commitment, decode_openings, encode_openings
from ledger.chain.ids import uuid_bytes
from ledger.errors import MalformedAvroError
from tests.support.vectors import VECTORS, load

VECTOR = load("sealing")


def openings_of(row) -> list[Opening]:
    return [
        Opening(o["path"], o["subject_id"], bytes.fromhex(o["salt"]), bytes.fromhex(o["value_hex"]))
        for o in row["openings"]
    ]


def test_vector_commitments_are_recomputed() -> None:
    rows = [(row["event_id"], o) for row in VECTOR["acts"] for o in row["openings"]]
    rows += [(row["event_id"], row) for row in VECTOR["values"]]
    assert rows
    for event_id, row in rows:
        salt, value = bytes.fromhex(row["salt"]), bytes.fromhex(row["value_hex"])
        found = commitment(salt, uuid_bytes(event_id), row["path"], value)
        assert found.hex() == row["commitment"]


def test_vector_arrays_are_encoded_and_read_back() -> None:
    for row in VECTOR["acts"]:
        array = encode_openings(openings_of(row))
        assert array.hex() == row["array"]
        assert decode_openings(array) == openings_of(row)


def test_schema_in_the_code_is_the_one_in_the_file() -> None:
    """Both codecs read and write the same bytes; names and types are the file's."""
    schema = json.loads((VECTORS / "Opening.avsc").read_text(encoding="utf-8"))
    codec = compile_codec({"type": "array", "items": schema})
    array = bytes.fromhex(VECTOR["acts"][0]["array"])
    assert codec.decode(array) == commitments._OPENINGS.decode(array)
    assert [f.pointer for f in codec.fields()] == [
        f.pointer for f in commitments._OPENINGS.fields()
    ]


def test_an_opening_does_not_show_its_value() -> None:
    opening = Opening("/party/nameCommitment", "p-1", bytes(32), b'"secret"')
    assert "secret" not in f"{opening} {opening!r}"


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_truncated_and_surplus_arrays_are_refused(cut: int) -> None:
    array = bytes.fromhex(VECTOR["acts"][0]["array"])
    for wrong in (array[:-cut], array + b"\0"):
        with pytest.raises(MalformedAvroError):
            decode_openings(wrong)
