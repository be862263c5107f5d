"""A source that answers the same question differently, as a server can."""

from __future__ import annotations

from collections import Counter

import pytest

from ledger.chain.sources import MissingObjectError
from ledger.chain.tiles import bundle_path, tile_path
from tests.support.logs import LogBuilder, case_acts
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import SIZE, judged, kinds, sound

SINCE = 450  # In the middle of tile 1.


class LyingSource(MemorySource):
    """Gives other objects from the second reading of a path on; None stands for none."""

    def __init__(self, objects: dict[str, bytes], later: dict[str, bytes | None]) -> None:
        super().__init__(objects, lists=False)
        self.later = later
        self.readings: Counter[str] = Counter()

    def tile(self, path: str) -> bytes:
        self.readings[path] += 1
        if self.readings[path] == 1 or path not in self.later:
            return super().tile(path)
        data = self.later[path]
        if data is None:
            raise MissingObjectError("no such object")
        return data


def forked() -> MemorySource:
    """Return the log with another entry 400, well signed."""
    fork = LogBuilder()
    acts = case_acts(SIZE - 1, streams=12, payload_bytes=20)
    acts[399] = acts[399]._replace(payload=b"other")
    for first in range(0, len(acts), 16):
        fork.submit(acts[first : first + 16])
    return MemorySource.of(fork)


@pytest.mark.parametrize("paths", [[tile_path(0, 1)], [tile_path(0, 1), bundle_path(1)]])
def test_a_fork_is_not_hidden_by_the_old_objects_at_the_second_reading(paths: list[str]) -> None:
    true = MemorySource.of(sound()).objects
    lying = LyingSource(forked().objects, {path: true[path] for path in paths})
    report = judged(lying, since=sound().checkpoint(SINCE))
    # The bundle read again still tells of the fork; without it, it is not proved that there is
    # none.
    assert (report.exit_code, kinds(report)) == (
        (10, {"fork"}) if len(paths) == 1 else (11, {"missing"})
    )


def test_a_fork_is_not_hidden_by_giving_nothing_at_the_second_reading() -> None:
    lying = LyingSource(forked().objects, {tile_path(0, 1): None, bundle_path(1): None})
    report = judged(lying, since=sound().checkpoint(SINCE))
    assert (report.exit_code, kinds(report)) == (11, {"missing"})
    assert [row.leaf_index for row in report.findings] == [256]


def test_a_sound_log_with_an_altered_hash_tile_is_no_fork() -> None:
    """The bundle then gives the leaf hashes under the older checkpoint."""
    altered = MemorySource.of(sound()).flip(tile_path(0, 1), 3 * 32)
    report = judged(altered, since=sound().checkpoint(SINCE))
    assert (report.exit_code, kinds(report)) == (10, {"tile"})
