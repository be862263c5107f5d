"""The generated codec: strict reading, writing, and what it finds in a value."""

import pytest

from ledger.chain.avro import compile_codec
from ledger.errors import MalformedAvroError, MalformedError
from tests.support.schema_files import codec
from tests.support.vectors import load

VECTORS = load("strict_avro")
ACTS = load("acts")["acts"]
COMMITMENT = {"type": "fixed", "name": "Commitment", "size": 32}


def record(*fields, name="R"):
    """Return a record schema of (name, type) or of whole fields."""
    rows = [f if isinstance(f, dict) else {"name": f[0], "type": f[1]} for f in fields]
    return {"type": "record", "name": name, "fields": rows}


def codec_of(schema):
    """Return the codec of a vector's schema: a file's name, a primitive or a schema."""
    is_file = isinstance(schema, str) and schema[0].isupper()
    return codec(schema) if is_file else compile_codec(schema)


@pytest.mark.parametrize(
    "case", VECTORS["refused"] + VECTORS["refused_in_our_schemas"], ids=lambda c: c["name"]
)
def test_what_is_not_the_one_encoding_is_refused_where_it_starts(case):
    """Each refused vector, with its position; nobody but us words the fault."""
    with pytest.raises(MalformedAvroError) as caught:
        codec_of(case["schema"]).decode(bytes.fromhex(case["bytes"]))
    if case["position"] is not None:
        assert case["position"] == caught.value.position


@pytest.mark.parametrize("case", VECTORS["taken"], ids=lambda c: c["name"])
def test_what_is_strict_is_taken_and_written_again(case):
    """Each accepted vector, decoded and encoded."""
    subject = codec_of(case["schema"])
    data = bytes.fromhex(case["bytes"])
    assert data == subject.encode(subject.decode(data))


@pytest.mark.parametrize("act", ACTS, ids=lambda a: a["name"])
def test_payloads_of_the_vectors_have_their_fields(act):
    """Decoded payloads equal the vectors' fields, and encode to the same bytes."""
    subject = codec(act["payload_schema"])
    data = bytes.fromhex(act["fields"]["payload"])
    value = subject.decode(data)
    assert act["payload"] == hexed(value)
    assert data == subject.encode(value)


def hexed(value):
    """Return a decoded value as the vectors write it: bytes in hex."""
    if isinstance(value, dict):
        return {name: hexed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hexed(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def test_every_shorter_input_is_refused():
    """An act cut off anywhere is never taken, whatever field the cut is in."""
    data = bytes.fromhex(ACTS[2]["value"])[10:]
    for end in range(len(data)):
        with pytest.raises(MalformedAvroError):
            codec("Act").decode(data[:end])


def test_text_that_is_not_nfc_is_refused():
    """The letter e with an accent after it has a shorter writing."""
    with pytest.raises(MalformedAvroError) as caught:
        compile_codec("string").decode(b"\x06e\xcc\x81")
    assert caught.value.position == 0


def test_a_value_is_read_in_the_middle_of_bytes():
    """``read`` returns where it stopped and leaves what follows alone."""
    assert compile_codec("string").read(b"\xff\x04ab\xff", 1) == ("ab", 4)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "map", "values": "long"},
        "float",
        {"type": "double"},
        ["null", "string", "long"],
        ["string", "null"],
        ["null", ["null", "string"]],
        "null",
        {"type": "array", "items": "null"},
        record(),
        {"type": "fixed", "name": "F", "size": 0},
        {"type": "fixed", "name": "Commitment", "size": 31},
        {"type": "enum", "name": "E", "symbols": []},
        {"type": "enum", "name": "E", "symbols": ["A", "A"]},
        {"type": "enum", "name": "E", "symbols": ["A'"]},
        record(("a", "long"), ("a", "long")),
        record(("a'] = evil #", "long")),
        record(("a", "R")),
        record(("a", "Unknown")),
        record({"name": "a", "type": "string", "pattern": "("}),
        "not JSON",
        "7",
    ],
    ids=str,
)
def test_schemas_with_another_shape_are_refused(schema):
    """What a schema in the ledger may not use, and what is no schema."""
    with pytest.raises(MalformedError):
        compile_codec(schema)


def test_a_schema_that_grows_without_end_is_refused():
    """Each record holds the one before twice: thirty of them would be a thousand million fields."""
    inner = record(("a", "long"), name="R0")
    for level in range(1, 14):
        inner = record(("a", inner), ("b", f"R{level - 1}"), name=f"R{level}")
    with pytest.raises(MalformedError):
        compile_codec(inner)


