"""Outcomes records, against the golden vector."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import outcomes
from ledger.chain.entry import Source
from ledger.chain.outcomes import Outcome, Outcomes, Problem, decode_outcomes, encode_outcomes
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
    assert b"\xc3\x01" + fingerprint(text) == outcomes.OUTCOMES_HEADER
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


@given(
    st.lists(
        st.builds(
            Outcome,
            st.binary(min_size=16, max_size=16),
            st.builds(
                Source,
                st.uuids().map(str),
                st.text(max_size=5),
                st.integers(0, 99),
                st.integers(0, 2**62),
                st.integers(-(2**62), 2**62),
            ),
            st.sampled_from(["committed", "duplicate", "rejected", "gate_refused"]),
            st.none() | st.integers(0, 2**62),
            st.none() | st.binary(max_size=300),
            st.lists(st.binary(min_size=32, max_size=32), max_size=70).map(tuple),
            st.none()
            | st.builds(
                Problem,
                st.text("ABC", max_size=70),
                st.none() | st.text(max_size=9),
                st.lists(st.text(max_size=3), max_size=3).map(tuple),
                st.none() | st.integers(0, 2**62),
            ),
        ),
        max_size=4,
    ).map(tuple),
    st.binary(max_size=200),
)
def test_what_is_packed_by_hand_is_what_the_schema_says(items, checkpoint) -> None:
    """The codec made from the schema reads it, strictly, and gives the same outcomes."""
    made = Outcomes(bytes(16), checkpoint, items)
    try:
        assert decode_outcomes(encode_outcomes(made)) == made
    except MalformedAvroError as error:
        assert "NFC" in error.fault
