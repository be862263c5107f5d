"""Topics, their incarnations, and readers and writers that live within one."""

import pytest
from kafka import KafkaProducer
from kafka.protocol.metadata import MetadataResponse

from consumers.incarnation import IncarnationChangedError, PartitionStoppedError, read_topics
from consumers.kafka_client import KafkaAddress, open_admin
from consumers.record_batch import OutRecord
from consumers.topic_reader import TopicReader
from consumers.topic_writer import TopicWriter
from consumers.topics import ACTS, TOPICS, ensure_topics, partition_counts
from ledger.errors import UnavailableError
from portal.stack.process import free_port
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka


def records(count, start=0):
    return [
        OutRecord(ACTS, b"case:1", b"%d" % n, [("lz-n", b"%d" % n)])
        for n in range(start, start + count)
    ]


def read_all(reader, count):
    """Poll until ``count`` records came."""
    found = []
    while len(found) < count:
        found += reader.poll(200)
    return found


@pytest.fixture
def admin(kafka_broker):
    """An administration client of the broker."""
    client = open_admin(kafka_broker.address)
    yield client
    client.close()


def test_creating_topics_twice_is_harmless_and_keeps_their_ids(kafka_broker, admin):
    """A restart of a role runs the same creation again."""
    kafka_broker.create_topics(case_logs=3)
    first = read_topics(admin, [topic.name for topic in TOPICS])
    kafka_broker.create_topics(case_logs=3)
    assert read_topics(admin, [topic.name for topic in TOPICS]) == first
    assert {name: state.partitions for name, state in first.items()} == partition_counts(3)


def test_another_number_of_partitions_is_refused(kafka_broker):
    """Keys would move to other logs: nothing goes on."""
    kafka_broker.create_topics(case_logs=2)
    with pytest.raises(PartitionStoppedError) as refusal:
        ensure_topics(kafka_broker.address, 3)
    assert refusal.value.exit_code == 3


def test_a_topic_created_by_somebody_else_is_replaced_where_asked_for(embedded_broker):
    """The embedded broker creates topics with four partitions for whoever asks first."""
    embedded_broker.create_topics(case_logs=4)
    ensure_topics(embedded_broker.address, 1, recreate_wrong=True)
    with TopicReader(embedded_broker.address, ACTS) as reader:
        assert reader.partition_count == 1


def test_a_reader_that_knows_only_dead_brokers_asks_the_configured_ones(kafka_broker):
    """As after an answer of a broker that knew of nobody else, and died."""
    kafka_broker.create_topics()
    impatient = kafka_broker.address._replace(options={"metadata_max_age_ms": 100})
    with TopicReader(impatient, ACTS) as reader:
        reader.assign([0])
        reader.seek(0, None)
        cluster = reader._consumer._cluster
        (known,) = cluster.brokers()
        dead = MetadataResponse.MetadataResponseBroker(77, "127.0.0.1", free_port(), None)
        cluster._brokers = {77: dead}

        wait_for(
            lambda: not reader.poll(20) and cluster.brokers() != [dead], 20, "brokers that live"
        )

        assert [broker.node_id for broker in cluster.brokers()] == [known.node_id]
        kafka_broker.produce(records(3))
        assert len(read_all(reader, 3)) == 3


def test_a_broker_that_is_away_is_unavailable():
    """Method: a port where nobody listens."""
    nobody = KafkaAddress(f"127.0.0.1:{free_port()}", {"bootstrap_timeout_ms": 300})
    with pytest.raises(UnavailableError):
        open_admin(nobody)


def test_what_was_written_is_read_back_where_it_landed(kafka_broker):
    """Offsets, headers and order survive the way, across several batches of one write."""
    kafka_broker.create_topics()
    big = [record._replace(value=b"x" * 60_000) for record in records(40)]
    landed = kafka_broker.produce(big)
    assert [place.offset for place in landed] == list(range(40))
    with TopicReader(kafka_broker.address, ACTS) as reader:
        assert {place.incarnation for place in landed} == {reader.incarnation}
        reader.assign([0])
        reader.seek(0, None)
        found = read_all(reader, 40)
    assert [(r.offset, r.key, r.headers) for r in found] == [
        (n, b"case:1", [("lz-n", b"%d" % n)]) for n in range(40)
    ]
    assert found[0].timestamp_ms == landed[0].timestamp_ms


def test_keys_go_to_the_partition_of_the_default_partitioner(kafka_broker):
    """Method: produce the same keys with kafka-python's own producer and compare."""
    kafka_broker.create_topics(case_logs=5)
    keys = [b"case:%d" % n for n in range(50)]
    landed = kafka_broker.produce([OutRecord(ACTS, key, b"v", []) for key in keys])
    stock = KafkaProducer(bootstrap_servers=kafka_broker.address.servers)
    stored = [stock.send(ACTS, b"v", key=key).get(10) for key in keys]
    stock.close()
    assert [place.partition for place in landed] == [one.partition for one in stored]


@pytest.mark.parametrize("after", [2, 30])
def test_a_reader_notices_a_new_life_with_fewer_and_with_more_records(kafka_broker, after):
    """It hands nothing on from the new life under the old one's offsets."""
    kafka_broker.create_topics()
    kafka_broker.produce(records(10))
    with TopicReader(kafka_broker.address, ACTS) as reader:
        reader.assign([0])
        reader.seek(0, None)
        read_all(reader, 10)
        kafka_broker.forget()
        kafka_broker.produce(records(after, start=100))
        with pytest.raises(UnavailableError):
            while True:
                assert reader.poll(200) == []


def test_an_offset_out_of_range_within_one_life_stops_the_partition(kafka_broker):
    """Records that the tracking row counts are gone: nobody jumps over that."""
    kafka_broker.create_topics()
    kafka_broker.produce(records(5))
    with TopicReader(kafka_broker.address, ACTS) as reader:
        reader.assign([0])
        reader.seek(0, 1_000)
        with pytest.raises(PartitionStoppedError):
            while True:
                assert reader.poll(20) == []


def test_a_writer_never_writes_into_a_life_it_was_not_opened_in(kafka_broker, admin):
    """Method: forget under an open writer, write, and look that the new life is empty."""
    kafka_broker.create_topics()
    writer = TopicWriter(admin, ACTS)
    assert writer.write({0: records(3)}, 1) == {0: [0, 1, 2]}
    kafka_broker.forget()
    with pytest.raises(UnavailableError):
        writer.write({0: records(1)}, 1)
    with TopicReader(kafka_broker.address, ACTS) as reader:
        assert reader.incarnation != writer.incarnation
        assert reader.end_offset(0) == 0


def test_a_reader_of_a_topic_that_is_gone_is_unavailable(kafka_broker):
    """Between a broker's start and the creation of its topics nothing is invented."""
    with pytest.raises(UnavailableError):
        TopicReader(kafka_broker.address, ACTS)


def test_incarnation_changes_are_retried_like_outages():
    """Whoever retries an outage retries a new life, too."""
    assert issubclass(IncarnationChangedError, UnavailableError)
