"""The portal's copy of the control log: who the ledger is, which types exist, which schemas.

Read before: ``consumers/append/control_follower.py``. Read next: ``portal/resources.py``.

A thread applies promised control entries as they come; a request only looks at the state that is
there, so no request ever reads the log from its beginning. Trusts the database for what it shows;
whoever verifies the log does not.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog

from consumers.append.control_follower import ControlEntries, ControlFollower
from ledger.domain.control import ControlState
from ledger.errors import LedgerError

log = structlog.get_logger()

REFRESH_EVERY_S: Final = 0.5


class ControlCopy:
    """Follows the control log until closed."""

    def __init__(self, entries: ControlEntries) -> None:
        self._follower = ControlFollower(entries)
        # Two threads that follow at once could put an older state in the place of a newer one.
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control-copy", daemon=True)

    @property
    def state(self) -> ControlState:
        """The newest state; a new one replaces it whole, so what is read from it fits together."""
        return self._follower.state

    def start(self) -> None:
        """Catch up, then follow in the background.

        Raises:
            UnavailableError: The database is away.
        """
        self.follow_promise()
        self._thread.start()

    def follow_promise(self) -> ControlState:
        """Follow as far as is promised now, and return the state.

        Raises:
            UnavailableError: The database is away.
        """
        with self._lock:
            return self._follower.follow_promise()

    def close(self) -> None:
        """Stop following."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(REFRESH_EVERY_S):
            try:
                self.follow_promise()
            except LedgerError as error:
                log.warning("control_copy_interrupted", error=type(error).__name__)
