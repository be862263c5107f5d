"""Event ids across a log: none comes twice.

Read before: docs/spec/verify.md. Read next: ``verify``.

A log that takes an act a second time repeats what somebody signed once. 16 bytes an entry are
kept for as long as a verification runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import iter_unpack
from typing import Final

EVENT_ID_BYTES: Final = 16

# Leaf index of the first of some entries in a row, and their event ids one after the other.
IdRun = tuple[int, bytes]


class SeenIds:
    """The event ids of a log so far."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def doubles(self, runs: Iterable[IdRun]) -> Iterator[tuple[int, bytes]]:
        """Add the ids of further entries; yield leaf index and id of those that were there.

        Args:
            runs: In the order of the log.
        """
        seen = self._seen
        for first, joined in runs:
            ids = [event_id for (event_id,) in iter_unpack(f"{EVENT_ID_BYTES}s", joined)]
            distinct = set(ids)
            if len(distinct) == len(ids) and seen.isdisjoint(distinct):
                seen |= distinct
                continue
            for index, event_id in enumerate(ids, first):
                if event_id in seen:
                    yield index, event_id
                seen.add(event_id)
