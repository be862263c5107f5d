"""Commits on their way into the promise, written by a thread of its own.

Read before: ``ledger/store/promise.py``. Read next: ``deliveries``.

After the commit a batch is durable once; the promise makes it durable twice, and only then may
anything about it leave. Writing it beside the next batch hides its disk time. At most
``PROMISE_COMMITS_MAX`` commits or ``PROMISE_ENTRIES_MAX`` entries wait; one promise covers all
that wait. While the tile store is away the thread tries again, and whoever waits learns that.
Once a second the thread publishes the newest promise as the log's checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from ledger.clock import Clock
from ledger.errors import LedgerError, UnavailableError
from ledger.limits import PROMISE_COMMITS_MAX, PROMISE_ENTRIES_MAX
from ledger.store.promise import Commit
from ledger.store.tile_store import checkpoint_of

WAIT_S: Final = 30.0  # For room in the queue or for a promise, before the caller is told.
PUBLISH_S: Final = 1.0  # The newest promise is published at most this often.
RETRY_FIRST_S: Final = 0.05
RETRY_LONGEST_S: Final = 5.0


class Promised(NamedTuple):
    """The newest promise that this process knows."""

    size: int
    root: bytes  # 32 bytes.
    checkpoint: bytes  # The signed note.


class Promises(Protocol):
    """Writes second copy and promise: ``ledger.store.promise.Promiser``, started."""

    @property
    def checkpoint(self) -> bytes:
        """The newest promise, a signed checkpoint."""
        ...

    def promise(self, commits: Sequence[Commit], /) -> bytes:
        """Promise commits; return the signed checkpoint that covers them.

        Safe to call again with the same or more commits after ``UnavailableError``.
        """
        ...

    def publish(self, now: int, /) -> bool:
        """Publish the newest promise if one is due; return whether it was a new one."""
        ...


class PromiseQueue:
    """Hands commits to the promiser, in order, from a thread that ``close`` ends."""

    def __init__(self, promiser: Promises, clock: Clock) -> None:
        """Start the thread; ``clock`` says when to publish."""
        self._promiser = promiser
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[Commit] = []
        self._promised = _promised(promiser.checkpoint)
        self._failure: LedgerError | None = None
        self._closing = False
        self.is_retrying = False  # The tile store is away.
        self.failures = 0  # Promises and publications that failed, each try.
        self._thread = threading.Thread(target=self._run, name="promise", daemon=True)
        self._thread.start()

    @property
    def promised(self) -> Promised:
        """The newest promise.

        Raises:
            LedgerError: the promiser stopped for good, with its error.
        """
        with self._changed:
            self._check()
            return self._promised

    def put(self, commit: Commit) -> None:
        """Queue a commit, after waiting for room.

        Raises:
            UnavailableError: no room came free; the commit is queued none the less, since it is
                committed and has to be promised.
            LedgerError: the promiser stopped for good.
        """
        with self._changed:
            self._waiting.append(commit)
            self._changed.notify_all()
            if not self._changed.wait_for(self._has_room, WAIT_S):
                raise UnavailableError("the tile store is away: nothing can be promised")
            self._check()

    def wait_for(self, size: int, timeout_s: float = WAIT_S) -> bool:
        """Wait until ``size`` entries are promised; return whether they are.

        Raises:
            LedgerError: the promiser stopped for good.
        """
        with self._changed:
            done = self._changed.wait_for(
                lambda: self._failure is not None or self._promised.size >= size, timeout_s
            )
            self._check()
            return done

    def close(self) -> None:
        """Stop after the promise under way; what still waits is promised at the next start."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _has_room(self) -> bool:
        entries = sum(len(commit.entries) for commit in self._waiting)
        room = len(self._waiting) <= PROMISE_COMMITS_MAX and entries <= PROMISE_ENTRIES_MAX
        return self._failure is not None or room

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        # Stands if anything else ends the thread; what it was goes to the thread hook.
        failure: LedgerError | None = LedgerError("the promise's thread died of a fault")
        try:
            while (commits := self._next()) is not None:
                if commits:
                    self._persist(commits)
                self._publish()
            failure = None
        except LedgerError as error:
            failure = error
        finally:
            with self._changed:
                self._failure = failure
                self._changed.notify_all()

    def _next(self) -> list[Commit] | None:
        """Return the commits that wait, none after a second without any, None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing, PUBLISH_S)
            return None if self._closing else list(self._waiting)

    def _persist(self, commits: Sequence[Commit]) -> None:
        """Promise commits, as often as it takes; give up only when the queue is closed."""
        pause_s = RETRY_FIRST_S
        while not self._closing:
            try:
                checkpoint = self._promiser.promise(commits)
            except UnavailableError:
                self.is_retrying = True
                self.failures += 1
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, pause_s)
                pause_s = min(2 * pause_s, RETRY_LONGEST_S)
                continue
            self.is_retrying = False
            with self._changed:
                del self._waiting[: len(commits)]
                self._promised = _promised(checkpoint)
                self._changed.notify_all()
            return

    def _publish(self) -> None:
        try:
            self._promiser.publish(self._clock.now_micros())
        except UnavailableError:
            # Nothing is lost: the promise stands, and the next second tries again.
            self.failures += 1


def _promised(note: bytes) -> Promised:
    checkpoint = checkpoint_of(note)
    return Promised(checkpoint.size, checkpoint.root, note)
