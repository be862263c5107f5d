"""A log's promiser that says why it cannot promise: a line of diagnostics, and a reason to show.

Read before: ``ledger/store/promise.py``. Read next: ``consumers/append/promise_queue.py``.

The queue tries again for as long as it takes, so without a word here a full disk and a bucket that
is away would look the same: an appender that is not ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import structlog

from ledger.errors import UnavailableError
from ledger.store.promise import Commit, Promiser

LINE_EVERY: Final = 12  # Tries for one reason between two lines; about a minute.

log = structlog.get_logger()


class ToldPromiser(Promiser):
    """Satisfies the queue's ``Promises``; its own attribute is ``reason``.

    Attributes:
        reason: Why the last try failed, empty while all is well.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reason = ""
        self._tries = 0

    def promise(self, commits: Sequence[Commit]) -> bytes:
        """As ``Promiser.promise``, and told."""
        try:
            note = super().promise(commits)
        except UnavailableError as error:
            self._failed("promise_retried", error)
            raise
        self._succeeded()
        return note

    def publish(self, now: int) -> bool:
        """As ``Promiser.publish``, and told."""
        try:
            done = super().publish(now)
        except UnavailableError as error:
            self._failed("publication_retried", error)
            raise
        if done:
            self._succeeded()
        return done

    def _failed(self, name: str, error: UnavailableError) -> None:
        is_new = str(error) != self.reason
        self.reason = str(error)
        self._tries = 1 if is_new else self._tries + 1
        if self._tries % LINE_EVERY == 1:
            log.warning(name, reason=self.reason, tries=self._tries)

    def _succeeded(self) -> None:
        if self.reason:
            log.info("promise_resumed", tries=self._tries)
        self.reason, self._tries = "", 0
