"""The overrides of kafka-python are still needed, and still fit.

When a test here fails after an upgrade, read kafka-python's change log first: the override
may have become unnecessary.
"""

import inspect
import socket

from kafka.consumer.fetcher import Fetcher
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from consumers.kafka_transport import LeanPartitionRecords, WideConnectionManager, read_socket


class CountingSocket:
    """A socket whose reads are counted."""

    def __init__(self, sock):
        self.sock = sock
        self.reads = []

    def recv(self, size):
        """Read and remember how much was asked for."""
        self.reads.append(size)
        return self.sock.recv(size)


def transport_with(data):
    """Return a stock transport whose socket holds ``data``, and the counter."""
    near, far = socket.socketpair()
    far.sendall(data)
    near.setblocking(False)
    counting = CountingSocket(near)
    return KafkaTCPTransport(None, counting), counting, (near, far)


def test_upstream_still_reads_4096_bytes_at_a_time():
    """Fails when upstream reads larger pieces: then ``read_socket`` can go."""
    transport, counting, sockets = transport_with(b"x" * 50_000)
    transport._sock_recv()
    assert set(counting.reads) == {4096}
    assert "recv(4096)" in inspect.getsource(KafkaSSLTransport._sock_recv)
    for one in sockets:
        one.close()


def test_ours_reads_the_same_bytes_in_few_pieces():
    """One read for all that is there, one that finds nothing more."""
    transport, counting, sockets = transport_with(b"x" * 50_000)
    assert read_socket(transport) == (b"x" * 50_000, None)
    assert len(counting.reads) == 2
    for one in sockets:
        one.close()


def test_a_closed_socket_is_reported():
    """What came before the end is still returned."""
    transport, _, (near, far) = transport_with(b"last")
    far.close()
    data, error = read_socket(transport)
    assert data == b"last"
    assert "disconnected" in str(error)
    near.close()


def test_the_seams_are_where_they_were():
    """The private methods that are replaced exist with the arguments that we expect."""
    build = inspect.signature(KafkaConnectionManager._build_transport)
    assert list(build.parameters) == ["self", "node", "timeout_at"]
    stock = Fetcher.PartitionRecords
    assert issubclass(LeanPartitionRecords, stock)
    unpack = inspect.signature(stock._unpack_records)
    assert list(unpack.parameters)[:3] == ["self", "tp", "records"]
    assert "self.PartitionRecords(" in inspect.getsource(Fetcher._parse_fetched_data)


def test_upstream_still_asks_for_topics_to_be_created():
    """Fails when upstream passes the setting on: then the override can go."""
    source = inspect.getsource(KafkaConnectionManager.__init__)
    assert "allow_auto_create_topics" not in source
    net = NetworkSelector()
    ours = WideConnectionManager(net, bootstrap_servers="127.0.0.1:1")
    assert not ours.cluster.metadata_request().allow_auto_topic_creation
    net.close()


def test_a_transport_that_was_closed_meanwhile_ends_its_connection():
    """At a stop the client closes sockets that another of its tasks waits to read."""

    class Closed:
        _sock = None

    data, error = read_socket(Closed())
    assert data == b""
    assert error is not None
