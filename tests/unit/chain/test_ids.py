"""Ids made from causes, UUIDs, and the shapes of identifiers."""

import uuid

import pytest

from ledger.chain import ids
from ledger.errors import MalformedError
from tests.support.vectors import load

DERIVED = load("derived")


@pytest.mark.parametrize("case", DERIVED["alert_ids"], ids=lambda c: c["trigger"])
def test_alert_ids_are_those_of_the_vectors(case):
    """And so are the event ids made of them."""
    alert = ids.alert_id(case["rule_id"], case["subject"], case["trigger"])
    assert case["alert_id"] == alert
    assert case["event_id"] == ids.uuid_text(ids.alert_event_id(alert))


@pytest.mark.parametrize("case", DERIVED["ledger_event_ids"], ids=lambda c: c["event_id"])
def test_ledger_event_ids_are_those_of_the_vectors(case):
    """With a source and without; numbers may be given as numbers."""
    assert case["event_id"] == ids.uuid_text(ids.ledger_event_id(*case["parts"]))
    parts = [int(part) if part.isdecimal() else part for part in case["parts"]]
    assert case["event_id"] == ids.uuid_text(ids.ledger_event_id(*parts))


@pytest.mark.parametrize("case", DERIVED["uuid8"], ids=lambda c: c["event_id"])
def test_a_uuid8_keeps_all_but_version_and_variant(case):
    """Of zeros, of ones, of a digest."""
    assert case["event_id"] == ids.uuid_text(ids.uuid8(bytes.fromhex(case["digest"])))


def test_a_uuid7_starts_with_its_time_and_has_version_and_variant():
    """Read back by the standard library."""
    value = uuid.UUID(bytes=ids.uuid7(0x0123456789AB, b"\xff" * 10))
    assert str(value) == "01234567-89ab-7fff-bfff-ffffffffffff"
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert ids.uuid7(1, bytes(10)) < ids.uuid7(2, bytes(10))


def test_uuid_text_and_bytes_are_inverse():
    """In one writing only."""
    text = "5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"
    assert text == ids.uuid_text(ids.uuid_bytes(text))
    for other in (text.upper(), text.replace("-", ""), "{" + text + "}", text + "\n", ""):
        with pytest.raises(MalformedError):
            ids.uuid_bytes(other)


@pytest.mark.parametrize(
    ("judge", "good", "bad"),
    [
        (ids.identifier_ok, ["a", "case:1-2_3.B", "a" * 128], ["", "a" * 129, "a b", "案", "a\n"]),
        (ids.emitter_id_ok, ["agy.changsha-1", "a" * 64], ["", "a" * 65, "A", "a/b", "a_b"]),
        (ids.ledger_name_ok, ["demo.example"], ["Demo", "demo/log"]),
        (
            ids.origin_ok,
            ["a/control", "a/log/0", "a/log/15"],
            ["a/log/16", "a/log/01", "a/log/", "control", "a/control/", "A/control"],
        ),
    ],
)
def test_names_have_their_shapes(judge, good, bad):
    """What fits and what does not."""
    assert [judge(text) for text in good + bad] == [True] * len(good) + [False] * len(bad)
