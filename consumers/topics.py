"""The Kafka topics of a ledger, their settings, and their creation.

Read before: docs/spec/topics.md. Read next: ``incarnation``.

``infra/kafka/topics.yaml`` says the same for people who create topics by other tools; a test
compares the two. Kafka holds nothing that cannot be rebuilt or sent again, so retention is
finite everywhere but in the committed entries.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, for_code

from consumers.incarnation import TopicState, check_partitions, read_topics
from consumers.kafka_client import KafkaAddress, open_admin, translated_errors
from consumers.retrying import Backoff
from ledger.errors import UnavailableError
from ledger.limits import CASE_LOGS_MAX

ACTS: Final = "enforcement.acts.v1"
CONTROL: Final = "enforcement.control.v1"
LEDGER: Final = "enforcement.ledger.v1"
LEDGER_CONTROL: Final = "enforcement.ledger.control.v1"
RECEIPTS: Final = "enforcement.receipts.v1"
REJECTED: Final = "enforcement.rejected.v1"

REPLICATION_FACTOR: Final = 3
_DAY_MS: Final = 86_400_000
_FOR_EVER: Final = -1
# Entries of 64 kB and receipts of 256 items come in batches beyond Kafka's default of 1 MiB.
_BATCH_BYTES_MAX: Final = 4 * 1024 * 1024


class TopicDefinition(NamedTuple):
    """One topic of a ledger.

    Attributes:
        name: Kafka topic.
        partitions: Number of partitions, or None where it is the ledger's number of case logs.
        retention_ms: How long records are kept, or -1 for ever.
    """

    name: str
    partitions: int | None
    retention_ms: int

    def partition_count(self, case_logs: int) -> int:
        """Return the number of partitions in a ledger with ``case_logs`` case logs."""
        return case_logs if self.partitions is None else self.partitions

    def settings(self, replication_factor: int) -> dict[str, str]:
        """Return the topic's configuration by Kafka's names."""
        return {
            "cleanup.policy": "delete",
            "compression.type": "producer",
            "max.message.bytes": str(_BATCH_BYTES_MAX),
            "min.insync.replicas": str(max(1, replication_factor - 1)),
            "retention.bytes": "-1",
            "retention.ms": str(self.retention_ms),
            "segment.ms": str(_DAY_MS),
        }


TOPICS: Final = (
    TopicDefinition(ACTS, None, 14 * _DAY_MS),
    TopicDefinition(CONTROL, 1, 14 * _DAY_MS),
    TopicDefinition(LEDGER, None, _FOR_EVER),
    TopicDefinition(LEDGER_CONTROL, 1, _FOR_EVER),
    TopicDefinition(RECEIPTS, None, 30 * _DAY_MS),
    TopicDefinition(REJECTED, 1, 90 * _DAY_MS),
)


class LogTopics(NamedTuple):
    """Where one log's acts come from, and where its entries go.

    Attributes:
        incoming: Kafka topic of the acts.
        outgoing: Kafka topic of the committed entries.
        partition: Partition number in both.
    """

    incoming: str
    outgoing: str
    partition: int


def log_topics(log: str) -> LogTopics:
    """Return the topics and partition of log ``log``: ``control`` or a number from 0."""
    if log == "control":
        return LogTopics(CONTROL, LEDGER_CONTROL, 0)
    partition = int(log)
    assert 0 <= partition < CASE_LOGS_MAX
    return LogTopics(ACTS, LEDGER, partition)


def partition_counts(case_logs: int) -> dict[str, int]:
    """Return the number of partitions that each topic must have."""
    return {topic.name: topic.partition_count(case_logs) for topic in TOPICS}


def ensure_topics(
    kafka: KafkaAddress,
    case_logs: int,
    *,
    recreate_wrong: bool = False,
) -> None:
    """Create the topics that are missing, and check the others' partitions; repeatable.

    New topics get ``REPLICATION_FACTOR`` copies, or as many as there are brokers.

    Args:
        kafka: The brokers.
        case_logs: N of the ledger, 1 to ``CASE_LOGS_MAX``.
        recreate_wrong: Delete topics with another number of partitions first. For the embedded
            broker at its start only: it creates a topic for whoever asks for it first, and
            nothing in such a topic has been read yet.

    Raises:
        UnavailableError: Kafka is away or refused a creation for now.
        PartitionStoppedError: A topic has another number of partitions.
    """
    assert 1 <= case_logs <= CASE_LOGS_MAX
    names = [topic.name for topic in TOPICS]
    admin = open_admin(kafka)
    try:
        known = read_topics(admin, names)
        if recreate_wrong:
            known = _without_wrong(admin, known, partition_counts(case_logs))
        missing = [topic for topic in TOPICS if topic.name not in known]
        if missing:
            _create(kafka, admin, missing, case_logs)
            known = _wait_until_known(admin, names)
        check_partitions(known, partition_counts(case_logs))
    finally:
        admin.close()


def _create(
    kafka: KafkaAddress,
    admin: KafkaAdminClient,
    missing: Sequence[TopicDefinition],
    case_logs: int,
) -> None:
    copies = _replication_factor(kafka, admin)
    wanted = {
        topic.name: {
            "num_partitions": topic.partition_count(case_logs),
            "replication_factor": copies,
            "configs": topic.settings(copies),
        }
        for topic in missing
    }
    with translated_errors("create topics"):
        answer = admin.create_topics(wanted, raise_errors=False, wait_for_metadata=True)
    _check_created(answer)


def _wait_until_known(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, TopicState]:
    """Return the state of topics that were just created: each broker hears of them by and by."""
    backoff = Backoff()
    while True:
        try:
            known = read_topics(admin, names)
            if len(known) == len(names):
                return known
            error = UnavailableError("Kafka: the brokers do not know the new topics yet")
        except UnavailableError as unavailable:
            error = unavailable
        time.sleep(backoff.next_pause(error))


def _replication_factor(kafka: KafkaAddress, admin: KafkaAdminClient) -> int:
    """Return how many copies new topics get.

    A broker that is only named, because it is away just now, counts too: a topic made with fewer
    copies would keep fewer for ever. Kafka refuses what it has too few brokers for.
    """
    with translated_errors("describe the cluster"):
        brokers = len(admin.describe_cluster()["brokers"])
    return min(REPLICATION_FACTOR, max(brokers, len(kafka.servers.split(","))))


def _without_wrong(
    admin: KafkaAdminClient, known: Mapping[str, TopicState], counts: Mapping[str, int]
) -> dict[str, TopicState]:
    """Delete topics with a wrong number of partitions; return those that stay."""
    wrong = [name for name, state in known.items() if state.partitions != counts[name]]
    if wrong:
        with translated_errors("delete topics"):
            admin.delete_topics(wrong)
    return {name: state for name, state in known.items() if name not in wrong}


def _check_created(answer: Mapping[str, list[Mapping[str, int]]]) -> None:
    for topic in answer["topics"]:
        error = for_code(topic["error_code"])
        # Somebody else creating the same topics at the same time is no fault.
        if topic["error_code"] and error is not TopicAlreadyExistsError:
            raise UnavailableError(f"Kafka: create topic {topic['name']}: {error.__name__}")
