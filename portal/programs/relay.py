"""The relay as a program.

Read before: ``portal/cli/roles.py``. Read next: ``consumers/relay/program.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from prometheus_client import Gauge

from consumers.kafka_client import KafkaAddress, open_admin
from consumers.relay.log_relay import LogRelay
from consumers.relay.program import run_relay
from consumers.topics import log_topics
from ledger.clock import SystemClock
from ledger.store.environment import STATEMENT_TIMEOUT_S, open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.recorder import LedgerRecorder
from portal.cli.settings import RoleSettings
from portal.programs.files import all_logs, case_log_count
from portal.role_server import RoleState, serve_state

RELAYED = Gauge(
    "lianzheng_relay_next_seq", "Entries of the log that were published to its topic", ["log"]
)


def run_relay_program(settings: RoleSettings, stopping: threading.Event) -> None:
    """Relay every log until ``stopping`` is set.

    Raises:
        UnavailableError: An outage outlasted every retry.
        VerificationError: A topic holds another entry than the ledger.
    """
    state = RoleState("relay")
    serve_state(state, settings.health_host, settings.health_port)
    datastore = open_datastore(
        settings.database_url.get_secret_value(), statement_timeout_s=STATEMENT_TIMEOUT_S
    )
    kafka = KafkaAddress(settings.kafka)
    admin = open_admin(kafka)
    count = case_log_count(settings.data)
    recorders = {log: LedgerRecorder.for_log(datastore, log) for log in all_logs(settings.data)}
    relays = {
        log: LogRelay(
            kafka,
            admin,
            log_topics(log),
            1 if log == CONTROL else count,
            recorder.origin,
            recorder,
            SystemClock(),
        )
        for log, recorder in recorders.items()
    }

    def promised_sizes() -> Mapping[str, int]:
        return recorders[CONTROL].promised_sizes()

    run_relay(relays, promised_sizes, stopping, state, lambda log, n: RELAYED.labels(log).set(n))
