"""The producer that many threads share: everything lands once, and failures reach who waits."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from consumers.record_batch import OutRecord
from consumers.record_producer import RecordProducer
from consumers.topic_reader import TopicReader
from consumers.topics import ACTS, RECEIPTS
from ledger.clock import FixedClock
from ledger.errors import UnavailableError
from tests.support.kafka import WAIT_S

pytestmark = pytest.mark.kafka


def record(number, topic=ACTS):
    return OutRecord(topic, b"case:%d" % number, b"%d" % number, [("lz-n", b"%d" % number)])


@pytest.fixture
def producer(kafka_broker):
    kafka_broker.create_topics(case_logs=3)
    made = RecordProducer(kafka_broker.address, FixedClock(5_000_000))
    yield made
    made.close()


def read_all(broker, topic, count):
    """Return the records of all partitions by (partition, offset)."""
    with TopicReader(broker.address, topic) as reader:
        reader.assign(range(reader.partition_count))
        for partition in range(reader.partition_count):
            reader.seek(partition, None)
        found = []
        while len(found) < count:
            found += reader.poll(200)
        assert reader.poll(100) == []
    return {(one.partition, one.offset): one for one in found}


def test_records_of_many_threads_land_where_their_futures_say(kafka_broker, producer):
    """Sixteen threads, two topics; each future is compared with what is read there."""

    def send(number):
        topic = RECEIPTS if number % 5 == 0 else ACTS
        return topic, number, producer.send(record(number, topic)).result(WAIT_S)

    with ThreadPoolExecutor(16) as pool:
        landed = list(pool.map(send, range(400)))
    by_topic = {
        ACTS: read_all(kafka_broker, ACTS, 320),
        RECEIPTS: read_all(kafka_broker, RECEIPTS, 80),
    }
    for topic, number, place in landed:
        assert (place.topic, place.timestamp_ms) == (topic, 5_000)
        assert by_topic[topic][place.partition, place.offset].value == b"%d" % number


def test_the_order_of_one_sender_is_kept(kafka_broker, producer):
    """Within a partition, over many rounds."""
    for future in [producer.send(record(7)._replace(value=b"%d" % n)) for n in range(500)]:
        future.result(WAIT_S)
    values = [one.value for _, one in sorted(read_all(kafka_broker, ACTS, 500).items())]
    assert values == [b"%d" % n for n in range(500)]


def test_an_outage_reaches_who_waits_and_passes(kafka_broker, producer):
    """Records sent meanwhile fail; the next ones after the return land, and can be read."""
    producer.send(record(1)).result(WAIT_S)
    kafka_broker.stop()
    with pytest.raises(UnavailableError):
        producer.send(record(2)).result(WAIT_S)
    kafka_broker.start()
    kafka_broker.create_topics(case_logs=3)
    while True:
        try:
            again = producer.send(record(3)).result(WAIT_S)
        except UnavailableError:
            continue
        break
    with TopicReader(kafka_broker.address, ACTS) as reader:
        assert reader.incarnation == again.incarnation
        reader.assign([again.partition])
        reader.seek(again.partition, again.offset)
        found = []
        while not found:
            found = reader.poll(200)
    assert found[0].value == b"3"


def test_a_connection_that_ended_while_nobody_wrote_costs_no_record(kafka_broker, producer):
    """A broker was restarted, or closed what was idle: the next record lands all the same."""
    first = producer.send(record(1)).result(WAIT_S)

    async def close_all():
        for connection in list(producer._writers[ACTS]._connections.values()):
            connection.close()

    producer._admin._manager.run(close_all)
    again = producer.send(record(1)).result(WAIT_S)
    assert again._replace(offset=first.offset) == first
    assert len(read_all(kafka_broker, ACTS, 2)) == 2


class Ticking:
    """A clock that goes on by a millisecond at each look."""

    now = 0

    def now_micros(self):
        """Return another millisecond each time."""
        self.now += 1_000
        return self.now


def test_what_comes_after_a_request_gathers_and_goes_together(kafka_broker):
    """A lone record leaves at once; closing ends the pause. Method: one look at the clock a write.

    The pause is longer than any test takes, so that nothing but closing can end it.
    """
    kafka_broker.create_topics(case_logs=3)
    producer = RecordProducer(kafka_broker.address, Ticking(), gather_s=10 * WAIT_S)
    assert producer.send(record(0)).result(WAIT_S).timestamp_ms == 1
    later = [producer.send(record(number)) for number in range(1, 6)]
    assert not any(future.done() for future in later)
    producer.close()
    assert [future.result(0).timestamp_ms for future in later] == [2] * 5


def test_a_closed_producer_takes_nothing(producer):
    """What was sent before is written first."""
    future = producer.send(record(1))
    producer.close()
    assert future.done()
    with pytest.raises(UnavailableError):
        producer.send(record(2))
