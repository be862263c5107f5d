"""The engine: reads promised entries, derives acts, has them committed, and then moves on.

Read before: ``judging``. Read next: ``sender``, ``tracking``, ``portal/programs/supervise.py``.

How far a log is judged is kept in the database, and moves past an entry only once everything that
was derived from it is in the ledger. A crash between any two steps is followed by deriving the same
acts again, which the ledger answers as duplicates: nothing is lost and nothing is there twice. Two
engines at once do the same work twice and no harm. With the position stands when to look at which
stream next, so that deadlines pass in streams that get no entry any more and are not in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final, NamedTuple, Protocol

from consumers.emitter.submission import UnsealedAct
from consumers.supervise.agenda import Agenda
from consumers.supervise.closed_days import ClosedDays
from consumers.supervise.judging import Derived, Judging
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.projection import CONTROL_LOG, EntrySource
from ledger.errors import IncompleteError, UnavailableError
from ledger.rules.deadline_instance import NEVER

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


class Move(NamedTuple):
    """How the position of a log moves, and when to look at its streams after that."""

    start: int  # From where; nothing is kept if it is not there any more.
    end: int
    lowered_to: int | None  # Look at every stream no later than then; before ``changes``.
    changes: Mapping[str, int | None]  # None: not any more.


class Tracking(Protocol):
    """How many entries of each log are done: judged, and what follows from them committed."""

    def sizes(self) -> Mapping[str, int]:
        """Return the sizes that are kept. Raises UnavailableError."""
        ...

    def due(self, log: str, size: int, before: int, /) -> Sequence[tuple[str, int]] | None:
        """Return the streams to look at before an instant, and when; None if ``size`` is not kept.

        Raises:
            UnavailableError: They cannot be read.
        """
        ...

    def advance(self, moves: Mapping[str, Move], /) -> None:
        """Keep all moves, durably and at once, but those of logs whose position was moved before.

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
    days: int = 0  # That were closed.
    next_day: int | None = None  # The first that is not closed, days since 1970-01-01.


class SupervisionEngine:
    """Judges all logs of a ledger; not thread-safe.

    Args:
        source: Where promised entries are read.
        judging: Says what follows from them.
        sender: Brings that into the ledger.
        tracking: Keeps how far it came.
        days: Closes days over all logs; None: nobody does.
    """

    def __init__(
        self,
        source: EntrySource,
        judging: Judging,
        sender: Sender,
        tracking: Tracking,
        days: ClosedDays | None = None,
    ) -> None:
        self._source = source
        self._judging = judging
        self._sender = sender
        self._tracking = tracking
        self._days = days
        self._reached = dict(tracking.sizes())

    def supervise_batch(self, entries_max: int = BATCH_ENTRIES_MAX) -> Progress | None:
        """Judge what is there, at most ``entries_max`` entries of each log.

        Returns:
            Where it stands; None if it was told to stop before all was committed.

        Raises:
            UnavailableError: Something is away; safe to call again, also on another engine. Where
                only the closing of days needs it, what streams show is committed all the same.
            RejectedError: The ledger does not take an act.
            VerificationError: What is stored is not what was promised.
        """
        promised = dict(self._source.sizes())
        derived: list[Derived] = []
        moves: dict[str, Move] = {}
        for log in sorted(promised):
            move = self._judge(log, promised, entries_max, derived)
            if move is not None:
                moves[log] = move
        closed, failure = 0, None
        if self._days is not None:
            try:
                closed = self._days.close_some(promised, entries_max, derived)
            except UnavailableError as error:
                failure = error  # Days wait for the vault, say; what streams show does not.
        if not self._sender.send([one.act for one in derived]):
            return None
        # Everything that was derived is in the ledger. A crash before the next line: the same
        # entries are judged again, and the same acts are duplicates.
        if moves:
            self._tracking.advance(moves)
            self._reached |= {log: move.end for log, move in moves.items()}
        if failure is not None:
            raise failure
        if self._days is not None:
            self._days.keep()
        count = sum(move.end - move.start for move in moves.values())
        next_day = None if self._days is None else self._days.next_day
        return Progress(count, derived, dict(self._reached), promised, closed, next_day)

    def _judge(
        self, log: str, promised: Mapping[str, int], entries_max: int, derived: list[Derived]
    ) -> Move | None:
        """Judge entries of one log; return how its position moves, None if there is nothing new."""
        start = self._reached.get(log, 0)
        before, entries = self._read(log, start, entries_max, promised[CONTROL_LOG])
        if not entries:
            return None
        agenda = self._agenda(log, start, [*before, *entries])
        if agenda is None:
            # Another engine has moved the position: it sent what follows up to there.
            self._reached[log] = self._tracking.sizes().get(log, 0)
            return self._judge(log, promised, entries_max, derived)
        self._judging.go_on(log, before[0] if before else None, agenda)
        for entry in entries:
            derived += self._judging.derive(log, entry)
        return Move(start, entries[-1].leaf_index + 1, agenda.lowered_to, agenda.changes)

    def _read(
        self, log: str, start: int, entries_max: int, control_size: int
    ) -> tuple[list[Entry], list[Entry]]:
        """Return the entry before ``start``, if any, and those from there on that can be judged."""
        first = max(0, start - 1)
        found = self._source.read(log, first, entries_max + start - first, None)
        entries = []
        for index, stored in enumerate(found.entries, start=first):
            entry = decode_entry(stored.data)
            if (entry.leaf_index, stored.leaf_index) != (index, index):
                raise IncompleteError(f"log {log}: {entry.leaf_index} stands at {index}")
            if entry.control_size > control_size:
                break  # The control log was looked at before this entry came.
            entries.append(entry)
        return entries[: start - first], entries[start - first :]

    def _agenda(self, log: str, start: int, entries: Sequence[Entry]) -> Agenda | None:
        """Return when to look at the streams that entries can concern; None if ``start`` is old."""
        before = entries[-1].received_at
        changed = self._judging.changed_from(entries)
        if changed is not None and changed < before:
            before = NEVER  # Any stream may have to be looked at earlier than is known.
        rows = self._tracking.due(log, start, before)
        return None if rows is None else Agenda(rows)

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
            if progress.days:
                continue
            if not progress.moved:
                waiter.wait(POLL_FALLBACK_S)
            if progress.moved < BATCH_ENTRIES_MAX:
                stopping.wait(GATHER_S)
