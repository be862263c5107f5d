"""Brokers for tests: a real broker process, and a way to make it forget.

``--broker embedded`` (default) starts the in-memory broker afresh for every test, which takes
20 ms. ``--broker apache`` starts Apache Kafka once a session and deletes all topics instead:
for a client both are a new life of every topic.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from consumers.incarnation import read_topics
from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.record_producer import Landed, RecordProducer
from consumers.topics import TOPICS, ensure_topics
from portal.stack.apache import ApacheBroker
from portal.stack.broker import EmbeddedBroker

WAIT_S = 20.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the same tests run on both brokers."""
    parser.addoption("--broker", choices=["embedded", "apache"], default="embedded")


def pytest_configure(config: pytest.Config) -> None:
    """Allow what kafka-python leaves to the garbage collector: sockets that never connected."""
    for ignored in (
        "ignore:unclosed <socket.socket:ResourceWarning",
        "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning",
    ):
        config.addinivalue_line("filterwarnings", ignored)


class BrokerUnderTest:
    """A running broker without topics.

    Attributes:
        address: Where clients find it; the same over its whole life.
    """

    def __init__(self, broker: EmbeddedBroker | ApacheBroker) -> None:
        self._broker = broker
        self.address = KafkaAddress(broker.bootstrap)

    def create_topics(self, case_logs: int = 1) -> None:
        """Create the topics of a ledger."""
        ensure_topics(self.address, case_logs)

    def forget(self, case_logs: int = 1) -> None:
        """Begin a new life of every topic, empty, under the clients that are connected."""
        if isinstance(self._broker, EmbeddedBroker):
            self.stop()
            self.start()
        else:
            self.delete_topics()
        self.create_topics(case_logs)

    def stop(self) -> None:
        """Stop answering at once; what the embedded broker held is gone."""
        for child in self._broker.children():
            child.signal(signal.SIGKILL)  # In order, it would wait for its clients to go.
        self._broker.stop()

    def start(self) -> None:
        """Answer again on the same ports."""
        self._broker.start()

    def delete_topics(self) -> None:
        """Delete all topics of a ledger that there are."""
        admin = open_admin(self.address)
        try:
            _delete(admin)
        finally:
            admin.close()

    def produce(self, records: Sequence[OutRecord]) -> list[Landed]:
        """Produce records and return where each of them is."""
        producer = RecordProducer(self.address)
        try:
            landing = [producer.send(record) for record in records]
            return [future.result(WAIT_S) for future in landing]
        finally:
            producer.close()


def _delete(admin: KafkaAdminClient) -> None:
    names = [topic.name for topic in TOPICS]
    while known := read_topics(admin, names):  # Deletion is done some time after the answer.
        admin.delete_topics(list(known), raise_errors=False)


@pytest.fixture(scope="session")
def apache_broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApacheBroker | None]:
    """One Apache Kafka for the session, or None where the embedded broker is asked for."""
    if request.config.getoption("--broker") != "apache":
        yield None
        return
    folder = tmp_path_factory.mktemp("apache")
    broker = ApacheBroker(folder / "data", folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def embedded_broker(tmp_path: Path) -> Iterator[BrokerUnderTest]:
    """An embedded broker without topics, for one test, whatever ``--broker`` says."""
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    under_test = BrokerUnderTest(broker)
    yield under_test
    under_test.stop()


@pytest.fixture
def kafka_broker(
    apache_broker: ApacheBroker | None, request: pytest.FixtureRequest
) -> BrokerUnderTest:
    """A broker without topics, for one test."""
    if apache_broker is None:
        started: BrokerUnderTest = request.getfixturevalue("embedded_broker")
        return started
    under_test = BrokerUnderTest(apache_broker)
    under_test.delete_topics()
    return under_test