def test_a_named_type_may_be_used_again_after_its_definition():
    """Also where it was defined inside of a null branch."""
    schema = record(("a", ["null", COMMITMENT]), ("b", "Commitment"))
    value = {"a": None, "b": bytes(32)}
    assert value == compile_codec(schema).decode(bytes(33))


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("text", 1, "/text"),
        ("text", "e\u0301", "/text"),
        ("text", "\ud800", "/text"),
        ("number", 1 << 31, "/number"),
        ("number", True, "/number"),
        ("flag", 1, "/flag"),
        ("kind", "C", "/kind"),
        ("digest", bytes(31), "/digest"),
        ("rows", [{"at": 0}, {"at": 1 << 63}], "/rows/1/at"),
        ("rows", [{}], "/rows/0"),
        ("rows", None, "/rows"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_pointer(field, value, pointer):
    """One wrong field in a value that fits otherwise."""
    subject = compile_codec(MIXED)
    subject.encode(FITTING)
    with pytest.raises(MalformedError) as caught:
        subject.encode({**FITTING, field: value})
    assert pointer == caught.value.pointer


MIXED = record(
    {"name": "text", "type": "string", "class": "P"},
    ("number", "int"),
    ("flag", "boolean"),
    ("kind", {"type": "enum", "name": "E", "symbols": ["A", "B"]}),
    ("digest", COMMITMENT),
    {
        "name": "code",
        "type": ["null", "string"],
        "class": "I",
        "pattern": "^[A-Z]{2}$",
        "cn": "代码",
    },
    {"name": "hidden", "type": "string", "class": "X", "pattern": "^[a-z]*$"},
    (
        "rows",
        {
            "type": "array",
            "items": {
                "type": "record",
                "name": "Row",
                "fields": [{"name": "at", "type": "long"}],
            },
        },
    ),
    {"name": "tags", "type": {"type": "array", "items": "string"}, "class": "I", "pattern": "^t"},
    ("notes", {"type": "array", "items": ["null", "Commitment"]}),
)
FITTING = {
    "text": "文",
    "number": -5,
    "flag": True,
    "kind": "B",
    "digest": bytes(32),
    "code": "AB",
    "hidden": "x",
    "rows": [{"at": 1}],
    "tags": [],
    "notes": [None, b"n" * 32],
}


def test_commitments_come_sorted_by_pointer_with_positions():
    """All that are there, and none that is null."""
    found = compile_codec(MIXED).commitments(FITTING)
    assert [("/digest", bytes(32)), ("/notes/1", b"n" * 32)] == found


def test_commitments_sort_as_bytes_not_as_numbers():
    """Position 10 stands before position 2, as the sealed openings need it."""
    subject = compile_codec({"type": "array", "items": COMMITMENT})
    found = [pointer for pointer, _ in subject.commitments([bytes(32)] * 12)]
    assert sorted(found) == found
    assert found.index("/10") < found.index("/2")


def test_only_commitments_that_are_always_there_are_required():
    """None behind null, none in an array."""
    assert compile_codec(MIXED).required_commitment_paths == ("/digest",)


def test_the_vectors_commitments_are_found():
    """Paths of a natural person's decision, as its sealed openings have them."""
    subject = codec("PenaltyDecisionMade.v1")
    value = subject.decode(bytes.fromhex(ACTS[1]["fields"]["payload"]))
    assert [pointer for pointer, _ in subject.commitments(value)] == [
        "/facts",
        "/party/idValueCommitment",
        "/party/nameCommitment",
        "/penalties/1/objectCommitment",
        "/reasons/discretion",
        "/reasons/evidence",
        "/reasons/facts",
        "/reasons/law",
        "/reasons/responseToStatement",
    ]


def test_strings_in_the_clear_are_those_not_of_class_s_or_x():
    """A string without a class counts, for nobody has said that it is safe."""
    value = {**FITTING, "tags": ["t1", "t2"]}
    assert compile_codec(MIXED).clear_strings(value) == [
        ("/text", "文"),
        ("/code", "AB"),
        ("/tags/0", "t1"),
        ("/tags/1", "t2"),
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, None),
        ({"code": None}, None),
        ({"code": "A"}, "/code"),
        ({"code": "AB\n"}, "/code"),
        ({"hidden": "X"}, "/hidden"),
        ({"tags": ["t", "u"]}, "/tags/1"),
    ],
)
def test_the_first_string_that_breaks_its_pattern_is_named(change, pointer):
    """A pattern is held against the whole string; decoding does not judge it."""
    subject = compile_codec(MIXED)
    value = subject.decode(subject.encode({**FITTING, **change}))
    assert pointer == subject.pattern_fault(value)


def test_fields_tell_what_the_schema_says():
    """Pointer, kind and our attributes, with a star for a position."""
    infos = {info.pointer: info for info in compile_codec(MIXED).fields()}
    assert list(infos) == [
        "/text",
        "/number",
        "/flag",
        "/kind",
        "/digest",
        "/code",
        "/hidden",
        "/rows",
        "/rows/*/at",
        "/tags",
        "/notes",
    ]
    code = infos["/code"]
    assert (
        code.kind,
        code.chinese,
        code.sensitivity,
        code.pattern,
        code.is_nullable,
    ) == ("string", "代码", "I", "^[A-Z]{2}$", True)
    assert infos["/kind"].symbols == ("A", "B")
    assert (
        infos["/digest"].kind,
        infos["/rows"].kind,
        infos["/rows"].is_array,
    ) == ("commitment", "record", True)
