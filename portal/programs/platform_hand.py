"""The platform's own hand on a running ledger: its key, its control acts, their answers.

Read before: ``consumers/emitter/platform_acts.py``. Read next: ``portal/programs/emitters.py``,
``portal/programs/transport_key.py``.

Whoever can read the platform's key file and the data folder can do what is done here; the ledger
judges each act like anybody's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consumers.append.control_follower import ControlFollower
from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.platform_acts import PlatformActs
from consumers.emitter.reachable import require_broker
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.errors import RejectedError, UnavailableError
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from portal.programs.files import platform_signer
from portal.programs.owner import kafka_servers, owner_url


class PlatformHand:
    """Signs with the platform's key and sends, one act at a time; not thread-safe.

    Args:
        state: The control log.
        signer: The platform's key.
        kafka: Where acts are sent.
        stopping: Set from outside to give up waiting; None: wait as long as it takes.
    """

    def __init__(
        self,
        state: ControlState,
        signer: Signer,
        kafka: KafkaAddress,
        stopping: threading.Event | None = None,
    ) -> None:
        assert state.ledger is not None
        assert state.catalogue is not None
        self.acts = PlatformActs(state)
        self.rows = state.catalogue.rows
        self._ledger = state.ledger.name
        self.state = state
        self._signer = signer
        self._answers: list[Answer] = []
        self._clock = SystemClock()
        line = KafkaLine(kafka, Topics(state.catalogue).topic, self._clock)
        given_up = threading.Event() if stopping is None else stopping
        self.client = EmitterClient(line, self._answered, given_up, self._clock)

    def now(self) -> int:
        """Return the ledger's time: the system's, or the simulated one while that counts."""
        if self.state.is_simulated:
            return self.state.received_at
        return self._clock.now_micros()

    def current_key(self, emitter: str) -> VerifierKey:
        """Return the key that counts now. Raises RejectedError."""
        keys = [key for key in self.state.signing_keys(emitter) if key.ended_at is None]
        if not keys:
            raise RejectedError("NOT_FOUND", f"no emitter {emitter} is registered")
        return keys[-1].key

    def submit(self, act: UnsealedAct) -> None:
        """Send one act and wait for its answer.

        Raises:
            RejectedError: The ledger refuses it.
            UnavailableError: There is no answer, and waiting was given up.
        """
        self._answers.clear()
        items = build_items(self._ledger, [act], [self._signer], None, self._clock, system_random)
        self.client.wait(self.client.send(items))
        if not self._answers:
            raise UnavailableError("the act was not answered before waiting was given up")
        if (code := self._answers[-1].code) is not None:
            raise RejectedError(code, "the ledger refuses the act")

    def _answered(self, _item: SubmissionItem, answer: Answer) -> None:
        self._answers.append(answer)


@contextmanager
def open_platform(data: Path) -> Iterator[PlatformHand]:
    """Open the hand of a ledger that runs. Raises MalformedError, UnavailableError."""
    kafka = KafkaAddress(kafka_servers(data))
    require_broker(kafka)
    datastore = open_datastore(owner_url(data, "audit"))
    try:
        state = ControlFollower(LedgerRecorder.for_log(datastore, CONTROL)).follow_promise()
        platform = PlatformHand(state, platform_signer(data), kafka)
        try:
            yield platform
        finally:
            platform.client.close()
    finally:
        datastore.close()
