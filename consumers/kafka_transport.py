"""What is overridden in kafka-python, client by client: reading, topics, who is asked.

Read before: ``record_batch``. Read next: ``kafka_client``, which installs them.

1. kafka-python 3.0.12 reads its sockets 4,096 bytes at a time (``net/transport.py``). Reading
   256 KiB instead takes a quarter to a third off every fetched record.
2. Its record unpacking builds thirteen fields and every header of every record; ours
   (``record_batch.unpack_records``) builds an ``IncomingRecord`` and the ledger's headers.
   Together the two make reading twice as fast.
3. It asks brokers to create the topics that it reads (see ``WideConnectionManager``).
4. It asks nobody but the brokers of the last answer where the brokers are (see there).

Nothing is patched globally: only clients opened by ``kafka_client`` are changed.
``tests/unit/kafka/test_transport.py`` fails when upstream reads larger pieces or changes the
seams used here, so that the overrides go as soon as they are no longer needed. Trusts the
broker as kafka-python does: frames are bounded, CRCs are checked.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from types import MethodType
from typing import Any, Final

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaConnectionError
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaTCPTransport
from kafka.protocol.consumer import IsolationLevel
from kafka.record.memory_records import MemoryRecords
from kafka.structs import TopicPartition

from consumers.append.record import IncomingRecord
from consumers.record_batch import MAGIC, BatchFrame, unpack_records

SOCKET_READ_BYTES: Final = 256 * 1024  # Larger pieces gained nothing more.
_NOTHING_YET: Final = (
    BlockingIOError,
    InterruptedError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
)


def read_socket(transport: KafkaTCPTransport) -> tuple[bytes, KafkaConnectionError | None]:
    """Return what the socket holds, and the error that ends the connection if there is one.

    Replaces ``KafkaTCPTransport._sock_recv`` (and the same method for TLS) on one transport.
    """
    received: list[bytes] = []
    socket = transport._sock  # noqa: SLF001
    if socket is None:  # Closed by another task while this one waited to read.
        return b"", KafkaConnectionError("closed")
    while True:
        try:
            data = socket.recv(SOCKET_READ_BYTES)
        except _NOTHING_YET:
            return b"".join(received), None
        except OSError as error:
            return b"".join(received), KafkaConnectionError(error)
        if not data:
            return b"".join(received), KafkaConnectionError("socket disconnected")
        received.append(data)


class WideConnectionManager(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python has no types.
    """kafka-python's connection manager, with transports that read ``SOCKET_READ_BYTES``.

    It never asks a broker to create a topic: kafka-python 3.0.12 does not pass the setting
    ``allow_auto_create_topics`` on to here, and a broker that restarted empty would create
    the topic with whatever number of partitions it likes.

    Where none of the brokers that it knows can be asked, it asks those of its configuration again,
    as Java clients do (KIP-899). A broker that hears of the others' return late tells of itself
    alone; whoever asked it just then, and saw it die, would look for it for ever.
    """

    def __init__(self, net: NetworkSelector, **configs: Any) -> None:
        super().__init__(net, **configs)
        self.cluster.config["allow_auto_create_topics"] = False

    def least_loaded_node(self) -> Any:
        """Return the id of a broker to ask; None while all of them are left alone for a moment."""
        found = super().least_loaded_node()
        if found is not None:
            return found
        configured = (broker.node_id for broker in self.cluster.bootstrap_brokers())
        return next((it for it in configured if self.connection_delay(it) <= 0), None)

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        transport._sock_recv = MethodType(read_socket, transport)  # noqa: SLF001
        return transport


class WideNetClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types.
    """The ``kafka_client`` setting of consumers and administrators opened by us."""

    def __init__(self, **configs: Any) -> None:
        net = NetworkSelector(**configs)
        super().__init__(net=net, manager=WideConnectionManager(net, **configs), **configs)


class LeanPartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types.
    """One fetched partition, unpacked batch by batch into ``IncomingRecord``.

    Replaces ``Fetcher.PartitionRecords`` on one consumer. What the stock class does about
    transactions is kept: aborted batches and control batches are left out.
    """

    def _unpack_records(
        self, tp: TopicPartition, records: MemoryRecords, *_deserializers: object
    ) -> Iterator[IncomingRecord]:
        while (batch := records.next_batch()) is not None:
            if batch.magic != MAGIC:
                raise CorruptRecordError(f"record batch of format {batch.magic}")
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"CRC of the batch at offset {batch.base_offset}")
            self.leader_epoch = batch.leader_epoch
            if not self._left_out(batch):
                frame = BatchFrame(
                    tp.topic,
                    tp.partition,
                    batch.base_offset,
                    batch.first_timestamp,
                    batch.max_timestamp if batch.timestamp_type else None,
                    batch.records_count,
                )
                iter(batch)  # Decompresses.
                data = bytes(batch._buffer)  # noqa: SLF001
                self.bytes_read += batch.size_in_bytes
                for record in unpack_records(data, batch._pos, frame):  # noqa: SLF001
                    self.next_fetch_offset = record.offset + 1
                    yield record
            # A batch keeps its last offset even where compaction removed that record.
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _left_out(self, batch: Any) -> bool:
        """Whether a batch is a transaction marker, or belongs to an aborted transaction."""
        if self.isolation_level == IsolationLevel.READ_COMMITTED and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)
