"""An entry that nobody can read excuses one missing version, not any number."""

from __future__ import annotations

import random

import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.holes import Holes
from ledger.chain.tiles import bundle_path
from tests.support.logs import LogBuilder, case_acts
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_tampering import judged

FIRST_HOLE = 256  # Bundle 1 is not there.


def test_holes_are_counted_as_a_set_would_count_them() -> None:
    draw = random.Random(7)
    holes, indexes, start = Holes(), set(), 0
    for _ in range(200):
        start += draw.randrange(3)
        end = start + draw.randrange(4)
        holes.add(start, end)
        indexes |= set(range(start, end))
        start = end
    whole = Holes()
    whole.extend(holes)
    for index in range(start + 2):
        assert whole.count_below(index) == len([each for each in indexes if each < index])
    for before, after in ((-1, start), (3, 9), (10, 11), (50, 200)):
        assert whole.between(before, after) == len(
            [each for each in indexes if before < each < after]
        )


@pytest.mark.parametrize(("holes", "jump", "found"), [(1, 1, 0), (1, 2, 1), (256, 9_000, 1)])
def test_a_version_jumps_by_no_more_than_there_are_holes(holes: int, jump: int, found: int) -> None:
    log, stream = LogBuilder(), ""
    acts = case_acts(600, streams=1, payload_bytes=20)
    log.submit(acts[: FIRST_HOLE + holes - 1])
    stream = acts[0].stream_key
    # The insider leaves versions out, and the copy lacks the end of a bundle at that place.
    version, link = log.streams[stream]
    log.streams[stream] = (version + jump - holes, link)
    log.submit(acts[FIRST_HOLE + holes - 1 :])
    copy = MemorySource.of(log)
    if holes == 256:
        copy = copy.without(bundle_path(1))
    else:
        path = bundle_path(1)
        entry = log.entries[FIRST_HOLE]
        copy = copy.with_object(path, copy.objects[path].replace(entry, _altered(entry)))
    report = judged(copy)
    assert report.counts.get("stream_version", 0) == found
    if found:
        row = next(row for row in report.findings if row.kind == "stream_version")
        assert (row.leaf_index, row.stream) == (FIRST_HOLE + holes, stream)


def _altered(entry: bytes) -> bytes:
    """Return the entry with another payload."""
    payload = decode_act(decode_entry(entry).act).payload
    return entry.replace(payload, payload[::-1])
