"""Acts, entries, bundles and canonical JSON: round trips of values that nobody has thought of."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.act import Act, Actor, decode_act, encode_act
from ledger.chain.entry import Entry, Source, decode_entry, encode_entry, split_entry
from ledger.chain.identifiers import find_personal
from ledger.chain.ids import uuid_bytes, uuid_text
from ledger.chain.jcs import NUMBER_MAX, canonical_json
from ledger.chain.tiles import decode_bundle, encode_bundle
from tests.property.test_avro_roundtrip import NFC

LONGS = st.integers(-(1 << 63), (1 << 63) - 1)
COUNTS = st.integers(0, (1 << 63) - 1)
IDENTIFIERS = st.from_regex(r"[A-Za-z0-9:._-]{1,128}", fullmatch=True)
UUIDS = st.binary(min_size=16, max_size=16)
SHORT = NFC.filter(lambda text: len(text) < 200)

ACTS = st.builds(
    Act,
    event_id=UUIDS,
    event_type=SHORT,
    schema_version=st.integers(-(1 << 31), (1 << 31) - 1),
    payload_schema=st.binary(min_size=8, max_size=8),
    stream_key=IDENTIFIERS,
    aggregate_type=SHORT,
    aggregate_id=IDENTIFIERS,
    expected_version=st.none() | LONGS,
    agency_id=st.from_regex(r"[0-9A-HJ-NPQRTUWXY]{18}", fullmatch=True),
    delegate_id=st.none() | SHORT,
    emitter_id=st.from_regex(r"[a-z0-9.-]{1,64}(/control|/log/1[0-5])?", fullmatch=True),
    emitter_seq=st.none() | LONGS,
    actors=st.lists(
        st.builds(Actor, officer_id=IDENTIFIERS, credential_no=st.none() | SHORT, role=SHORT),
        max_size=3,
    ).map(tuple),
    occurred_at=LONGS,
    recorded_at=LONGS,
    late_entry=st.none() | st.from_regex(r"[A-Z][A-Z0-9_]{0,63}", fullmatch=True),
    correlation_id=st.none() | UUIDS,
    causation_id=st.none() | UUIDS,
    case_id=st.none() | IDENTIFIERS,
    item_code=st.none() | SHORT,
    payload=st.binary(),
)
ENTRIES = st.builds(
    Entry,
    leaf_index=COUNTS,
    stream_id=IDENTIFIERS,
    stream_version=st.integers(1, (1 << 63) - 1),
    stream_link=st.binary(min_size=32, max_size=32),
    received_at=COUNTS,
    control_size=COUNTS,
    opened=st.integers(0, (1 << 31) - 1),
    source=st.none()
    | st.builds(
        Source,
        incarnation=UUIDS.map(uuid_text),
        topic=st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True),
        partition=st.integers(0, (1 << 31) - 1),
        offset=COUNTS,
        timestamp=LONGS,
    ),
    submission=st.binary(max_size=300),
    act=st.binary(max_size=300),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-NUMBER_MAX, NUMBER_MAX)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(ACTS)
def test_acts_are_read_as_they_were_written(act):
    """Any fields that fit."""
    assert act == decode_act(encode_act(act))


@given(ENTRIES)
def test_entries_are_read_as_they_were_written(entry):
    """Any fields that fit; prefix and act put together are the entry."""
    data = encode_entry(entry)
    assert entry == decode_entry(data)
    extra, act = split_entry(data)
    assert (data, entry.act) == (extra + act, act)


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=256))
def test_bundles_are_read_as_they_were_written(entries):
    """Any entries, empty ones too."""
    assert entries == decode_bundle(encode_bundle(entries))


@given(UUIDS)
def test_uuids_are_read_as_they_were_written(value):
    """Any 16 bytes."""
    assert value == uuid_bytes(uuid_text(value))


@given(JSON, st.randoms(use_true_random=False))
def test_canonical_json_says_the_same_in_one_way(value, random):
    """It parses to the value, and the order in which members were put in does not show."""
    text = canonical_json(value)
    assert value == json.loads(text)
    assert text == canonical_json(shuffled(value, random))


def shuffled(value, random):
    """Return an equal value whose members were put in in another order."""
    if isinstance(value, list):
        return [shuffled(item, random) for item in value]
    if isinstance(value, dict):
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name], random) for name in names}
    return value


@given(
    st.text(st.characters(exclude_categories=("Cs", "Nd"))),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text(st.characters(exclude_categories=("Cs", "Nd"))),
)
def test_a_mobile_number_is_found_wherever_it_stands(before, number, after):
    """Between any text that has no digits, long runs of hex aside, which are digests."""
    around = before + after
    if any(letter in "abcdef" for letter in around):
        around = around.translate(dict.fromkeys(map(ord, "abcdef")))
        before, after = around, ""
    assert find_personal(before + number + after) == "mobile"
