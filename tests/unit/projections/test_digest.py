"""The digest of a view is the one that another implementation computes."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.digests import DIGEST_MODULUS, row_digest
from projections.case_replay.projection import CaseReplayProjection
from projections.digest import digest_sum, format_digest, row_digest_of, row_encoder
from projections.disclosure.projection import DisclosureProjection
from projections.registers.projection import RegistersProjection
from projections.retrieval.projection import RetrievalProjection
from projections.tables import Table
from tests.support.vectors import load

VECTORS = load("derived")["view_digests"]
TABLES = [
    table
    for definition in (
        DisclosureProjection,
        CaseReplayProjection,
        RetrievalProjection,
        RegistersProjection,
    )
    for table in definition.tables
]


def test_rows_and_sums_are_those_of_the_vectors():
    """Canonical bytes in, digests and running sums out."""
    total = 0
    for row, expected in zip(VECTORS["rows"], VECTORS["sums"], strict=True):
        digest = row_digest_of(bytes.fromhex(row["canonical_hex"]))
        assert f"{digest:0512x}" == row["digest"]
        total = digest_sum([digest], total)
        assert f"{total:0512x}" == expected


def test_a_row_taken_out_leaves_the_sum_of_the_others():
    """Subtraction wraps around."""
    first = int(VECTORS["rows"][0]["digest"], 16)
    last = int(VECTORS["sums"][-1], 16)
    assert format_digest(last - first) == "blake3-sum2048:" + VECTORS["without_first"]


class SampleRow(NamedTuple):
    """A row of every kind of column; columns not in alphabetical order."""

    log: str
    stream_id: str
    number: int
    zeta: str | None
    alpha: int | None
    flag: bool
    maybe: bool | None
    raw: bytes
    blob: bytes | None


SAMPLE = Table("sample", SampleRow, 3)
TEXT = st.text(max_size=20)
LONG = st.integers(-(2**63), 2**63 - 1)
ROWS = st.builds(
    SampleRow,
    TEXT,
    TEXT,
    LONG,
    st.none() | TEXT,
    st.none() | LONG,
    st.booleans(),
    st.none() | st.booleans(),
    st.binary(max_size=9),
    st.none() | st.binary(max_size=9),
)


@given(row=ROWS)
def test_the_compiled_encoder_agrees_with_the_definition(row: SampleRow):
    """Same digest as ``ledger.chain.digests.row_digest`` for every kind of column."""
    columns = {
        "zeta": row.zeta,
        "alpha": None if row.alpha is None else str(row.alpha),
        "flag": str(row.flag).lower(),
        "maybe": None if row.maybe is None else str(row.maybe).lower(),
        "raw": row.raw.hex(),
        "blob": None if row.blob is None else row.blob.hex(),
    }
    expected = row_digest("sample", [row.log, row.stream_id, str(row.number)], columns)
    assert row_digest_of(row_encoder(SAMPLE)(row)) == expected


@given(rows=st.lists(ROWS, max_size=5), seed=st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[SampleRow], seed):
    """Any order of the same rows gives the same digest."""
    encode = row_encoder(SAMPLE)
    digests = [row_digest_of(encode(row)) for row in rows]
    shuffled = seed.sample(digests, len(digests))
    assert digest_sum(digests) == digest_sum(shuffled) < DIGEST_MODULUS


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_can_be_encoded(table):
    """Each column of each view has a text; keys come first and nowhere else."""
    kinds = {str: "x", int: 1, bool: True, bytes: b"\x01"}
    row = table.row_type(*(kinds[column.python_type] for column in table.columns))
    name, key, columns = json.loads(row_encoder(table)(row))
    assert name == table.name
    assert len(key) == table.key_columns
    assert sorted(columns) == sorted(table.column_names[table.key_columns :])
