"""One log's appender as it runs in production, until it has appended COUNT records.

Prints one JSON object: records, seconds from the first poll to the last promise, CPU seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence

from consumers.append.appender import Appender
from consumers.append.metrics import AppendMetrics
from consumers.append.record import IncomingRecord
from consumers.kafka_client import KafkaAddress
from consumers.loop import AppendLoop
from consumers.receipts import AnswerSender, Deliveries
from consumers.record_producer import RecordProducer
from consumers.topics import log_topics
from ledger.store.environment import open_datastore
from ledger.store.key_files import read_transport_keys
from ledger.store.key_store import KeyStore
from ledger.store.promise import Promiser
from ledger.store.recorder import LedgerRecorder
from ledger.store.tile_store import FolderTileStore
from portal.cli.settings import read_role_settings
from portal.programs.append import calm_collector
from portal.programs.files import case_log_count, log_signers
from portal.role_server import RoleState


class CountedAppender:
    """Ends the loop when enough records are appended and promised."""

    has_waiting = False
    is_retrying = False

    def __init__(self, appender: Appender, count: int, stopping: threading.Event) -> None:
        self._appender = appender
        self._count = count
        self._stopping = stopping
        self.records = 0
        self.batches = 0
        self.started = 0.0
        self.ended = 0.0
        self.cpu = 0.0

    def last_offset(self, tracking: str) -> int | None:
        """Begin to count the time: the next thing is the first poll."""
        self.started = time.time()
        self.cpu = time.process_time()
        return self._appender.last_offset(tracking)

    def process(self, records: Sequence[IncomingRecord], incarnation: str) -> Deliveries:
        """Append, and end after the last record."""
        deliveries = self._appender.process(records, incarnation)
        self.records += len(records)
        self.batches += 1
        if self.records >= self._count:
            self._stopping.set()
        return deliveries

    def tick(self) -> Deliveries:
        """Pass on."""
        return self._appender.tick()

    def drain(self) -> Deliveries:
        """Stop the clock when everything is promised."""
        deliveries = self._appender.drain()
        self.ended = time.time()
        self.cpu = time.process_time() - self.cpu
        return deliveries


def main() -> None:
    """Run."""
    log, count = sys.argv[1], int(sys.argv[2])
    settings = read_role_settings()
    stopping = threading.Event()
    datastore = open_datastore(settings.database_url.get_secret_value())
    keys = settings.data / "keys"
    recorder = LedgerRecorder.for_log(datastore, log, key_store=KeyStore(keys / "vault.sqlite"))
    store = FolderTileStore(settings.data / "tiles")
    promiser = Promiser(recorder, store, log_signers(settings.data, log))
    appender = Appender(
        recorder,
        LedgerRecorder.for_log(datastore, "control"),
        promiser,
        read_transport_keys(keys),
        metrics=AppendMetrics(log),
    )
    counted = CountedAppender(appender, count, stopping)
    answers = AnswerSender(RecordProducer(KafkaAddress(settings.kafka)))
    loop = AppendLoop(
        KafkaAddress(settings.kafka),
        log_topics(log),
        case_log_count(settings.data),
        counted,
        answers,
        stopping,
        RoleState(f"append-{log}"),
    )
    calm_collector()
    loop.run()
    answers.close()
    appender.close()
    document = {
        "records": counted.records,
        "batches": counted.batches,
        "seconds": counted.ended - counted.started,
        "started": counted.started,
        "ended": counted.ended,
        "cpu_seconds": counted.cpu,
        "answers_lost": answers.lost_total,
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
