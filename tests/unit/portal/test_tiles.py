"""Which tile paths exist, and from which tree size on each may be served."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.tiles import bundle_path, tile_path
from portal.api.tiles import entries_needed

WIDTH = 256


@given(level=st.integers(0, 5), number=st.integers(0, 10**9), width=st.integers(1, WIDTH))
def test_a_tile_is_served_once_all_its_leaves_are_promised(
    level: int, number: int, width: int
) -> None:
    """A tile of level L and width W needs (N * 256 + W) * 256^L entries."""
    path = tile_path(level, number, width).removeprefix("tile/")

    assert entries_needed(path) == (number * WIDTH + width) * WIDTH**level


@given(number=st.integers(0, 10**9), width=st.integers(1, WIDTH))
def test_a_bundle_needs_its_own_entries(number: int, width: int) -> None:
    path = bundle_path(number, width).removeprefix("tile/")

    assert entries_needed(path) == number * WIDTH + width


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/0",
        "0/00",
        "0/0000",
        "0/x000/000",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "0/001.p/",
        "64/000",
        "00/000",
        "-1/000",
        "0/../../../keys/log-0.key",
        "0/000/../000",
        "entries/000.p/257",
        "entries/0x0",
        "0/000\n",
        "checkpoint",
    ],
)
def test_what_is_no_tile_has_no_size(path: str) -> None:
    """Only the names that C2SP tlog-tiles defines exist; each tile has one."""
    assert entries_needed(path) is None
