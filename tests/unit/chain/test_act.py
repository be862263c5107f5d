"""The act's envelope: its bytes, and what of it is refused with which code."""

import pytest

from ledger.chain.act import (
    ACT_FINGERPRINT,
    HEADER,
    Act,
    Actor,
    check_incoming,
    decode_act,
    encode_act,
)
from ledger.chain.schema_text import fingerprint
from ledger.errors import MalformedError, MalformedRecordError
from tests.support.schema_files import codec, schema_text
from tests.support.vectors import load

VECTORS = load("acts")
ACTS = VECTORS["acts"]
ENVELOPE_CODES = {"R1_MALFORMED", "R1_ACT_TOO_LARGE"}


def value_of(name):
    """Return the value of a vector's act."""
    return next(bytes.fromhex(act["value"]) for act in ACTS if act["name"] == name)


def act_from(fields):
    """Return the act that a vector's fields describe."""
    plain = dict(fields)
    for name in ("eventId", "payloadSchema", "correlationId", "causationId", "payload"):
        plain[name] = None if plain[name] is None else bytes.fromhex(plain[name])
    plain["actors"] = tuple(Actor(*actor.values()) for actor in plain["actors"])
    if plain["lateEntry"] is not None:
        plain["lateEntry"] = plain["lateEntry"]["reasonCode"]
    return Act(*plain.values())


@pytest.mark.parametrize("case", ACTS, ids=lambda c: c["name"])
def test_fields_give_the_value_and_the_value_gives_the_fields(case):
    """Both ways, byte for byte."""
    act, value = act_from(case["fields"]), bytes.fromhex(case["value"])
    assert value == encode_act(act)
    assert act == decode_act(value)


def test_field_order_and_fingerprint_are_those_of_the_schema_file():
    """The codec is written by hand; the schema file says what it has to be."""
    names = [field.name for field in codec("Act").shape.fields]
    snake = ["".join("_" + c.lower() if c.isupper() else c for c in name) for name in names]
    assert list(Act._fields) == snake
    assert fingerprint(schema_text("Act")) == ACT_FINGERPRINT


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda c: c["name"])
def test_refused_values_have_their_code(case):
    """Size before marker, marker before fingerprint, fingerprint before strictness."""
    if case["name"] == "too-large":
        value = value_of("largest") + b"\x00"
    else:
        value = bytes.fromhex(case["value"])
    with pytest.raises(MalformedRecordError) as caught:
        decode_act(value)
    assert case["code"] == caught.value.code


@pytest.mark.parametrize("case", VECTORS["refused_records"], ids=lambda c: c["name"])
def test_refused_records_fail_here_only_for_what_the_envelope_shows(case):
    """Malformed identifiers are found here; key, partition, type and payload are judged later."""
    value = bytes.fromhex(case["value"])
    if case["code"] in ENVELOPE_CODES and not case["name"].startswith("payload"):
        with pytest.raises(MalformedRecordError) as caught:
            check_incoming(decode_act(value))
        assert case["code"] == caught.value.code
    else:
        check_incoming(decode_act(value))


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("stream_key", "", "/streamKey"),
        ("stream_key", "案件", "/streamKey"),
        ("aggregate_id", "a" * 129, "/aggregateId"),
        ("case_id", "a b", "/caseId"),
        ("agency_id", "11430100FCT00002I", "/agencyId"),
        ("emitter_id", "a/log/16", "/emitterId"),
        ("emitter_id", "", "/emitterId"),
        ("late_entry", "because", "/lateEntry/reasonCode"),
        ("actors", (Actor("o", None, ""), Actor("o\n", None, "")), "/actors/1/officerId"),
    ],
)
def test_a_malformed_identifier_is_named(field, value, pointer):
    """Refused in writing, and refused in reading what another writer has written."""
    act = decode_act(value_of("all-optional"))._replace(**{field: value})
    with pytest.raises(MalformedRecordError) as caught:
        encode_act(act)
    assert pointer == caught.value.pointer
    with pytest.raises(MalformedRecordError) as caught:
        decode_act(by_schema(act))
    assert ("R1_MALFORMED", pointer) == (caught.value.code, caught.value.pointer)


def by_schema(act):
    """Return the act's value as the generated codec writes it, which judges no identifier."""
    values = list(act)
    values[12] = [
        {"officerId": a.officer_id, "credentialNo": a.credential_no, "role": a.role}
        for a in act.actors
    ]
    values[15] = None if act.late_entry is None else {"reasonCode": act.late_entry}
    names = [field.name for field in codec("Act").shape.fields]
    return HEADER + codec("Act").encode(dict(zip(names, values, strict=True)))


def test_a_log_may_be_the_emitter_of_an_act_but_not_of_one_that_came_in():
    """Ledger-made acts name the log's origin."""
    act = decode_act(value_of("minimal"))._replace(emitter_id="a.example/log/15")
    made = decode_act(encode_act(act))
    with pytest.raises(MalformedRecordError) as caught:
        check_incoming(made)
    assert caught.value.pointer == "/emitterId"


def test_an_act_over_the_bound_is_not_written():
    """The largest vector has exactly the bound; one byte more is refused."""
    act = decode_act(value_of("largest"))
    with pytest.raises(MalformedRecordError) as caught:
        encode_act(act._replace(payload=act.payload + b"x"))
    assert caught.value.code == "R1_ACT_TOO_LARGE"


@pytest.mark.parametrize(
    ("field", "value"),
    [("event_id", bytes(15)), ("schema_version", 1 << 31), ("occurred_at", 1 << 63)],
)
def test_a_field_that_does_not_fit_is_not_written(field, value):
    """Lengths and ranges of the schema."""
    with pytest.raises(MalformedError):
        encode_act(decode_act(value_of("minimal"))._replace(**{field: value}))


def test_messages_quote_nothing_of_the_act():
    """Invalid UTF-8 in a text: Python's own message would quote the bytes."""
    value = bytearray(value_of("organisation"))
    value[value.index(b"HANDLER")] = 0xFF
    with pytest.raises(MalformedRecordError) as caught:
        decode_act(bytes(value))
    assert "HANDLER"[1:] not in str(caught.value)
    assert caught.value.__cause__ is None
