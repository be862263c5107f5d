"""The loop that feeds a view: promised entries in, batch by batch, one transaction each.

Read before: ``ledger/domain/projection.py``. Read next: ``rebuild``.

It knows no view: whatever satisfies ``Projection`` is driven by it. The control log goes first in
every batch, and an entry of a case log is held back until the view has followed the control log
to that entry's ``controlSize``; facts are asked for as of that size. So rows do not depend on
where batches end or how the logs are interleaved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final, NamedTuple, Protocol

import structlog

from consumers.retrying import Backoff
from ledger.chain.entry import decode_entry
from ledger.domain.control_facts import FACT_TYPES, ControlFacts
from ledger.domain.projection import (
    CONTROL_LOG,
    EntrySource,
    EntryView,
    Projection,
    StoredEntry,
    ViewBatch,
)
from ledger.errors import IncompleteError, UnavailableError

LIVE_ENTRIES_MAX: Final = 2_000  # Entries of one log in one transaction.
FACTS_ENTRIES_MAX: Final = 10_000
GATHER_S: Final = 0.2  # One transaction for what comes within it, instead of one a promise.
POLL_FALLBACK_S: Final = 1.0  # A lost notification costs no more than this.

log = structlog.get_logger()


class Waiter(Protocol):
    """Something that knows when to look again."""

    def wait(self, timeout_s: float) -> None:
        """Return when there may be new entries, or after ``timeout_s``."""
        ...


class Progress(NamedTuple):
    """Where a view stands after a look at its source."""

    view: str
    moved: int  # Positions taken in or passed over by this look.
    reached: Mapping[str, int]
    promised: Mapping[str, int]

    @property
    def lag(self) -> int:
        """How many promised entries the view has not taken in yet."""
        behind = (size - self.reached.get(name, 0) for name, size in self.promised.items())
        return sum(entries for entries in behind if entries > 0)


class FactsFollower:
    """Control facts, read as far as somebody needs them, from the log's first entry on.

    Args:
        source: A source of its own if it goes forward only.
    """

    def __init__(self, source: EntrySource) -> None:
        self.facts = ControlFacts()
        self._source = source

    def follow_to(self, size: int) -> ControlFacts:
        """Return the facts of at least the first ``size`` control entries.

        Raises:
            UnavailableError: The source cannot be reached, or has not got that far yet.
        """
        while self.facts.size < size:
            if self._source.sizes().get(CONTROL_LOG, 0) <= self.facts.size:
                raise UnavailableError(f"the control log is not readable up to {size} yet")
            start = self.facts.size
            found = self._source.read(CONTROL_LOG, start, FACTS_ENTRIES_MAX, FACT_TYPES)
            for entry in found.entries:
                self.facts.apply(entry.data)
            self.facts.reached(found.end)
        return self.facts


class Projector:
    """Feeds one view from one source."""

    def __init__(self, projection: Projection, source: EntrySource, facts: FactsFollower) -> None:
        self._projection = projection
        self._source = source
        self._facts = facts
        self._reached: Mapping[str, int] = {}

    def project_batch(self, entries_max: int = LIVE_ENTRIES_MAX) -> Progress:
        """Take in what is there, at most ``entries_max`` of each log.

        One transaction: after it, rows and tracking are durable together; before it, nothing is.

        Raises:
            UnavailableError: Source or view cannot be reached; safe to call again.
        """
        promised = dict(self._source.sizes())
        moved = 0
        if any(size > self._reached.get(name, 0) for name, size in promised.items()):
            with self._projection.batch() as batch:
                moved = take_in(
                    batch, self._projection, self._source, self._facts, promised, entries_max
                )
                reached = dict(batch.sizes)
            self._reached = reached
        return Progress(self._projection.name, moved, self._reached, promised)

    def run(
        self,
        waiter: Waiter,
        stopping: Event,
        observe: Callable[[Progress], None] = lambda _: None,
        waiting: Callable[[str], None] = lambda _: None,
        is_lost: Callable[[], bool] = lambda: False,
    ) -> None:
        """Feed the view until ``stopping`` is set; what is away is waited for, within bounds.

        Args:
            waiter: Wakes the loop when there may be something new.
            stopping: Ends the loop between two batches.
            observe: Is told after every look how far the view is.
            waiting: Is told why a look failed, before the next one.
            is_lost: Tells whether a connection is lost, so that no other look can succeed.

        Raises:
            UnavailableError: Source or view stayed away, or a connection is lost.
            LedgerError: Anything else that waiting does not mend.
        """
        backoff = Backoff()
        while not stopping.is_set():
            try:
                progress = self.project_batch()
                observe(progress)
                if not progress.moved:
                    waiter.wait(POLL_FALLBACK_S)
                if progress.moved < LIVE_ENTRIES_MAX:
                    stopping.wait(GATHER_S)
                backoff.reset()
            except UnavailableError as error:
                waiting(str(error))
                log.warning("projection_retried", view=self._projection.name, reason=str(error))
                if is_lost():
                    raise
                stopping.wait(backoff.next_pause(error))


def take_in(
    batch: ViewBatch,
    projection: Projection,
    source: EntrySource,
    facts: FactsFollower,
    sizes: Mapping[str, int],
    entries_max: int,
) -> int:
    """Take in at most ``entries_max`` positions of each log up to ``sizes``, control log first.

    Returns:
        How many positions the batch moved on.
    """
    moved = 0
    for name in sorted(sizes, key=lambda name: (name != CONTROL_LOG, name)):
        start = batch.sizes.get(name, 0)
        limit = min(entries_max, sizes[name] - start)
        if limit <= 0:
            continue
        found = source.read(name, start, limit, projection.event_types)
        control_size = found.end if name == CONTROL_LOG else batch.sizes.get(CONTROL_LOG, 0)
        views, end = _open_entries(name, found.entries, found.end, control_size, facts)
        batch.apply(views, facts.facts)
        batch.reached(name, end)
        moved += end - start
    return moved


def _open_entries(
    name: str,
    entries: Sequence[StoredEntry],
    end: int,
    control_size: int,
    facts: FactsFollower,
) -> tuple[list[EntryView], int]:
    """Decode entries up to the first one that has to be held back; return them and where it is."""
    known = facts.follow_to(control_size)
    views: list[EntryView] = []
    for stored in entries:
        entry = decode_entry(stored.data)
        if entry.leaf_index != stored.leaf_index:
            raise IncompleteError(f"log {name}: {entry.leaf_index} stands at {stored.leaf_index}")
        if name != CONTROL_LOG and entry.control_size > control_size:
            return views, stored.leaf_index
        views.append(EntryView(name, entry, known))
    return views, end
