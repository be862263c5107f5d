"""Which life of a topic an offset belongs to.

Read before: docs/spec/topics.md, section on incarnations. Read next: ``topic_reader``.

Offsets mean something only within one life of a topic. A broker gives every topic an id when
it is created (KIP-516: Metadata from version 10 on), the embedded broker a fresh one at every
start, so the id tells one life from the next. A consumer does not notice a broker that
restarted under it: the id is read before every seek and after every poll. The broker is
trusted to say which topic it serves; a false id costs a replay, never a double.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kafka import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError, for_code

from consumers.kafka_client import translated_errors
from ledger.errors import LedgerError, UnavailableError

_NO_ID = UUID(int=0)


class PartitionStoppedError(LedgerError):
    """Kafka's state does not fit the ledger's, and going on would lose or reorder acts.

    An offset out of range within one incarnation, another number of partitions than the
    ledger has case logs, or a broker that does not tell topic ids. Reaction: stop with
    exit 3, never jump, never retry; a person looks.
    """

    exit_code = 3


class IncarnationChangedError(UnavailableError):
    """A topic began a new life under its reader or writer.

    Reaction: drop what was read since, and start again in the new incarnation.
    """


class TopicState(NamedTuple):
    """What a broker says of one topic.

    Attributes:
        incarnation: Topic id as a lower-case UUID with hyphens.
        partitions: Number of partitions.
    """

    incarnation: str
    partitions: int


def tracking_name(incarnation: str, topic: str, partition: int) -> str:
    """Return the name of the tracking row of one partition in one incarnation."""
    return f"kafka:{incarnation}:{topic}:{partition}"


def read_topics(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, TopicState]:
    """Return the state of those topics of ``names`` that exist.

    Raises:
        UnavailableError: No broker answers, or a topic is in between two states.
        PartitionStoppedError: The broker does not tell topic ids (Apache Kafka before 2.8).
    """
    with translated_errors("read topics"):
        described = admin.describe_topics(list(names))
    states: dict[str, TopicState] = {}
    for topic in described:
        error = for_code(topic["error_code"])
        if error is UnknownTopicOrPartitionError:
            continue
        if topic["error_code"]:
            raise UnavailableError(f"Kafka: topic {topic['name']}: {error.__name__}")
        states[topic["name"]] = TopicState(_incarnation(topic), len(topic["partitions"]))
    return states


def read_topic(admin: KafkaAdminClient, name: str) -> TopicState:
    """Return the state of one topic.

    Raises:
        UnavailableError: No broker answers, or the topic does not exist (yet).
        PartitionStoppedError: The broker does not tell topic ids.
    """
    state = read_topics(admin, [name]).get(name)
    if state is None:
        raise UnavailableError(f"Kafka: topic {name} does not exist")
    return state


def check_partitions(states: Mapping[str, TopicState], counts: Mapping[str, int]) -> None:
    """Check that every topic has just the partitions that the ledger needs.

    Raises:
        PartitionStoppedError: A topic is missing or has another number of partitions.
    """
    for name, count in counts.items():
        found = states[name].partitions if name in states else 0
        if found != count:
            raise PartitionStoppedError(
                f"topic {name} has {found} partitions, the ledger needs {count}"
            )


def _incarnation(topic: Mapping[str, Any]) -> str:
    text = topic["topic_id"]
    if text is None or UUID(str(text)) == _NO_ID:
        raise PartitionStoppedError(f"the broker tells no id of topic {topic['name']}")
    return str(UUID(str(text)))
