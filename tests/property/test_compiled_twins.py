"""Each compiled function and its Python twin say the same, on good bytes and on damaged ones."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import lianzheng_native
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError

from consumers.append.openings import _may_be_personal_carefully, may_be_personal
from consumers.append.record import IncomingRecord
from consumers.record_batch import BatchFrame, OutRecord, _unpack_carefully, pack_batch
from ledger.chain.act import Act, Actor
from ledger.chain.avro import compile_codec
from ledger.chain.compiled import IS_COMPILED, append, packing
from ledger.chain.entry import Entry, Source, decode_entry, encode_entry
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.chain.outcomes import Outcome, Outcomes, Problem, encode_outcomes
from ledger.chain.submission import build_submission
from ledger.chain.submission_cache import SubmissionCache
from ledger.errors import LedgerError
from schemas.loader import event_schemas
from tests.unit.append.test_quick_check_of_schemas import damaged, value_of

NAME = "test.ledger"
ROOT = Path(__file__).resolve().parents[2]


def outcome_of(work, *arguments):
    """Return what a function returns, or the kind of its refusal."""
    try:
        return work(*arguments)
    except (LedgerError, CorruptRecordError) as error:
        return type(error), str(error)


def test_the_inner_loop_is_compiled_here():
    """Else nothing in this file would compare anything (Debian: apt-get install python3-dev)."""
    assert IS_COMPILED


@pytest.mark.parametrize("pair", event_schemas(), ids=lambda pair: f"{pair[0]}.v{pair[1]}")
def test_payloads_are_decoded_alike(pair):
    draw = random.Random(f"twin {pair}")
    codec = compile_codec(event_schemas()[pair])
    for _ in range(3):
        good = codec.encode(value_of(codec.shape, draw))
        for data in (good, *(damaged(good, draw) for _ in range(8))):
            quick = outcome_of(codec.decode, data)
            with patch("ledger.chain.avro.IS_COMPILED", new=False):
                assert outcome_of(codec.decode, data) == quick
        assert codec.quick_shape.decode(good) == codec.decode(good)


ENTRIES = st.builds(
    Entry,
    st.integers(0, 2**40),
    st.sampled_from(["ledger", "case:" + "a" * 36, "x" * 128]),
    st.integers(1, 9999),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**52),
    st.integers(0, 9999),
    st.integers(0, 40),
    st.none()
    | st.builds(
        Source,
        st.just("5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"),
        st.sampled_from(["enforcement.acts.v1", "t" * 170]),
        st.integers(0, 15),
        st.integers(0, 2**40),
        st.integers(0, 2**52),
    ),
    st.binary(max_size=80),
    st.binary(max_size=300),
)


@settings(max_examples=300, deadline=None)
@given(ENTRIES, st.integers(0, 2**32))
def test_entries_are_read_alike(entry, seed):
    draw = random.Random(seed)
    good = encode_entry(entry)
    for data in (good, damaged(good, draw), good[: draw.randrange(len(good))]):
        quick = outcome_of(decode_entry, data)
        with patch("ledger.chain.entry.IS_COMPILED", new=False):
            assert outcome_of(decode_entry, data) == quick
    assert decode_entry(good) == entry


RECORDS = st.lists(
    st.builds(
        OutRecord,
        st.just("t"),
        st.binary(max_size=40),
        st.binary(max_size=200),
        st.lists(
            st.tuples(
                st.sampled_from(["lz-proof", "lz-", "ce_id", "x", "lz-é"]), st.binary(max_size=90)
            ),
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=5,
)
HEADER_BYTES = 61


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.integers(0, 2**32))
def test_record_batches_are_unpacked_alike(records, seed):
    draw = random.Random(seed)
    whole = pack_batch(records, 5_000, 0)[HEADER_BYTES:]
    frame = BatchFrame("t", 3, 100, 5_000, None, len(records))
    for data in (whole, damaged(whole, draw), damaged(whole, draw), whole[:-1], whole + b"\0"):
        carefully = outcome_of(_unpack_carefully, data, 0, frame)
        quick = append.unpack_records(data, 0, IncomingRecord, *frame)
        if quick is not None:
            assert quick == carefully
    assert append.unpack_records(whole, 0, IncomingRecord, *frame) is not None


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"019afgAF-:", "1" * 11, "0" * 9, "a" * 7, "１", "：", "-1234-", "0" * 12]
        ),
        max_size=40,
    )
)
def test_clear_text_is_looked_at_alike(parts):
    value = "".join(parts).encode()
    assert may_be_personal(value) == _may_be_personal_carefully(value)


def test_a_uuid_is_nobodys_number():
    value = b"case:12345678-1234-1234-1234-123456789012"
    assert not may_be_personal(value)
    assert may_be_personal(value + b"3")
    assert may_be_personal(value.replace(b"-1234-", b"-123g-"))


SIGNER = Signer("agy.twin", bytes(range(32)))
KEY = VerifierKey.from_vkey(SIGNER.vkey)
KEYS = {(KEY.name, KEY.key_id): KEY}


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 70), st.integers(0, 2**32))
def test_origins_are_judged_alike(size, seed):
    """The same acts in any order, some headers damaged: same verdicts, same memory."""
    draw = random.Random(seed)
    acts = [b"act %d" % number + draw.randbytes(20) for number in range(size)]
    proofs = build_submission(NAME, SIGNER.name, draw.randbytes(16), acts, [SIGNER])
    calls = []
    for _ in range(2 * size):
        number = draw.randrange(size)
        proof = proofs[number]
        if draw.random() < 0.4:
            proof = damaged(proof, draw)
        calls.append((proof, acts[draw.randrange(size)] if draw.random() < 0.1 else acts[number]))
    quick, careful = SubmissionCache(), SubmissionCache()
    for proof, act in calls:
        verdict = outcome_of(quick.check, proof, act, SIGNER.name, NAME, KEYS)
        with patch("ledger.chain.submission_cache.IS_COMPILED", new=False):
            assert outcome_of(careful.check, proof, act, SIGNER.name, NAME, KEYS) == verdict
        assert quick.node_count == careful.node_count


OUTCOMES = st.builds(
    Outcome,
    st.binary(min_size=16, max_size=16),
    st.builds(
        Source,
        st.text(max_size=40),
        st.text(max_size=40),
        st.integers(0, 15),
        st.integers(0, 2**40),
        st.integers(-1, 2**52),
    ),
    st.sampled_from(["committed", "duplicate", "rejected", "gate_refused"]),
    st.none() | st.integers(0, 2**40),
    st.none() | st.binary(max_size=300),
    st.lists(st.binary(min_size=32, max_size=32), max_size=20).map(tuple),
    st.none()
    | st.builds(
        Problem,
        st.just("R5_VERSION"),
        st.none() | st.text(max_size=9),
        st.just(("G-1",)),
        st.none() | st.integers(0, 9),
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(OUTCOMES, max_size=5).map(tuple))
def test_outcomes_are_packed_alike(items):
    outcomes = Outcomes(bytes(16), b"checkpoint", items)
    quick = encode_outcomes(outcomes)
    with patch("ledger.chain.outcomes.IS_COMPILED", new=False):
        assert encode_outcomes(outcomes) == quick


def test_rows_are_packed_as_postgresql_documents_it():
    """COPY, "Binary Format": signature, flags, extension; per row a count, per field a length."""
    packed = packing.pack_rows([("é", b"\1", -2, 3)], b"tbqh")
    assert packed == (
        b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\4"
        b"\0\0\0\2\xc3\xa9" b"\0\0\0\1\1" b"\0\0\0\x08" + b"\xff" * 7 + b"\xfe" b"\0\0\0\2\0\3"
        b"\xff\xff"
    )  # fmt: skip
    for row in ((1, b"", 1, 1), ("", "", 1, 1), ("", b"", "", 1), ("", b"", 1)):
        with pytest.raises((TypeError, ValueError)):
            packing.pack_rows([row], b"tbqh")


def test_prefixes_refuse_what_does_not_fit():
    """A name longer than the packer has room for is an error, never a write beyond it."""
    from lianzheng_native.acts import pack_prefix

    arguments = (1, "s", 1, bytes(32), 1, 1, 0, Source("i" * 36, "t" * 170, 1, 1, 1), b"", 1)
    assert pack_prefix(*arguments)
    for place, value in (
        (1, "s" * 129),
        (7, Source("i" * 37, "t", 1, 1, 1)),
        (7, Source("i", "t" * 171, 1, 1, 1)),
    ):
        with pytest.raises(ValueError, match="longer"):
            pack_prefix(*arguments[:place], value, *arguments[place + 1 :])


def test_what_is_installed_was_compiled_from_these_sources():
    """Else the comparisons here say nothing about the sources (`python infra/setup/native.py`)."""
    installed = Path(lianzheng_native.__file__).with_name("sources.sha256").read_text()
    done = subprocess.run(
        [sys.executable, "-c", "import native; print(native.digest_of_sources())"],
        cwd=ROOT / "infra" / "setup",
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed == done.stdout.strip()


def test_what_was_compiled_for_another_interface_is_not_used():
    words = "import lianzheng_native as n; n.INTERFACE = 0; import ledger.chain.compiled as c; print(c.IS_COMPILED)"
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_acts_and_actors_keep_the_fields_that_are_compiled():
    """The compiled readers fill these tuples by position."""
    assert len(IncomingRecord._fields) == 7
    assert (len(Act._fields), len(Actor._fields), len(Source._fields), len(Entry._fields)) == (
        21,
        3,
        5,
        10,
    )
