"""The quick readers of the append path accept nothing that the careful ones refuse."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lianzheng_native.acts import pack_prefix, read_act

from consumers.append.envelope import EnvelopeReader
from consumers.append.event_type import EventType
from consumers.append.openings import may_be_personal
from ledger.chain.act import (
    ACT_FINGERPRINT,
    HEADER,
    Act,
    Actor,
    check_incoming,
    decode_act,
    encode_act,
)
from ledger.chain.avro import compile_codec
from ledger.chain.entry import Source, entry_prefix
from ledger.chain.identifiers import find_personal
from ledger.errors import MalformedAvroError, MalformedRecordError
from schemas.loader import event_schemas
from tests.support.control import START, control_state, make_act
from tests.support.vectors import load

STATE = control_state()
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "现场笔录",
        "长市监处罚〔2026〕123号",
        "e\u0301",
        "é",
        "x" * 70,
        "中" * 30,
        "\U00020000",
    ]
)


# --- payloads ------------------------------------------------------------------------------------

KITCHEN = {
    "type": "record",
    "name": "Kitchen",
    "fields": [
        {"name": "n", "type": "int"},
        {"name": "l", "type": ["null", "long"]},
        {"name": "free", "type": "string"},
        {"name": "kind", "type": {"type": "enum", "name": "K", "symbols": ["A", "B", "C"]}},
        {"name": "id", "pattern": "^[A-Za-z0-9:._-]{1,128}$", "type": "string"},
        {
            "name": "hash",
            "pattern": "^(blake3|sm3|sha256):[0-9a-f]{64}$",
            "type": ["null", "string"],
        },
        {"name": "path", "pattern": "^(/[A-Za-z0-9]+)*$", "type": "string"},
        {"name": "uri", "pattern": "^[a-z][a-z0-9+.-]{0,31}:[!-~]{1,500}$", "type": "string"},
        {"name": "flag", "type": "boolean"},
        {"name": "raw", "type": "bytes"},
        {"name": "u", "type": {"type": "fixed", "name": "U", "size": 4}},
        {
            "name": "items",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "I",
                    "fields": [
                        {"name": "no", "type": "int"},
                        {"name": "name", "type": ["null", "string"]},
                    ],
                },
            },
        },
        {
            "name": "codes",
            "pattern": "^[A-Z0-9-]{1,32}$",
            "type": {"type": "array", "items": "string"},
        },
        {"name": "tail", "type": ["null", "string"]},
    ],
}
PLAIN = {
    **KITCHEN,
    "fields": [f for f in KITCHEN["fields"] if f["name"] not in ("raw", "path", "uri")],
}
CODECS = {name: compile_codec(schema) for name, schema in (("kitchen", KITCHEN), ("plain", PLAIN))}
CHECKS = {name: codec.is_surely_strict for name, codec in CODECS.items()}
VALUES = st.fixed_dictionaries(
    {
        "n": st.integers(-(2**31), 2**31 - 1) | st.integers(-70, 70),
        "l": st.none() | st.integers(-(2**63), 2**63 - 1),
        "free": TEXTS,
        "kind": st.sampled_from("ABC"),
        "id": st.sampled_from(["case:1", "x" * 64, "p-1"]),
        "hash": st.none() | st.sampled_from(["sha256:" + "0" * 64, "sm3:" + "f" * 64]),
        "path": st.sampled_from(["", "/a", "/a/b1"]),
        "uri": st.sampled_from(["s:x", "store:00/11/" + "a" * 60, "z:" + "~" * 100]),
        "flag": st.booleans(),
        "raw": st.binary(max_size=70),
        "u": st.binary(min_size=4, max_size=4),
        "items": st.lists(
            st.fixed_dictionaries({"no": st.integers(-3, 300), "name": st.none() | TEXTS}),
            max_size=9,
        ),
        "codes": st.lists(st.sampled_from(["A", "B-1", "X" * 32]), max_size=8),
        "tail": st.none() | TEXTS,
    }
)


def is_strict(codec, data):
    try:
        with patch("ledger.chain.avro.IS_COMPILED", new=False):
            return codec.pattern_fault(codec.decode(data)) is None
    except MalformedAvroError:
        return False


def encoded(name, value):
    names = {field["name"] for field in (KITCHEN if name == "kitchen" else PLAIN)["fields"]}
    value = {key: item for key, item in value.items() if key in names}
    # NFD text is refused by the encoder too, so it is put in afterwards, byte for byte.
    text = json.dumps(value, default=lambda item: item.decode("latin-1"), ensure_ascii=False)
    plain = text.encode().replace("e\u0301".encode(), "é".encode() + b"~")
    again = json.loads(plain)
    for key in ("raw", "u"):
        if key in again:
            again[key] = value[key]
    data = CODECS[name].encode(again)
    return data.replace("é".encode() + b"~", "e\u0301".encode())


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["kitchen", "plain"]),
    value=VALUES,
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 255), st.sampled_from("sid")), max_size=3
    ),
)
def test_what_the_quick_check_accepts_the_codec_accepts(name, value, edits):
    """Good values and up to three bytes changed, inserted or deleted."""
    data = bytearray(encoded(name, value))
    for where, byte, how in edits:
        at = int(where * (len(data) - 1)) if data else 0
        if how == "i":
            data.insert(at, byte)
        elif data and how == "s":
            data[at] = byte
        elif data:
            del data[at]
    if CHECKS[name](bytes(data)):
        assert is_strict(CODECS[name], bytes(data))


@settings(deadline=None)
@given(value=VALUES)
def test_likely_values_are_accepted_without_the_codec(value):
    """Numbers of up to 28 bits, short texts and arrays: else every act would take the slow way."""
    likely = value | {
        "n": value["n"] % 1000,
        "l": 5,
        "free": "现场笔录",
        "id": "p-1",
        "items": [{"no": 1, "name": "甲"}],
        "codes": ["A"],
        "tail": None,
    }
    for name in ("kitchen", "plain"):
        assert CHECKS[name](encoded(name, likely))


@pytest.mark.parametrize(
    "name", ["payload-trailing-byte", "payload-empty", "payload-no-such-symbol"]
)
def test_refused_payloads_of_the_vectors_are_not_accepted(name):
    """The vectors' payloads, under the schema that they name."""
    case = next(it for it in load("acts")["refused_records"] if it["name"] == name)
    act = decode_act(bytes.fromhex(case["value"]))
    text = event_schemas().get((act.event_type, 1))
    if text is not None:
        assert not compile_codec(text).is_surely_strict(act.payload)


