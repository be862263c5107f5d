"""Strict Avro, for schemas and bytes that nobody has thought of."""

import io
import unicodedata

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.act import HEADER, decode_act
from ledger.chain.avro import compile_codec
from ledger.chain.entry import decode_entry
from ledger.errors import MalformedAvroError, MalformedRecordError
from tests.support.schema_files import codec
from tests.support.vectors import load

ACTS = [bytes.fromhex(act["value"]) for act in load("acts")["acts"] if act["name"] != "largest"]
ENTRIES = [
    bytes.fromhex(case["extra"] + case["act"])
    for part in ("control", "case")
    for case in load("entries")[part]["entries"]
]
NFC = st.text(st.characters(exclude_categories=("Cs",))).map(
    lambda text: unicodedata.normalize("NFC", text)
)
SCALARS = {
    "string": NFC,
    "bytes": st.binary(),
    "boolean": st.booleans(),
    "int": st.integers(-(1 << 31), (1 << 31) - 1),
    "long": st.integers(-(1 << 63), (1 << 63) - 1),
}


@st.composite
def schemas(draw, depth=3, names=None):
    """Return a schema of the kinds that the ledger allows."""
    names = names if names is not None else iter(range(10_000))
    kinds = ["scalar", "fixed", "enum"] + ["array", "record", "null"] * (depth > 0)
    kind = draw(st.sampled_from(kinds))
    if kind == "scalar":
        return draw(st.sampled_from(sorted(SCALARS)))
    name = f"N{next(names)}"
    if kind == "fixed":
        return {"type": "fixed", "name": name, "size": draw(st.integers(1, 40))}
    if kind == "enum":
        count = draw(st.sampled_from([1, 2, 64, 65, 130]))
        return {"type": "enum", "name": name, "symbols": [f"S{n}" for n in range(count)]}
    if kind == "record":
        fields = draw(st.lists(schemas(depth=depth - 1, names=names), min_size=1, max_size=4))
        rows = [{"name": f"f{n}", "type": field} for n, field in enumerate(fields)]
        return {"type": "record", "name": name, "fields": rows}
    inner = draw(schemas(depth=depth - 1, names=names))
    if kind == "array":
        return {"type": "array", "items": inner}
    return inner if isinstance(inner, list) else ["null", inner]


def values(schema):
    """Return the values that fit a schema."""
    if isinstance(schema, str):
        return SCALARS[schema]
    if isinstance(schema, list):
        return st.none() | values(schema[1])
    kind = schema["type"]
    if kind == "fixed":
        return st.binary(min_size=schema["size"], max_size=schema["size"])
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if kind == "array":
        return st.lists(values(schema["items"]), max_size=4)
    return st.fixed_dictionaries({row["name"]: values(row["type"]) for row in schema["fields"]})


SCHEMA_AND_VALUE = schemas().flatmap(lambda schema: st.tuples(st.just(schema), values(schema)))


@given(SCHEMA_AND_VALUE)
def test_what_is_written_is_read_and_fastavro_reads_it_too(pair):
    """Round trip, checked against another implementation where it reads plainly."""
    schema, value = pair
    subject = compile_codec(schema)
    data = subject.encode(value)
    assert value == subject.decode(data)
    assert value == fastavro.schemaless_reader(io.BytesIO(data), schema, None)


@given(SCHEMA_AND_VALUE, st.data())
def test_there_is_one_encoding_of_a_value(pair, data):
    """Bytes changed anywhere are refused, or are the encoding of what they decode to."""
    schema, value = pair
    subject = compile_codec(schema)
    encoded = bytearray(subject.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(encoded)))
        encoded[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=2))
    try:
        decoded = subject.decode(bytes(encoded))
    except MalformedAvroError as error:
        assert 0 <= error.position <= len(encoded)
    else:
        assert bytes(encoded) == subject.encode(decoded)


@st.composite
def changed(draw, originals):
    """Return one of some byte strings with a few bytes overwritten, cut out or put in."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


@given(changed([act[len(HEADER) :] for act in ACTS]))
def test_the_hand_written_act_codec_refuses_what_the_generated_one_refuses(body):
    """And besides that only malformed identifiers, which it names."""
    try:
        value = codec("Act").decode(body)
    except MalformedAvroError:
        value = None
    try:
        act = decode_act(HEADER + body)
    except MalformedRecordError as error:
        assert value is None or error.pointer is not None
    else:
        assert value is not None
        assert [value["eventId"], value["streamKey"], value["payload"]] == [
            act.event_id,
            act.stream_key,
            act.payload,
        ]


@given(changed(ENTRIES))
def test_the_hand_written_entry_codec_takes_nothing_that_the_generated_one_refuses(data):
    """And what it takes, it reads alike."""
    try:
        entry = decode_entry(data)
    except MalformedRecordError:
        return
    value = codec("Entry").decode(data[1:])
    assert [value["leafIndex"], value["receivedAt"], value["submission"], value["act"]] == [
        entry.leaf_index,
        entry.received_at,
        entry.submission,
        entry.act,
    ]
