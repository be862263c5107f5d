"""The platform's hands for ``lianzheng emit``: reads matters, reveals, signs, sends and waits.

Read before: ``portal/programs/emit.py``. Read next: ``consumers/platform/performer.py``.

Works from the data folder of a ledger that runs on this machine: it needs the platform's key, the
vault and the object store, which only the platform itself has. What is away is waited for, and lost
connections are opened anew: emitting survives a restart of the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from consumers.append.control_follower import ControlFollower
from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.ledger_copy import vault_key
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from consumers.platform.commands import PlatformCommands
from consumers.platform.matter import MatterReader
from consumers.platform.performer import FilePerformer
from consumers.supervise.control_history import ControlHistory
from ledger.chain.note_keys import Signer
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.store.environment import open_datastore
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import CONTROL
from ledger.store.objects import ObjectStore
from ledger.store.outage import postgres_away
from ledger.store.recorder import LedgerRecorder
from ledger.store.vault import Vault
from portal.cli.context import read_run
from portal.programs.files import all_logs, platform_signer
from portal.programs.owner import owner_url
from portal.programs.project import connect

Answered = Callable[[SubmissionItem, Answer], None]


class PlatformSender:
    """Signs acts with the platform's key and sends them; nothing once ``stopping`` is set."""

    def __init__(
        self,
        kafka: KafkaAddress,
        state: ControlState,
        signer: Signer,
        answered: Answered,
        stopping: threading.Event,
    ) -> None:
        assert state.ledger is not None
        assert state.catalogue is not None
        self._ledger = state.ledger.name
        self._vault_key = vault_key(state)
        self._signer = signer
        self._stopping = stopping
        self._clock = SystemClock()
        line = KafkaLine(kafka, Topics(state.catalogue).topic, self._clock)
        self._client = EmitterClient(line, answered, stopping, self._clock)

    def send(self, acts: Sequence[UnsealedAct]) -> None:
        """Send acts as one submission and return when all are answered."""
        if self._stopping.is_set():
            return
        items = build_items(
            self._ledger, acts, [self._signer], self._vault_key, self._clock, system_random
        )
        self._client.wait(self._client.send(items))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class LastingVault:
    """Satisfies ``Reveals``: the vault, on a connection that is opened anew when it was lost."""

    def __init__(self, url: str, key_store: KeyStore) -> None:
        self._url = url
        self._key_store = key_store
        self._connection: Connection[Any] | None = None

    def reveal(
        self, log: str, stream_id: str, event_id: bytes, paths: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """As ``Vault.reveal``. Raises UnavailableError: call again."""
        try:
            return self._vault().reveal(log, stream_id, event_id, paths)
        except psycopg.OperationalError as error:
            self.close()
            raise postgres_away(error) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _vault(self) -> Vault:
        if self._connection is None:
            self._connection = connect(self._url)
        return Vault(self._connection, self._key_store)


@contextmanager
def open_performer(
    data: Path, state: ControlState, answered: Answered, stopping: threading.Event
) -> Iterator[FilePerformer]:
    """Open what performing commands needs, for a ledger that runs on this machine.

    Args:
        data: Data folder of the ledger.
        state: Its control log.
        answered: Told the answer to each act that a command leads to.
        stopping: Set from outside to give up waiting.
    """
    kafka = KafkaAddress(read_run(data)["kafka"])
    datastore = open_datastore(owner_url(data, "audit"))
    key_store = KeyStore(data / "keys" / "vault.sqlite")
    vault = LastingVault(owner_url(data, "portal"), key_store)
    sender = PlatformSender(kafka, state, platform_signer(data), answered, stopping)
    try:
        control = ControlFollower(LedgerRecorder.for_log(datastore, CONTROL))
        logs = {
            log: LedgerRecorder.for_log(datastore, log) for log in all_logs(data) if log != CONTROL
        }
        commands = PlatformCommands(
            MatterReader(logs, control), vault, ObjectStore(data / "objects"), system_random
        )
        history = ControlHistory(LedgerRecorder.for_log(datastore, CONTROL))
        yield FilePerformer(commands, sender.send, stopping, history)
    finally:
        sender.close()
        vault.close()
        key_store.close()
        datastore.close()