# --- envelopes -----------------------------------------------------------------------------------


def published(name: str, version: int) -> EventType | None:
    if name == "Unknown" or version != 1:
        return None
    codec = compile_codec(event_schemas()["CaseClosed", 1])
    facts = (True, None, False, frozenset(), None, True, None)
    return EventType(name, f"{name}.v1", bytes(8), codec, *facts)


def careful(value: bytes) -> Act:
    act = decode_carefully(value)
    check_incoming(act)
    if published(act.event_type, act.schema_version) is None or act.payload_schema != bytes(8):
        raise MalformedRecordError("unknown", code="R1_UNKNOWN_SCHEMA")
    return act


def decode_carefully(value: bytes) -> Act:
    """Decode as where nothing was compiled."""
    with patch("ledger.chain.act.IS_COMPILED", new=False):
        return decode_act(value)


def quick(value: bytes) -> Act:
    return EnvelopeReader(published).read(value).act


ACTS = st.builds(
    make_act,
    st.sampled_from(["CaseClosed", "LegalReviewConcluded", "Unknown", "案"]),
    st.sampled_from(["case:1", "case:" + "a" * 36, "x" * 128]),
    aggregate_type=st.sampled_from(["Case", "é", ""]),
    aggregate_id=st.sampled_from(["case:1", "review:1"]),
    expected_version=st.sampled_from([None, 0, 7, -1, 2**40]),
    delegate_id=st.sampled_from([None, "x", "委托"]),
    emitter_id=st.sampled_from(["agy.market", "a" * 64, "test.ledger/log/0"]),
    emitter_seq=st.sampled_from([None, 1, 2**62]),
    actors=st.sampled_from(
        [(), (Actor("officer:1", None, "HANDLER"),) * 5, (Actor("o", "证", "X"),)]
    ),
    occurred_at=st.sampled_from([START, 0, -5, 2**53, 2**62]),
    recorded_at=st.sampled_from([START, START + 1]),
    late_entry=st.sampled_from([None, "SYSTEM_DOWN"]),
    correlation_id=st.sampled_from([None, bytes(16)]),
    case_id=st.sampled_from([None, "case:1", "other"]),
    item_code=st.sampled_from([None, "430100-1", "事项"]),
    payload=st.sampled_from([b"", b"x" * 100, b"y" * 9000]),
)
LIKELY = encode_act(make_act("CaseClosed", "case:1"))


