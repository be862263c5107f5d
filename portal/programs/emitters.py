"""Registering, rotating and revoking emitters' keys: acts of the platform in the control log.

Read before: ``portal/cli/emitter.py``. Read next: ``consumers/emitter/platform_acts.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from consumers.append.control_follower import ControlFollower
from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.platform_acts import PlatformActs
from consumers.emitter.reachable import require_broker
from consumers.emitter.submission import SubmissionItem, UnsealedAct, build_items
from consumers.emitter.transport import Topics
from consumers.kafka_client import KafkaAddress
from ledger.chain.note_keys import Signer, VerifierKey
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.errors import MalformedError, RejectedError
from ledger.store.environment import open_datastore
from ledger.store.key_files import ensure_signer
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from portal.cli.context import read_run
from portal.cli.verifying import read_keys
from portal.programs.files import platform_signer
from portal.programs.owner import owner_url


def register_emitter(
    data: Path,
    emitter: str,
    kind: str,
    agencies: Sequence[str],
    event_types: Sequence[str],
    vkey_file: Path | None,
) -> dict[str, str]:
    """Register an emitter; return its id, public key and, if made here, its private key's file.

    Raises:
        RejectedError: The ledger refuses; it has the code.
        MalformedError: An option is not what it must be.
        UnavailableError: The key file cannot be read, or no broker answers.
    """
    given = None if vkey_file is None else _given_key(vkey_file, emitter)
    with _platform(data) as platform:
        unknown = set(event_types) - set(platform.rows)
        if unknown:
            raise MalformedError(
                f"there is no event type {min(unknown)}; see: lianzheng schema list"
            )
        key, made = (given, {}) if given is not None else _make_key(data, emitter, emitter)
        act = platform.acts.emitter_registered(
            emitter, key.vkey, kind, list(agencies), sorted(event_types), platform.now()
        )
        platform.submit(act)
    return {"emitter": emitter, "vkey": key.vkey, **made}


def rotate_emitter(data: Path, emitter: str, vkey_file: Path | None) -> dict[str, str]:
    """Give an emitter a new key; return it. Raises RejectedError where it is not registered."""
    given = None if vkey_file is None else _given_key(vkey_file, emitter)
    with _platform(data) as platform:
        old = platform.current_key(emitter)
        count = len(list((data / "keys" / "emitters").glob(f"{emitter}*.key")))
        name = f"{emitter}.{count + 1}"
        key, made = (given, {}) if given is not None else _make_key(data, name, emitter)
        platform.submit(
            platform.acts.emitter_key_rotated(emitter, key.vkey, old.vkey, platform.now())
        )
    return {"emitter": emitter, "vkey": key.vkey, **made}


def revoke_emitter(data: Path, emitter: str, reason: str) -> dict[str, str]:
    """Revoke an emitter's key; return it. Raises RejectedError where it is not registered."""
    with _platform(data) as platform:
        key = platform.current_key(emitter)
        platform.submit(
            platform.acts.emitter_key_revoked(emitter, key.vkey, reason, platform.now())
        )
    return {"emitter": emitter, "revoked": key.vkey}


class _Platform:
    """The platform's own hand on a running ledger."""

    def __init__(self, state: ControlState, signer: Signer, kafka: KafkaAddress) -> None:
        assert state.ledger is not None
        assert state.catalogue is not None
        self.acts = PlatformActs(state)
        self.rows = state.catalogue.rows
        self._ledger = state.ledger.name
        self._state = state
        self._signer = signer
        self._answer: Answer | None = None
        self._clock = SystemClock()
        line = KafkaLine(kafka, Topics(state.catalogue).topic, self._clock)
        self.client = EmitterClient(line, self._answered, threading.Event(), self._clock)

    def now(self) -> int:
        """Return the ledger's time: the system's, or the simulated one while that counts."""
        if self._state.is_simulated:
            return self._state.received_at
        return self._clock.now_micros()

    def current_key(self, emitter: str) -> VerifierKey:
        """Return the key that counts now. Raises RejectedError."""
        keys = [key for key in self._state.signing_keys(emitter) if key.ended_at is None]
        if not keys:
            raise RejectedError("NOT_FOUND", f"no emitter {emitter} is registered")
        return keys[-1].key

    def submit(self, act: UnsealedAct) -> None:
        """Send one act and wait for its answer. Raises RejectedError where it is refused."""
        items = build_items(self._ledger, [act], [self._signer], None, self._clock, system_random)
        self.client.wait(self.client.send(items))
        assert self._answer is not None
        if self._answer.code is not None:
            raise RejectedError(self._answer.code, "the ledger refuses the act")

    def _answered(self, _item: SubmissionItem, answer: Answer) -> None:
        self._answer = answer


@contextmanager
def _platform(data: Path) -> Iterator[_Platform]:
    run = read_run(data)
    require_broker(KafkaAddress(run["kafka"]))
    datastore = open_datastore(owner_url(data, "audit"))
    try:
        state = ControlFollower(LedgerRecorder.for_log(datastore, CONTROL)).follow_promise()
        platform = _Platform(state, platform_signer(data), KafkaAddress(run["kafka"]))
        try:
            yield platform
        finally:
            platform.client.close()
    finally:
        datastore.close()


def _given_key(file: Path, emitter: str) -> VerifierKey:
    """Return the public key that the emitter made. Raises MalformedError, UnavailableError."""
    keys = read_keys(file)
    if len(keys) != 1 or keys[0].name != emitter:
        raise MalformedError(f"{file} must hold one key named {emitter}")
    return keys[0]


def _make_key(data: Path, file: str, emitter: str) -> tuple[VerifierKey, dict[str, str]]:
    """Make a key pair below the data folder; return the public key and where the other is."""
    folder = data / "keys" / "emitters"
    if file == emitter:
        EmitterKeys(folder, system_random).ensure(emitter)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    signer = ensure_signer(folder, file, emitter, system_random)
    return signer.key, {"key_file": str(folder / f"{file}.key")}
