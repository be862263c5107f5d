"""The engine: reads promised entries, derives acts, has them committed, and then moves on.

Read before: ``judging``. Read next: ``sender``, ``tracking``, ``portal/programs/supervise.py``.

How far a log is judged is kept in the database, and moves past an entry only once everything that
was derived from it is in the ledger. A crash between any two steps is followed by deriving the same
acts again, which the ledger answers as duplicates: nothing is lost and nothing is there twice. Two
engines at once do the same work twice and no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final, NamedTuple, Protocol

from consumers.emitter.submission import UnsealedAct
from consumers.supervise.judging import Derived, Judging
from ledger.chain.entry import decode_entry
from ledger.domain.projection import CONTROL_LOG, EntrySource
from ledger.errors import IncompleteError

BATCH_ENTRIES_MAX: Final = 500  # Entries of one log between two moves of its position.
GATHER_S: Final = 0.2  # One submission for what comes within it, instead of one a promise.
POLL_FALLBACK_S: Final = 1.0  # A lost notification costs no more than this.


class Sender(Protocol):
    """Brings acts into the ledger."""

    def send(self, acts: Sequence[UnsealedAct], /) -> bool:
        """Send acts and return when all are in the ledger; false if it was told to stop before.

        Raises:
            UnavailableError: No answer came; to be called again with the same acts.
            RejectedError: The ledger does not take one.
        """
        ...


class Tracking(Protocol):
    """How many entries of each log are done: judged, and what follows from them committed."""

    def sizes(self) -> Mapping[str, int]:
        """Return the sizes that are kept. Raises UnavailableError."""
        ...

    def advance(self, sizes: Mapping[str, int], /) -> None:
        """Keep these sizes, durably; one that is smaller than what is kept is passed over.

        Raises:
            UnavailableError: Whether they are kept is not known.
        """
        ...


class Waiter(Protocol):
    """Something that knows when to look again."""

    def wait(self, timeout_s: float) -> None:
        """Return when there may be new entries, or after ``timeout_s``."""
        ...


class Progress(NamedTuple):
    """Where the engine stands after a look at the ledger."""

    moved: int  # Entries that were judged by this look.
    derived: Sequence[Derived]
    reached: Mapping[str, int]
    promised: Mapping[str, int]


class SupervisionEngine:
    """Judges all logs of a ledger; not thread-safe.

    Args:
        source: Where promised entries are read.
        judging: Says what follows from them.
        sender: Brings that into the ledger.
        tracking: Keeps how far it came.
    """

    def __init__(
        self, source: EntrySource, judging: Judging, sender: Sender, tracking: Tracking
    ) -> None:
        self._source = source
        self._judging = judging
        self._sender = sender
        self._tracking = tracking
        self._reached = dict(tracking.sizes())

    def supervise_batch(self, entries_max: int = BATCH_ENTRIES_MAX) -> Progress | None:
        """Judge what is there, at most ``entries_max`` entries of each log.

        Returns:
            Where it stands; None if it was told to stop before all was committed.

        Raises:
            UnavailableError: Something is away; safe to call again, also on another engine.
            RejectedError: The ledger does not take an act.
            VerificationError: What is stored is not what was promised.
        """
        promised = dict(self._source.sizes())
        derived: list[Derived] = []
        ends: dict[str, int] = {}
        for log in sorted(promised):
            ends[log] = self._judge(log, promised, entries_max, derived)
        if not self._sender.send([one.act for one in derived]):
            return None
        # Everything that was derived is in the ledger. A crash before the next line: the same
        # entries are judged again, and the same acts are duplicates.
        moved = {log: end for log, end in ends.items() if end > self._reached.get(log, 0)}
        count = sum(end - self._reached.get(log, 0) for log, end in moved.items())
        if moved:
            self._tracking.advance(moved)
            self._reached |= moved
        return Progress(count, derived, dict(self._reached), promised)

    def _judge(
        self, log: str, promised: Mapping[str, int], entries_max: int, derived: list[Derived]
    ) -> int:
        """Judge entries of one log; return the first leaf index that was not judged."""
        start = self._reached.get(log, 0)
        found = self._source.read(log, start, entries_max, None)
        for stored in found.entries:
            entry = decode_entry(stored.data)
            index = stored.leaf_index
            if entry.leaf_index != index:
                raise IncompleteError(f"log {log}: {entry.leaf_index} stands at {index}")
            if entry.control_size > promised[CONTROL_LOG]:
                return index  # The control log was looked at before this entry came.
            derived += self._judging.derive(log, entry)
        return found.end

    def run(
        self,
        waiter: Waiter,
        stopping: Event,
        observe: Callable[[Progress], None] = lambda _: None,
        is_history: Callable[[], bool] = lambda: False,
    ) -> None:
        """Judge until ``stopping`` is set.

        Args:
            waiter: Wakes the engine when there may be something new.
            stopping: Ends it between two batches, or while it waits for answers.
            observe: Is told after every look how far it is.
            is_history: Whether the ledger's clock is simulated: a history is judged once it is
                told, or what its own gates say would depend on how fast alerts come.

        Raises:
            LedgerError: As ``supervise_batch``.
        """
        while not stopping.is_set():
            if is_history():
                observe(Progress(0, [], dict(self._reached), dict(self._source.sizes())))
                waiter.wait(POLL_FALLBACK_S)
                continue
            progress = self.supervise_batch()
            if progress is None:
                return
            observe(progress)
            if not progress.moved:
                waiter.wait(POLL_FALLBACK_S)
            if progress.moved < BATCH_ENTRIES_MAX:
                stopping.wait(GATHER_S)
