"""Canonical JSON."""

import pytest

from ledger.chain.jcs import DEPTH_MAX, NUMBER_MAX, canonical_json
from ledger.errors import MalformedError
from tests.support.vectors import load

DERIVED = load("derived")


def test_the_disclosure_record_of_the_vectors_has_its_bytes():
    """Members sorted by UTF-16 code units, supplementary characters among them."""
    case = DERIVED["disclosure"]
    assert case["canonical_hex"] == canonical_json(case["record"]).hex()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-NUMBER_MAX, "-9007199254740991"),
        ("", '""'),
        ('\b\t\n\f\r"\\/\x00\x1f\x7f\u2028é', '"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\x7f\u2028é"'),
        ([], "[]"),
        ((1, [2]), "[1,[2]]"),
        ({"b": 1, "a": {"d": None, "c": False}}, '{"a":{"c":false,"d":null},"b":1}'),
        (
            {"\ufb33": 1, "\U0001f600": 2, "€": 3, "1": 4, "\r": 5},
            '{"\\r":5,"1":4,"€":3,"\U0001f600":2,"\ufb33":1}',
        ),
    ],
)
def test_values_have_one_writing(value, text):
    """Escapes and order as RFC 8785 has them."""
    assert text == canonical_json(value).decode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        NUMBER_MAX + 1,
        -NUMBER_MAX - 1,
        b"",
        {1: 2},
        {"a": 1, None: 2},
        "\ud800",
        {"\udc00": 1},
    ],
    ids=repr,
)
def test_what_has_no_exact_writing_is_refused(value):
    """Fractions, numbers that some readers round, and what JSON cannot say."""
    with pytest.raises(MalformedError):
        canonical_json(value)


def test_nesting_is_bounded():
    """One level under the bound, and one over it."""
    value = 1
    for _ in range(DEPTH_MAX):
        value = [value]
    canonical_json(value)
    with pytest.raises(MalformedError):
        canonical_json([value])
