"""Clients of Kafka with the settings that the ledger needs, in one place.

Read before: docs/spec/topics.md. Read next: ``topics``, ``incarnation``, then ``loop``.

Offsets live in PostgreSQL, so consumers have no group, never commit, and never reset: they
are given a partition and a position. A broker is trusted with availability and order only;
who wrote an act is proven by the act's submission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from consumers.kafka_transport import LeanPartitionRecords, WideNetClient
from ledger.errors import UnavailableError

BATCH_RECORDS_MAX: Final = 2_000  # One poll, one transaction.
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024
# With the default of 500 ms a single act waits 100 ms on the embedded broker; with 5 it
# waits 7 (Apache Kafka: no difference).
FETCH_WAIT_MS: Final = 5
REQUEST_TIMEOUT_MS: Final = 15_000
BOOTSTRAP_TIMEOUT_MS: Final = 10_000
METADATA_AGE_MS: Final = 30_000
_NO_OPTIONS: Final[Mapping[str, Any]] = {}


class KafkaAddress(NamedTuple):
    """Where Kafka is, and how to be let in.

    Attributes:
        servers: ``host:port`` pairs separated by commas.
        options: Further client settings by kafka-python's names, for TLS and SASL:
            ``security_protocol``, ``ssl_*``, ``sasl_*``.
    """

    servers: str
    options: Mapping[str, Any] = _NO_OPTIONS

    def settings(self) -> dict[str, Any]:
        """Return what every client of this address is opened with."""
        return {
            "bootstrap_servers": self.servers.split(","),
            "client_id": "lianzheng",
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            "metadata_max_age_ms": METADATA_AGE_MS,
            "reconnect_backoff_max_ms": 1_000,
            **self.options,
        }


@contextmanager
def translated_errors(what: str) -> Iterator[None]:
    """Turn kafka-python's errors into ours.

    Args:
        what: What was being done, for the message; the library's text stays out of it.

    Raises:
        UnavailableError: Any error of the client library.
    """
    try:
        yield
    except KafkaError as error:
        raise UnavailableError(f"Kafka: {what}: {type(error).__name__}") from error


def open_consumer(kafka: KafkaAddress, *, fetch_wait_ms: int = FETCH_WAIT_MS) -> KafkaConsumer:
    """Return a consumer without partitions; the caller assigns and seeks.

    Args:
        kafka: The brokers.
        fetch_wait_ms: How long a broker may hold an empty fetch.

    Raises:
        UnavailableError: No broker answers.
    """
    settings = {
        "group_id": None,
        "enable_auto_commit": False,
        # A position is never guessed: out of range is an error.
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
        "max_poll_records": BATCH_RECORDS_MAX,
        "max_partition_fetch_bytes": BATCH_BYTES_MAX,
        "fetch_max_bytes": 2 * BATCH_BYTES_MAX,
        "fetch_max_wait_ms": fetch_wait_ms,
        "check_crcs": True,
        "metrics_enabled": False,
    }
    consumer = _open(KafkaConsumer, {**kafka.settings(), **settings})
    consumer._fetcher.PartitionRecords = LeanPartitionRecords  # noqa: SLF001
    return consumer


def open_admin(kafka: KafkaAddress) -> KafkaAdminClient:
    """Return an administration client.

    Raises:
        UnavailableError: No broker answers.
    """
    return _open(KafkaAdminClient, kafka.settings())


def _open(kind: Callable[..., Any], settings: Mapping[str, Any]) -> Any:
    """Return a client, or end the thread that its constructor left behind."""
    started: list[WideNetClient] = []

    def connect(**configs: Any) -> WideNetClient:
        started.append(WideNetClient(**configs))
        return started[0]

    try:
        with translated_errors("connect"):
            return kind(**settings, kafka_client=connect)
    except UnavailableError:
        for client in started:
            client.close()
        raise
