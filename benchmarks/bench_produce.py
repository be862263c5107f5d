"""Which producer should carry entries, acts and receipts?

Ours packs whole record batches over kafka-python's connections; kafka-python's own producer and
confluent-kafka (where it is installed) are set as well as they can be for the same records:
acks=all, idempotent, zstd, large batches. Sketch before the first run: kafka-python 20 to 70
microseconds a record, confluent 4 to 10, ours 3 plus compression.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaProducer
from report import arguments, finish, median, say

from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.topic_writer import TopicWriter
from consumers.topics import LEDGER, ensure_topics
from ledger.clock import system_random
from portal.stack.apache import ApacheBroker
from portal.stack.broker import EmbeddedBroker

RUNS = 3
ENTRY_BYTES = 1_100
BATCH_BYTES = 768 * 1024
PIECE = 1_000


def main() -> None:
    """Measure all producers, interleaved, and print the figures."""
    parser = arguments("records a second by producer")
    parser.add_argument("--broker", choices=["embedded", "apache"], default="embedded")
    options = parser.parse_args()
    count, runs = (2_000, 1) if options.smoke else (60_000, RUNS)
    records = [_record(number) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="lianzheng-bench-") as folder:
        broker = _broker(options.broker, Path(folder))
        broker.start()
        try:
            kafka = KafkaAddress(broker.bootstrap)
            ensure_topics(kafka, 1)
            figures = measure(kafka, records, runs)
        finally:
            broker.stop()
    finish({"broker": options.broker, "records": count, **figures})


def measure(kafka: KafkaAddress, records: list[OutRecord], runs: int) -> dict[str, object]:
    """Return records a second and CPU microseconds a record of each producer."""
    producers: dict[str, Callable[[KafkaAddress, list[OutRecord]], None]] = {
        "ours": _ours,
        "kafka_python": _kafka_python,
    }
    if importlib.util.find_spec("confluent_kafka"):
        producers["confluent"] = _confluent
    rates: dict[str, list[float]] = {name: [] for name in producers}
    costs: dict[str, list[float]] = {name: [] for name in producers}
    for run in range(runs):
        for name, produce in producers.items():
            cpu, started = time.process_time(), time.perf_counter()
            produce(kafka, records)
            rates[name].append(len(records) / (time.perf_counter() - started))
            costs[name].append((time.process_time() - cpu) / len(records) * 1e6)
            say(f"run {run}: {name} {rates[name][-1]:,.0f}/s, {costs[name][-1]:.1f} us of CPU")
    return {f"{name}_records_per_s": median(rates[name]) for name in producers} | {
        f"{name}_cpu_us": median(costs[name]) for name in producers
    }


def _record(number: int) -> OutRecord:
    # A third of an entry is digests and signatures, the rest text that repeats.
    value = system_random(ENTRY_BYTES // 3) + b"enforcement " * (ENTRY_BYTES // 18)
    headers = (("lz-origin", b"demo/log/0"), ("lz-leaf-index", b"%d" % number))
    return OutRecord(LEDGER, b"case:%036d" % (number % 5_000), value, headers, 0)


def _ours(kafka: KafkaAddress, records: list[OutRecord]) -> None:
    admin = open_admin(kafka)
    writer = TopicWriter(admin, LEDGER)
    for start in range(0, len(records), PIECE):
        writer.write({0: records[start : start + PIECE]}, time.time_ns() // 1_000_000)
    admin.close()


def _kafka_python(kafka: KafkaAddress, records: list[OutRecord]) -> None:
    producer = KafkaProducer(
        bootstrap_servers=kafka.servers.split(","),
        acks="all",
        compression_type="zstd",
        batch_size=BATCH_BYTES,
        linger_ms=20,
        max_request_size=2 * BATCH_BYTES,
    )
    futures = [
        producer.send(LEDGER, r.value, key=r.key, headers=list(r.headers), partition=0)
        for r in records
    ]
    producer.flush()
    assert all(future.succeeded() for future in futures)
    producer.close()


def _confluent(kafka: KafkaAddress, records: list[OutRecord]) -> None:
    from confluent_kafka import Producer

    failed: list[object] = []
    producer = Producer(
        {
            "bootstrap.servers": kafka.servers,
            "enable.idempotence": True,
            "compression.type": "zstd",
            "batch.size": BATCH_BYTES,
            "linger.ms": 20,
            "queue.buffering.max.messages": len(records) + 1,
        }
    )
    for number, r in enumerate(records):
        producer.produce(
            LEDGER,
            r.value,
            key=r.key,
            headers=list(r.headers),
            partition=0,
            on_delivery=lambda error, _message: failed.append(error) if error else None,
        )
        if number % PIECE == 0:
            producer.poll(0)
    producer.flush()
    assert not failed


def _broker(name: str, folder: Path) -> EmbeddedBroker | ApacheBroker:
    if name == "apache":
        return ApacheBroker(folder / "kafka", folder)
    return EmbeddedBroker(folder)


if __name__ == "__main__":
    main()
