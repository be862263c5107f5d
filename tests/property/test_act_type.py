"""Type and version of an act are read without the rest of it, and as the whole act has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.act import decode_act, encode_act
from ledger.chain.avro import MalformedAvroError
from ledger.domain.projection import act_type
from tests.support.control import make_act

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=200)


@given(NAMES, st.integers(-70, 20_000))
def test_type_and_version_are_those_of_the_whole_act(name: str, version: int) -> None:
    value = encode_act(make_act(name, schema_version=version))

    act = decode_act(value)

    assert act_type(value) == (act.event_type, act.schema_version) == (name, version)


@pytest.mark.parametrize("size", [0, 10, 26, 27, 30, 39, 40])
def test_bytes_that_end_too_early_are_refused(size: int) -> None:
    value = encode_act(make_act("PenaltyDecision"))  # 15 letters: its version stands at byte 42.

    with pytest.raises(MalformedAvroError):
        act_type(value[:size])
