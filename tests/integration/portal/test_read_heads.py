"""Heads of all streams out of the database: each held against the promise, none left out."""

from __future__ import annotations

import pytest

from consumers.platform.anchor import read_heads
from ledger.chain.entry import decode_entry
from ledger.errors import AlteredEntryError, IncompleteError
from portal.programs.streams import open_ledger
from tests.support.packages import heads_of


@pytest.fixture
def heads_at(data):
    """Reads the heads of the case log, of all its entries or of the first so many."""

    def read(size=None):
        with open_ledger(data) as ledger:
            return list(read_heads(ledger.recorders["0"], ledger.proven["0"].tree.newest(), size))

    return read


@pytest.mark.parametrize("size", [None, 1, 2, 256, 257])
def test_heads_are_those_of_the_entries(heads_at, built, size):
    """As of now, and as of earlier sizes."""
    assert sorted(heads_at(size)) == sorted(heads_of(built.entries[:size]))


def test_a_head_that_is_gone_is_noticed(heads_at, built, run):
    """Else the entry before it would be taken for the head."""
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", len(built.entries))
    with pytest.raises(IncompleteError):
        heads_at()


def test_a_stream_that_is_gone_is_noticed(heads_at, built, run):
    stream = decode_entry(built.entries[-1]).stream_id
    run("DELETE FROM ledger.log_0_events WHERE originator_id = %s", stream)
    with pytest.raises(IncompleteError):
        heads_at()


def test_an_entry_before_a_head_is_not_needed(heads_at, built, run):
    """The head says its version, so what lies before it is counted all the same."""
    run("DELETE FROM ledger.log_0_events WHERE notification_id = %s", 2)
    assert sorted(heads_at()) == sorted(heads_of(built.entries))


def test_an_altered_head_is_noticed(heads_at, built, run):
    place = len(built.entries) - 1
    state = built.entries[place][:-1] + b"\xff"
    run("UPDATE ledger.log_0_events SET state = %s WHERE notification_id = %s", state, place + 1)
    with pytest.raises(AlteredEntryError) as caught:
        heads_at()
    assert caught.value.leaf_index == place
