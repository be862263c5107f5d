"""The relay on a real broker: every promised entry once, in leaf order, whatever happens."""

import threading

import pytest

from consumers.kafka_client import open_admin
from consumers.record_batch import OutRecord
from consumers.relay.log_relay import LogRelay, stream_key
from consumers.relay.program import run_relay
from consumers.topic_reader import TopicReader
from consumers.topics import LEDGER, log_topics
from ledger.chain.entry import Entry, encode_entry
from ledger.clock import FixedClock
from ledger.errors import BehindPromiseError, UnavailableError, VerificationError

pytestmark = pytest.mark.kafka

ORIGIN = "demo/log/0"


def entry(index):
    """Return an entry of one of seven streams."""
    act = b"act %d" % index
    return encode_entry(
        Entry(index, f"case:{index % 7}", 1, bytes(32), 1_000, 1, 0, None, b"proof", act)
    )


class Entries:
    """A log of entries in memory, behind the recorder's method."""

    def __init__(self, count):
        self.stored = [entry(index) for index in range(count)]

    def read_entries(self, start, limit):
        """Return what the recorder would."""
        return list(enumerate(self.stored))[start : start + limit]


@pytest.fixture
def admin(kafka_broker):
    """An administration client of a broker with topics."""
    kafka_broker.create_topics()
    client = open_admin(kafka_broker.address)
    yield client
    client.close()


@pytest.fixture
def make_relay(kafka_broker, admin):
    """A function that opens a relay over entries, as a new process would."""

    def make(entries):
        topics = log_topics("0")
        return LogRelay(kafka_broker.address, admin, topics, 1, ORIGIN, entries, FixedClock(1_000))

    return make


def relay_all(relay, size):
    """Relay until everything promised is written, looking again after outages."""
    while relay.next_index < size or relay.next_index == 0:
        try:
            relay.relay(size)
        except UnavailableError:
            continue


def topic_records(broker, count):
    """Return the records of the ledger topic, which must be ``count``."""
    with TopicReader(broker.address, LEDGER) as reader:
        reader.assign([0])
        reader.seek(0, None)
        records = []
        while len(records) < count:
            records += reader.poll(200)
        assert reader.poll(200) == []
    return records


def indexes(records):
    return [int(dict(record.headers)["lz-leaf-index"]) for record in records]


def test_entries_go_out_in_leaf_order_with_key_and_headers(kafka_broker, make_relay):
    """More than one batch, and a reader that has only the topic."""
    entries = Entries(2_300)
    relay_all(make_relay(entries), 2_300)
    records = topic_records(kafka_broker, 2_300)
    assert [record.value for record in records] == entries.stored
    assert indexes(records) == list(range(2_300))
    assert {dict(record.headers)["lz-origin"] for record in records} == {b"demo/log/0"}
    assert [record.key for record in records[:8]] == [b"case:%d" % (n % 7) for n in range(8)]


def test_nothing_beyond_the_promise_leaves(kafka_broker, make_relay):
    """Ten entries are stored, four promised."""
    relay = make_relay(Entries(10))
    relay_all(relay, 4)
    assert relay.relay(4) == 0
    assert indexes(topic_records(kafka_broker, 4)) == [0, 1, 2, 3]


def test_a_new_process_goes_on_after_the_last_record(kafka_broker, make_relay):
    """Method: several small runs, each by a relay that knows nothing but the topic."""
    entries = Entries(1_203)
    for size in (1, 2, 1_100, 1_100, 1_203):
        relay_all(make_relay(entries), size)
    assert indexes(topic_records(kafka_broker, 1_203)) == list(range(1_203))


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_failed_write_is_looked_up_not_repeated(kafka_broker, make_relay, fault):
    """The answer is lost before the batch is written, or after it was."""
    relay = make_relay(Entries(20))
    relay_all(relay, 10)
    write = relay._writer.write

    def failing(batches, timestamp_ms):
        if fault == "after":
            write(batches, timestamp_ms)
        raise UnavailableError("no answer")

    relay._writer.write = failing
    relay_all(relay, 20)
    assert indexes(topic_records(kafka_broker, 20)) == list(range(20))


def test_a_new_life_of_the_topic_gets_everything_again(kafka_broker, make_relay):
    """Also where the broker forgot under a connected relay: from leaf 0, no gap."""
    entries = Entries(50)
    relay = make_relay(entries)
    relay_all(relay, 30)
    kafka_broker.forget()
    while True:
        try:
            relay.relay(50)
        except UnavailableError:
            continue
        if relay.next_index == 50:
            break
    assert indexes(topic_records(kafka_broker, 50)) == list(range(50))


def test_another_entry_in_the_topic_is_tampering(make_relay):
    """The copy does not agree with the ledger: nobody writes on."""
    relay_all(make_relay(Entries(5)), 5)
    altered = Entries(5)
    altered.stored[4] = entry(4).replace(b"act", b"atc")
    with pytest.raises(VerificationError):
        make_relay(altered).relay(5)


def test_a_topic_ahead_of_the_database_stops_the_relay(make_relay):
    """A restored database must be recovered first; it must not write other entries there."""
    relay_all(make_relay(Entries(5)), 5)
    with pytest.raises(BehindPromiseError):
        make_relay(Entries(3)).relay(3)


def test_foreign_records_in_the_topic_stop_the_relay(kafka_broker, make_relay):
    """Somebody else produced to the ledger topic."""
    kafka_broker.produce([OutRecord(LEDGER, b"case:1", b"?", [])])
    with pytest.raises(VerificationError):
        make_relay(Entries(3)).relay(3)


def test_the_stream_of_an_entry_is_read_from_its_first_bytes():
    """Long stream ids and large leaf indexes included."""
    long_id = "case:" + "x" * 123
    data = encode_entry(Entry(1 << 40, long_id, 1, bytes(32), 1_000, 1, 0, None, b"p", b"a"))
    assert stream_key(data) == long_id.encode()


class Readiness:
    """Ends the program once it is ready."""

    def __init__(self, stopping):
        self.stopping = stopping

    def set_ready(self):
        """The first round is done."""
        self.stopping.set()

    def set_waiting(self, reason):
        """An outage is not expected here."""
        raise AssertionError(reason)


def test_the_program_relays_every_log_and_tells_how_far(kafka_broker, make_relay):
    """Method: one round with one log, then the readiness stops it."""
    stopping = threading.Event()
    told = []
    run_relay(
        {"0": make_relay(Entries(3))},
        lambda: {"0": 3},
        stopping,
        Readiness(stopping),
        lambda name, index: told.append((name, index)),
    )
    assert told == [("0", 3)]
