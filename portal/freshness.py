"""How fresh a page is: up to which entry its view has read, and the newest checkpoint.

Read before: ``portal/ledger_facts.py``. Read next: ``portal/pages.py``.

A view that has fallen behind shows on every page as a leaf index below the tree size, instead of
as a figure that is silently old; where it has not read an entry for some seconds, the page says so
in a sentence at its head, because a record that was withdrawn may still stand on it. The time of
a checkpoint is the ``receivedAt`` of its last entry, because a checkpoint carries no time of its
own and a file's would be the machine's word only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from ledger.chain.checkpoint import parse_checkpoint
from ledger.chain.notes import split_note
from ledger.clock import MICROS_PER_SECOND, Clock
from portal.ledger_facts import LedgerFacts

TIMES_CACHED_MAX: Final = 256
LAG_S_MAX: Final = 5  # A view follows within a second; longer, and the reader has to be told.


class LogFreshness(NamedTuple):
    """The line of one log."""

    label: str
    origin: str
    leaf_index: int | None  # Newest entry the page's view has read; None for pages of no view.
    tree_size: int | None  # Of the newest published checkpoint; None before the first.
    checkpoint_time: int | None  # Microseconds UTC.
    behind: int = 0  # Entries that the view should have read by now.

    @property
    def leaf_index_text(self) -> str:
        """Return the leaf index for people."""
        if self.leaf_index is None or self.leaf_index < 0:
            return "—"
        return f"{self.leaf_index:,}"

    @property
    def tree_size_text(self) -> str:
        """Return the tree size for people."""
        return "—" if self.tree_size is None else f"{self.tree_size:,}"


class CheckpointSource(Protocol):
    """What is asked for checkpoints and the times of entries."""

    @property
    def clock(self) -> Clock:
        """Tell the time now, to compare with the time of an entry."""
        ...

    def published_checkpoint(self, log: str) -> bytes | None:
        """Return the newest published checkpoint of a log."""
        ...

    def received_at(self, log: str, leaf_index: int) -> int | None:
        """Return when an entry was received, microseconds UTC."""
        ...


class Freshness:
    """Answers from a small cache: a time belongs to a tree size for ever."""

    def __init__(self, source: CheckpointSource) -> None:
        self._source = source
        self._times: dict[tuple[str, int], int | None] = {}
        self._lock = threading.Lock()  # Guards the cache's clearing; reads need none.

    def lines(
        self, facts: LedgerFacts, view_sizes: Mapping[str, int] | None, logs: tuple[str, ...]
    ) -> list[LogFreshness]:
        """Return one line per log.

        Args:
            facts: The ledger's logs and name.
            view_sizes: How many entries of each log the page's view has read; None: no view.
            logs: The logs that the page is made from.
        """
        return [self._line(facts, view_sizes, log) for log in logs]

    def _line(
        self, facts: LedgerFacts, view_sizes: Mapping[str, int] | None, log: str
    ) -> LogFreshness:
        note = self._source.published_checkpoint(log)
        size = None if note is None else parse_checkpoint(split_note(note)[0]).size
        leaf_index = size - 1 if size is not None else None
        behind = 0
        if view_sizes is not None:
            leaf_index = view_sizes.get(log, 0) - 1
            behind = self._behind(log, view_sizes.get(log, 0), size or 0)
        label = "控制日志" if log == "control" else f"案件日志 {log}"
        return LogFreshness(
            label,
            facts.origin(log),
            leaf_index,
            size,
            None if not size else self._time(log, size),
            behind,
        )

    def _behind(self, log: str, view_size: int, tree_size: int) -> int:
        """Return how many entries a view lacks, 0 while the first of them is only just there.

        An entry that claims to be of the future is of a simulated clock, which measures nothing.
        """
        if view_size >= tree_size:
            return 0
        received = self._time(log, view_size + 1)
        if received is not None:
            age = self._source.clock.now_micros() - received
            if 0 <= age <= LAG_S_MAX * MICROS_PER_SECOND:
                return 0
        return tree_size - view_size

    def _time(self, log: str, size: int) -> int | None:
        key = (log, size)
        if key not in self._times:
            found = self._source.received_at(log, size - 1)
            with self._lock:
                if len(self._times) >= TIMES_CACHED_MAX:
                    self._times.clear()
                self._times[key] = found
        return self._times[key]
