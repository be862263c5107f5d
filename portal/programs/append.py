"""The appender of one log as a program.

Read before: ``portal/cli/roles.py``. Read next: ``consumers/loop.py``.
"""

from __future__ import annotations

import gc
import threading

from consumers.append.appender import Appender
from consumers.append.bootstrap import missing_records
from consumers.append.control_follower import ControlFollower
from consumers.append.metrics import AppendMetrics
from consumers.kafka_client import KafkaAddress
from consumers.loop import AppendLoop
from consumers.receipts import AnswerSender
from consumers.record_producer import RecordProducer
from consumers.told_promiser import ToldPromiser
from consumers.topics import log_topics
from ledger.clock import SystemClock, system_random
from ledger.store.environment import STATEMENT_TIMEOUT_S, open_datastore
from ledger.store.key_files import transport_public_key
from ledger.store.key_store import KeyStore
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_place import open_tile_store
from portal.cli.settings import RoleSettings
from portal.programs.clock_skew import ClockSkew
from portal.programs.files import (
    TransportKeys,
    case_log_count,
    log_signers,
    platform_signer,
    transport_keys,
)
from portal.role_server import RoleState, serve_state

SEND_LIMIT_S = 30.0


def calm_collector() -> None:
    """Let the cycle collector look rarely, and never at what was loaded before the loop.

    An append makes many short-lived tuples and few cycles; with the default thresholds the
    collector took 10 to 15 % of the appender's time (benchmarks/bench_append.py).
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run_append(settings: RoleSettings, log: str, stopping: threading.Event) -> None:
    """Append one log until ``stopping`` is set.

    Raises:
        VerificationError: The log does not prove what it claims; nothing was appended.
        UnavailableError: An outage outlasted every retry.
    """
    state = RoleState(f"append-{log}")
    serve_state(state, settings.health_host, settings.health_port)
    datastore = open_datastore(
        settings.database_url.get_secret_value(), statement_timeout_s=STATEMENT_TIMEOUT_S
    )
    key_store = KeyStore(settings.data / "keys" / "vault.sqlite")
    recorder = LedgerRecorder.for_log(datastore, log, key_store=key_store)
    control = recorder if log == CONTROL else LedgerRecorder.for_log(datastore, CONTROL)
    store = open_tile_store(settings.tile_store, settings.data, writes=True)
    promiser = ToldPromiser(recorder, store, log_signers(settings.data, log))
    kafka = KafkaAddress(settings.kafka)
    producer = RecordProducer(kafka)
    answers = AnswerSender(producer)
    metrics = AppendMetrics(log)
    appender = Appender(
        recorder,
        control,
        promiser,
        TransportKeys(settings.data),
        metrics=metrics,
        key_store=key_store,
    )
    loop = AppendLoop(
        kafka,
        log_topics(log),
        1 if log == CONTROL else case_log_count(settings.data),
        appender,
        answers,
        stopping,
        state,
        lambda: promiser.reason,
    )
    metrics.watch(
        lag=lambda: loop.lag_records,
        is_retrying=lambda: appender.is_retrying,
        publish_failures=lambda: appender.publish_failures,
        answers_lost=lambda: answers.lost_total,
    )
    clocks = ClockSkew(log, recorder, SystemClock())
    clocks.wait(state, stopping)
    clocks.watch(stopping)
    if log == CONTROL:
        _publish_missing(settings, recorder, producer)
    calm_collector()
    try:
        loop.run()
    finally:
        appender.close()
        answers.close()


def _publish_missing(
    settings: RoleSettings, recorder: LedgerRecorder, producer: RecordProducer
) -> None:
    """Send what the control log does not say yet; the loop appends it before anything else."""
    public_keys = {
        key_id: transport_public_key(private)
        for key_id, private in transport_keys(settings.data).items()
    }
    records = missing_records(
        ControlFollower(recorder).follow_promise(),
        platform_signer(settings.data),
        public_keys,
        SystemClock(),
        system_random,
    )
    for landing in [producer.send(record) for record in records]:
        landing.result(SEND_LIMIT_S)