@settings(max_examples=250, deadline=None)
@given(
    act=ACTS,
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 255), st.sampled_from("sid")), max_size=2
    ),
)
@example(act=make_act("CaseClosed", "case:1"), edits=[])
def test_the_quick_envelope_is_the_careful_one(act, edits):
    """Good acts and up to two bytes changed: same fields, or refused by both under one code."""
    data = bytearray(encode_act(act))
    for where, byte, how in edits:
        at = int(where * (len(data) - 1))
        if how == "i":
            data.insert(at, byte)
        elif how == "s":
            data[at] = byte
        else:
            del data[at]
    value = bytes(data)
    try:
        expected = careful(value)
    except MalformedRecordError as error:
        with pytest.raises(MalformedRecordError) as caught:
            quick(value)
        assert caught.value.code == error.code
    else:
        assert quick(value) == expected


def test_likely_acts_are_read_by_the_compiled_reader():
    """Else the quick way would not be taken at all."""
    assert read_act(LIKELY, HEADER, Act, Actor) == decode_carefully(LIKELY)
    assert LIKELY[2:10] == ACT_FINGERPRINT


# --- entries and clear text ----------------------------------------------------------------------

NUMBERS = st.sampled_from([0, 1, 63, 64, 8191, 8192, 0xFFFFF, 0x100000, 2**40])


@settings(deadline=None)
@given(
    index=NUMBERS,
    stream=st.sampled_from(["ledger", "case:" + "a" * 36, "x" * 128]),
    version=NUMBERS.filter(bool),
    times=st.tuples(st.integers(0, 2**52), NUMBERS),
    opened=st.integers(0, 40),
    source=st.none()
    | st.builds(
        Source,
        st.sampled_from(["5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"]),
        st.sampled_from(["enforcement.acts.v1", "enforcement.control.v1"]),
        st.integers(0, 15),
        NUMBERS,
        st.integers(0, 2**52),
    ),
    submission=st.binary(max_size=80),
    length=st.integers(0, 60_000),
)
def test_packed_prefixes_are_those_of_the_entry_format(
    index, stream, version, times, opened, source, submission, length
):
    arguments = (index, stream, version, bytes(32), *times, opened, source, submission, length)
    assert pack_prefix(*arguments) == entry_prefix(*arguments)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "13812345678",
                "11010519491231002X",
                "sha256:" + "1" * 64,
                "case:12345678-1234-1234-1234-123456789012",
                "１３８１２３４５６７８",
                "：",
                " ",
                "a1",
                "6222021234567890128",
            ]
        ),
        max_size=6,
    )
)
def test_no_personal_number_is_passed_over(parts):
    """Whatever ``find_personal`` finds in a text, the look at the bytes does not rule out."""
    text = "".join(parts)
    if find_personal(text) is not None:
        assert may_be_personal(b"\0" + text.encode() + b"\0")
