"""Outcomes records, against the golden vector."""

from __future__ import annotations

import json

import pytest

from ledger.chain import outcomes
from ledger.chain.outcomes import Outcome, Outcomes, Problem, decode_outcomes, encode_outcomes
from ledger.chain.entry import Source
from ledger.chain.schema_text import fingerprint
from ledger.errors import MalformedAvroError, MalformedError, MalformedRecordError
from tests.support.vectors import VECTORS, load

VECTOR = load("receipts")["outcomes"]


def from_fields(fields) -> Outcomes:
    def outcome(row) -> Outcome:
        problem = row["problem"]
        return Outcome(
            bytes.fromhex(row["eventId"]),
            Source(**row["source"]),
            row["outcome"],
            row["index"],
            None if row["extra"] is None else bytes.fromhex(row["extra"]),
            tuple(bytes.fromhex(item) for item in row["path"]),
            problem
            and Problem(
                problem["code"],
                problem["pointer"],
                tuple(problem["failed"]),
                problem["streamVersion"],
            ),
        )

    return Outcomes(
        bytes.fromhex(fields["batch"]),
        bytes.fromhex(fields["checkpoint"]),
        tuple(outcome(row) for row in fields["items"]),
    )


def test_vector_is_encoded_and_decoded() -> None:
    value, expected = bytes.fromhex(VECTOR["value"]), from_fields(VECTOR["fields"])
    assert encode_outcomes(expected) == value
    assert decode_outcomes(value) == expected
    assert {item.outcome for item in expected.items} == {
        outcomes.COMMITTED,
        outcomes.DUPLICATE,
        outcomes.REJECTED,
        outcomes.GATE_REFUSED,
    }


def test_header_is_the_fingerprint_of_the_schema_file() -> None:
    text = (VECTORS / "Outcomes.avsc").read_text(encoding="utf-8")
    assert outcomes.OUTCOMES_HEADER == b"\xc3\x01" + fingerprint(text)
    assert fingerprint(json.dumps(outcomes.SCHEMA)) == fingerprint(text)


def test_other_values_are_refused() -> None:
    value = bytes.fromhex(VECTOR["value"])
    for wrong in (b"", value[:9], b"\xc3\x01" + bytes(8) + value[10:]):
        with pytest.raises(MalformedRecordError):
            decode_outcomes(wrong)
    for wrong in (value[:-1], value + b"\0"):
        with pytest.raises(MalformedAvroError):
            decode_outcomes(wrong)


def test_an_unknown_outcome_is_refused() -> None:
    made = from_fields(VECTOR["fields"])
    item = Outcome(bytes(16), made.items[0].source, "perhaps")
    with pytest.raises(MalformedError):
        encode_outcomes(made._replace(items=(item,)))
