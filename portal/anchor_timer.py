"""Anchor the stream heads of all logs by the clock: by default once a day.

Read before: ``portal/resources.py``, ``consumers/platform/anchor.py``. Read next:
``portal/programs/anchor.py``, where the same is done on demand.

The clock is the control log's: the first entry or heartbeat in a new period of UTC makes an anchor
due. So a restart anchors nothing twice, and several portals send the same acts, which are
duplicates. While the ledger's time is simulated nothing is due. What fails is tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from consumers.kafka_client import KafkaAddress
from consumers.platform.anchor import LogAnchors, newest_anchor
from ledger.chain.entry import decode_entry
from ledger.chain.note_keys import Signer
from ledger.clock import MICROS_PER_SECOND
from ledger.domain.control import ControlState
from ledger.errors import LedgerError
from ledger.store.log_tables import CONTROL
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from portal.programs.anchor import send_due
from portal.programs.platform_hand import PlatformHand

log = structlog.get_logger()

CHECK_EVERY_S: Final = 60.0
_HOUR_MICROS: Final = 3_600 * MICROS_PER_SECOND
# Before the first anchor the period is counted from here: the end of simulated time, or entry 0.
_BEGINNINGS: Final = ("platform:simulation", "ledger")


class AnchorTimer:
    """Looks once a minute whether anchors are due, until closed.

    Args:
        hours: Length of the period; 0: never.
        recorders: Every log in the database.
        proven: The same, held against their promises; used by this thread alone.
        state: Returns the newest state of the control log.
        signer: The platform's key.
        kafka: Where acts are sent.
    """

    def __init__(
        self,
        hours: int,
        recorders: Mapping[str, LedgerRecorder],
        proven: Mapping[str, ProvenLog],
        state: Callable[[], ControlState],
        signer: Signer,
        kafka: KafkaAddress,
    ) -> None:
        self._hours = hours
        self._recorders = recorders
        self._proven = proven
        self._state = state
        self._signer = signer
        self._kafka = kafka
        self._anchored_at = 0  # Of the newest anchor that was read; there may be a newer one.
        self._done_size = 0  # Of the control log that nothing is left to do for.
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="anchor-timer", daemon=True)

    def start(self) -> None:
        """Begin to look, if there is a period."""
        if self._hours:
            self._thread.start()

    def close(self) -> None:
        """Stop looking; what has no answer yet is sent again after the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(CHECK_EVERY_S):
            try:
                self.anchor_if_due()
            except LedgerError as error:
                log.warning("anchoring_interrupted", reason=str(error))

    def anchor_if_due(self) -> None:
        """Anchor what has news, if a period has begun since the newest anchor."""
        state = self._state()
        if state.size == self._done_size or not self.has_due(state):
            return
        self._done_size = state.size  # A fault comes again; it is told when there is news.
        platform = PlatformHand(state, self._signer, self._kafka, self._stopping)
        try:
            for heads in send_due(LogAnchors(self._recorders, self._proven), platform):
                log.info("heads_anchored", origin=heads.origin, tree_size=heads.tree_size)
        finally:
            platform.client.close()

    def has_due(self, state: ControlState) -> bool:
        """Tell whether anchors are due as the control log stands."""
        if state.is_simulated or not is_due(state.received_at, self._anchored_at, self._hours):
            return False
        self._anchored_at = self._newest(state)
        return is_due(state.received_at, self._anchored_at, self._hours)

    def _newest(self, state: ControlState) -> int:
        """Return when the control log was anchored last, or when its time began."""
        control = self._proven[CONTROL]
        anchor = newest_anchor(control, state, CONTROL)
        if anchor is not None:
            return anchor.received_at
        rows = (control.stream_entries(stream) for stream in _BEGINNINGS)
        return decode_entry(next(found[-1] for found in rows if found)).received_at


def is_due(now: int, newest: int, hours: int) -> bool:
    """Tell whether a period has begun since the newest anchor.

    Args:
        now: Time of the newest entry of the control log; microseconds UTC.
        newest: Time of the newest anchor; microseconds UTC.
        hours: Length of the period, at least 1; a day begins at midnight UTC.
    """
    period = hours * _HOUR_MICROS
    return now // period > newest // period
