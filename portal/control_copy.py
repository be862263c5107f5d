"""The portal's copy of the control log: who the ledger is, which types exist, which schemas.

Read before: ``ledger/domain/control.py``. Read next: ``portal/resources.py``.

A thread applies promised control entries as they come; a request only looks at the state that is
there, so no request ever reads the log from its beginning. Trusts the database for what it shows;
whoever verifies the log does not.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = structlog.get_logger()

PAGE_ENTRIES: Final = 2_000
REFRESH_EVERY_S: Final = 0.5


class ControlEntries(Protocol):
    """What the copy reads: promised entries of the control log, in leaf order."""

    def promised_sizes(self) -> Mapping[str, int]:
        """Return how many entries of each log are promised."""
        ...

    def read_entries(self, start: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return at most ``limit`` entries from leaf index ``start`` on."""
        ...


class ControlCopy:
    """Follows the control log until closed."""

    def __init__(self, entries: ControlEntries) -> None:
        self._entries = entries
        self._state = ControlState()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control-copy", daemon=True)

    @property
    def state(self) -> ControlState:
        """The newest state; a draft replaced it whole, so what is read from it fits together."""
        return self._state

    def start(self) -> None:
        """Catch up, then follow in the background.

        Raises:
            UnavailableError: The database is away.
        """
        self.catch_up()
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def catch_up(self) -> None:
        """Apply what has been promised since the last time."""
        end = self._entries.promised_sizes()["control"]
        while self._state.size < end:
            draft = self._state.copy()
            for _, data in self._entries.read_entries(
                draft.size, min(PAGE_ENTRIES, end - draft.size)
            ):
                entry = decode_entry(data)
                act = decode_act(entry.act)
                payload = None
                if draft.subscribes(act.event_type):
                    codec = draft.codec(act.event_type, act.schema_version)
                    payload = codec.decode(act.payload)
                draft.apply(entry, act, payload)
            self._state = draft

    def _run(self) -> None:
        while not self._stopping.wait(REFRESH_EVERY_S):
            try:
                self.catch_up()
            except LedgerError as error:
                log.warning("control_copy_interrupted", error=type(error).__name__)
