"""How fresh a page is: a view that has fallen behind is said to be, one that follows is not."""

from __future__ import annotations

import pytest

from ledger.chain.checkpoint import Checkpoint, sign_checkpoint
from ledger.chain.notes import Signer
from ledger.clock import MICROS_PER_SECOND, FixedClock
from portal.freshness import LAG_S_MAX, Freshness
from portal.ledger_facts import LedgerFacts

ORIGIN = "test.example/log/0"
NOW = 1_700_000_000 * MICROS_PER_SECOND
FACTS = LedgerFacts(
    "test.example", "链证", "", "international", "system", False, False, ("control", "0"), {}, ""
)


class Entries:
    """A log of entries of which each was received so many seconds ago."""

    def __init__(self, *ages_s: int) -> None:
        self.clock = FixedClock(NOW)
        self._times = [NOW - age * MICROS_PER_SECOND for age in ages_s]

    def published_checkpoint(self, _log: str) -> bytes:
        checkpoint = Checkpoint(ORIGIN, len(self._times), bytes(32))
        return sign_checkpoint(checkpoint, [Signer(ORIGIN, bytes(32))])

    def received_at(self, _log: str, leaf_index: int) -> int:
        return self._times[leaf_index]


def behind(view_size: int | None, *ages_s: int) -> int:
    """Return how many entries a page is said to be behind whose view has read ``view_size``."""
    sizes = None if view_size is None else {"0": view_size}
    (line,) = Freshness(Entries(*ages_s)).lines(FACTS, sizes, ("0",))
    return line.behind


@pytest.mark.parametrize("view_size", [3, 4, None])
def test_a_view_at_the_checkpoint_is_not_behind(view_size: int | None) -> None:
    """Nor is one a step ahead of what is published, nor a page that is made from no view."""
    assert behind(view_size, 90, 60, 30) == 0


def test_a_view_that_has_not_read_an_old_entry_is_behind_by_all_it_lacks() -> None:
    """The oldest entry it lacks tells for how long, however new the newest is."""
    assert behind(1, 90, LAG_S_MAX + 1, 0) == 2


def test_a_view_that_is_just_following_is_not_behind() -> None:
    assert behind(1, 90, LAG_S_MAX, 0) == 0


def test_entries_of_a_simulated_future_do_not_hide_a_view_that_stands_still() -> None:
    """Such a time says nothing of how long ago an entry came."""
    assert behind(1, 90, -3_600, -3_600) == 2
