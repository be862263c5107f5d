"""Writes record batches to one topic within one incarnation, and says where they landed.

Read before: ``record_batch``, ``incarnation``. Read next: ``record_producer``, ``relay``.

kafka-python's own producer costs 22 microseconds a record, and reconnects to a broker that
lost its memory without a word, so what follows would land in the middle of an empty topic.
This writer packs whole batches (3 microseconds a record) and holds on to its connections: the
topic id is read over each of them, and once one breaks, every write fails until a new writer
is opened. Where the broker takes topic ids in Produce (version 13, KIP-516), it refuses a
recreated topic itself. One request is under way at a time, so order within a partition holds.

Only what certainly was not written is sent again here: after any other failure the caller
knows what it has to look at (the tail of the topic, missing receipts), this module does not.
Trusts the broker as far as its acknowledgement by all in-sync replicas goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kafka import KafkaAdminClient
from kafka.errors import (
    LeaderNotAvailableError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    UnknownTopicIdError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.protocol.consumer import IsolationLevel, ListOffsetsRequest, OffsetSpec
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest

from consumers.incarnation import IncarnationChangedError, read_topic
from consumers.kafka_client import REQUEST_TIMEOUT_MS, translated_errors
from consumers.record_batch import CODEC_ZSTD, OutRecord, pack_batch
from ledger.chain.partition import partition_for
from ledger.errors import UnavailableError

BATCH_BYTES_TARGET: Final = 768 * 1024  # Keys, values and headers of a batch; below any limit.
_RECORD_OVERHEAD_BYTES: Final = 64
_ALL_REPLICAS: Final = -1
# Errors that say for certain that nothing was written; a leader just elected gives them.
_NOT_WRITTEN: Final = frozenset(
    error.errno
    for error in (LeaderNotAvailableError, NotLeaderForPartitionError, NotEnoughReplicasError)
)
_NOT_READY_TRIES_MAX: Final = 6
_NOT_READY_PAUSE_S: Final = 0.01  # Doubled at each try: about a second in all.
# Who asks for the end under this number gets it of the leader's log (DEBUGGING_REPLICA_ID in
# Kafka's ListOffsetsRequest.java), under -1 of what consumers may read.
_LOOKS_AT_THE_LOG: Final = -2
_TopicData = ProduceRequest.TopicProduceData
_EndTopic = ListOffsetsRequest.ListOffsetsTopic


class TopicWriter:
    """Connections to the leaders of one topic; not thread-safe.

    Attributes:
        topic: Kafka topic.
        incarnation: The topic's id; everything written lands in this incarnation.
        partition_count: Number of partitions.
    """

    def __init__(self, admin: KafkaAdminClient, topic: str) -> None:
        """Connect to every partition's leader and read the topic's id from each.

        Raises:
            UnavailableError: A leader does not answer, or the topic does not exist.
            IncarnationChangedError: Two leaders tell different ids.
        """
        state = read_topic(admin, topic)
        self.topic = topic
        self.incarnation = state.incarnation
        self.partition_count = state.partitions
        self._manager = admin._manager  # noqa: SLF001
        with translated_errors(f"connect to the leaders of {topic}"):
            leaders, connections = self._manager.run(self._connect)
        self._leaders: dict[int, int] = leaders
        self._connections: dict[int, Any] = connections

    @property
    def is_connected(self) -> bool:
        """Whether no connection has broken so far; once one has, this writer is of no use."""
        return all(connection.connected for connection in self._connections.values())

    def partition_of(self, record: OutRecord) -> int:
        """Return the partition that ``record`` belongs to."""
        if record.partition is not None:
            return record.partition
        return partition_for(record.key, self.partition_count)

    def write(
        self, batches: Mapping[int, Sequence[OutRecord]], timestamp_ms: int
    ) -> dict[int, list[int]]:
        """Write records and wait until all in-sync replicas have them.

        Args:
            batches: Records in order, by partition.
            timestamp_ms: Their creation time, milliseconds since 1970-01-01 UTC.

        Returns:
            The offset of each record, by partition, in the same order.

        Raises:
            UnavailableError: Not everything was acknowledged; what was not may have landed
                nevertheless. This writer is of no use any more.
            IncarnationChangedError: The topic began a new life; nothing landed in it.
        """
        offsets: dict[int, list[int]] = {partition: [] for partition in batches}
        waiting = {partition: _split(records) for partition, records in batches.items() if records}
        tries = 0
        while waiting:
            # One batch a partition goes into a request: Kafka takes no more.
            now = {partition: pieces[0] for partition, pieces in waiting.items()}
            landed = self._write_once(now, timestamp_ms)
            for partition, first in landed.items():
                offsets[partition] += range(first, first + len(now[partition]))
                waiting[partition].pop(0)
            waiting = {partition: pieces for partition, pieces in waiting.items() if pieces}
            tries = 0 if len(landed) == len(now) else tries + 1
            if tries > _NOT_READY_TRIES_MAX:
                raise UnavailableError(f"Kafka: a leader of {self.topic} is not ready")
            if tries:
                self._manager.run(self._pause, _NOT_READY_PAUSE_S * 2**tries)
        return offsets

    def _write_once(
        self, batches: Mapping[int, Sequence[OutRecord]], timestamp_ms: int
    ) -> dict[int, int]:
        packed = {
            partition: pack_batch(records, timestamp_ms, CODEC_ZSTD)
            for partition, records in batches.items()
        }
        return self.write_packed(packed)

    def write_packed(self, batches: Mapping[int, bytes]) -> dict[int, int]:
        """Write one record batch a partition and wait until all in-sync replicas have it.

        Args:
            batches: What ``pack_batch`` returned, by partition.

        Returns:
            The offset of each batch's first record, by partition; a partition whose leader is
            not ready yet is left out, and nothing was written there.

        Raises:
            UnavailableError: As ``write``.
            IncarnationChangedError: As ``write``.
        """
        by_leader: dict[int, list[Any]] = {}
        for partition, packed in batches.items():
            data = _TopicData.PartitionProduceData(index=partition, records=packed)
            by_leader.setdefault(self._leaders[partition], []).append(data)
        requests = {leader: self._request(data) for leader, data in by_leader.items()}
        with translated_errors(f"write to {self.topic}"):
            answers = self._manager.run(self._send, requests)
        first_offsets: dict[int, int] = {}
        for answer in answers:
            for part in answer.responses[0].partition_responses:
                if part.error_code not in _NOT_WRITTEN:
                    _check(self.topic, part.error_code)
                    first_offsets[part.index] = part.base_offset
        return first_offsets

    def _request(self, data: list[Any]) -> ProduceRequest:
        # Up to version 12 the request carries the name, from 13 on the id.
        topic = _TopicData(name=self.topic, topic_id=UUID(self.incarnation), partition_data=data)
        return ProduceRequest(
            transactional_id=None,
            acks=_ALL_REPLICAS,
            timeout_ms=REQUEST_TIMEOUT_MS,
            topic_data=[topic],
        )

    def stored_end(self, partition: int) -> int:
        """Return the offset after the last record that the leader stores, in sync or not.

        Readers are told the end of what is in sync. What lies beyond it, after a write without
        an answer, becomes readable as soon as enough replicas are back. The embedded broker may
        tell less, never more.

        Raises:
            UnavailableError: The leader does not answer.
        """
        with translated_errors(f"read the end of {self.topic}"):
            answer = self._manager.run(self._ask_end, partition)
        _check(self.topic, answer.error_code)
        return int(answer.offset)

    async def _ask_end(self, partition: int) -> Any:
        part = _EndTopic.ListOffsetsPartition(
            partition_index=partition, current_leader_epoch=-1, timestamp=OffsetSpec.LATEST
        )
        request = ListOffsetsRequest(
            replica_id=_LOOKS_AT_THE_LOG,
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            topics=[_EndTopic(name=self.topic, partitions=[part])],
            min_version=2,
        )
        answer = await self._connections[self._leaders[partition]].send_request(request)
        return answer.topics[0].partitions[0]

    async def _send(self, requests: Mapping[int, ProduceRequest]) -> list[Any]:
        futures = [
            self._connections[leader].send_request(request) for leader, request in requests.items()
        ]
        return [await future for future in futures]

    async def _pause(self, seconds: float) -> None:
        await self._manager._net.sleep(seconds)  # noqa: SLF001

    async def _connect(self) -> tuple[dict[int, int], dict[int, Any]]:
        await self._manager.cluster.refresh_metadata()
        request = MetadataRequest.MetadataRequestTopic(name=self.topic)
        answer = await self._manager.send(_metadata_request(request))
        _check(self.topic, answer.topics[0].error_code)
        leaders = {part.partition_index: part.leader_id for part in answer.topics[0].partitions}
        connections: dict[int, Any] = {}
        for leader in set(leaders.values()):
            connection = connections[leader] = self._manager.get_connection(leader)
            await connection
            told = await connection.send_request(_metadata_request(request))
            _check(self.topic, told.topics[0].error_code)
            if str(told.topics[0].topic_id) != self.incarnation:
                raise IncarnationChangedError(f"topic {self.topic} is being recreated")
        return leaders, connections


def _metadata_request(topic: Any) -> MetadataRequest:
    return MetadataRequest(
        topics=[topic],
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=False,
        include_topic_authorized_operations=False,
    )


def _check(topic: str, error_code: int) -> None:
    if not error_code:
        return
    error = for_code(error_code)
    if error in (UnknownTopicIdError, UnknownTopicOrPartitionError):
        raise IncarnationChangedError(f"topic {topic} is gone")
    raise UnavailableError(f"Kafka: topic {topic}: {error.__name__}")


def _split(records: Sequence[OutRecord]) -> list[list[OutRecord]]:
    """Cut records into pieces of at most ``BATCH_BYTES_TARGET``, or one record."""
    pieces: list[list[OutRecord]] = [[]]
    size = 0
    for record in records:
        record_size = len(record.key) + len(record.value) + _RECORD_OVERHEAD_BYTES
        record_size += sum(len(name) + len(value) for name, value in record.headers)
        if size + record_size > BATCH_BYTES_TARGET and pieces[-1]:
            pieces.append([])
            size = 0
        pieces[-1].append(record)
        size += record_size
    return pieces
