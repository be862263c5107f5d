"""The append loop on a real broker: nothing lost, nothing twice, whatever the broker does.

``MemoryLedger`` stands for the appender behind the seam: it keeps offset and records together
and drops known ids, as the real one does in its transaction.
"""

import threading

import pytest

from consumers.incarnation import PartitionStoppedError
from consumers.loop import AppendLoop
from consumers.receipts import Deliveries
from consumers.record_batch import OutRecord
from consumers.topics import ACTS, log_topics
from ledger.errors import UnavailableError
from tests.support.kafka import WAIT_S

pytestmark = pytest.mark.kafka


class MemoryLedger:
    """Remembers values in order, once each, with the offset of the last one per incarnation."""

    has_waiting = False
    is_retrying = False

    def __init__(self):
        self.entries = []
        self.tracking = {}
        self.seen = []
        self.ticks = 0
        self.drained = False
        self.fail_next = []
        self.changed = threading.Condition()

    def last_offset(self, tracking):
        """Return what process() committed."""
        return self.tracking.get(tracking)

    def process(self, records, incarnation):
        """Commit new values and the offset together, or fail before or after doing so."""
        fault = self.fail_next.pop() if self.fail_next else None
        if fault == "before":
            raise UnavailableError("before the commit")
        with self.changed:
            name = f"kafka:{incarnation}:{records[0].topic}:{records[0].partition}"
            for record in records:
                self.seen.append((incarnation, record.offset))
                if record.value not in self.entries:
                    self.entries.append(record.value)
            self.tracking[name] = records[-1].offset
            self.changed.notify_all()
        if fault == "after":
            raise UnavailableError("after the commit")
        return Deliveries()

    def tick(self):
        """Count idle polls."""
        with self.changed:
            self.ticks += 1
            self.changed.notify_all()
        return Deliveries()

    def drain(self):
        """Remember that the loop ended in order."""
        self.drained = True
        return Deliveries()

    def wait_until(self, condition):
        """Wait for the loop's thread."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), WAIT_S)


class Answers:
    """Takes deliveries."""

    def deliver(self, deliveries):
        """Nothing to check here."""


class RememberedReadiness:
    """Remembers what ``/readyz`` would say."""

    def __init__(self):
        self.reason = ""
        self.changed = threading.Condition()

    def set_ready(self):
        """Nothing is waited for."""
        with self.changed:
            self.reason = ""

    def set_waiting(self, reason):
        """Remember why."""
        with self.changed:
            self.reason = reason
            self.changed.notify_all()


class Running:
    """A loop on a thread of its own; ``stop`` ends it and raises what it raised."""

    def __init__(self, broker, ledger):
        self.stopping = threading.Event()
        self.error = None
        self.readiness = RememberedReadiness()
        loop = AppendLoop(
            broker.address, log_topics("0"), 1, ledger, Answers(), self.stopping, self.readiness
        )
        self.thread = threading.Thread(target=self._run, args=(loop,))
        self.thread.start()

    def _run(self, loop):
        try:
            loop.run()
        except (UnavailableError, PartitionStoppedError) as error:
            self.error = error

    def stop(self):
        self.stopping.set()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        if self.error:
            raise self.error


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def running(kafka_broker, ledger):
    """A loop over a broker with topics; stopped whatever the test does."""
    kafka_broker.create_topics()
    loop = Running(kafka_broker, ledger)
    yield loop
    loop.stopping.set()
    loop.thread.join(WAIT_S)


def values(start, end):
    return [b"act-%d" % n for n in range(start, end)]


def send(broker, numbers):
    broker.produce([OutRecord(ACTS, b"case:1", value, []) for value in numbers])


def test_records_arrive_in_order_and_a_stop_drains(kafka_broker, ledger, running):
    """SIGTERM sets the same event: the batch under way is finished, then everything promised."""
    send(kafka_broker, values(0, 2_500))
    ledger.wait_until(lambda it: len(it.entries) == 2_500)
    assert ledger.entries == values(0, 2_500)
    running.stop()
    assert ledger.drained


def test_an_idle_loop_ticks(ledger, running):
    """Heartbeats are due without any act."""
    ledger.wait_until(lambda it: it.ticks >= 2)


def test_a_second_run_goes_on_after_the_last_committed_record(kafka_broker, ledger, running):
    """The tracking row decides, not anything that Kafka remembers."""
    send(kafka_broker, values(0, 10))
    ledger.wait_until(lambda it: len(it.entries) == 10)
    running.stop()
    send(kafka_broker, values(10, 20))
    again = Running(kafka_broker, ledger)
    ledger.wait_until(lambda it: len(it.entries) == 20)
    again.stop()
    assert [offset for _, offset in ledger.seen] == list(range(20))


@pytest.mark.parametrize("fault", ["before", "after"])
def test_an_outage_in_process_loses_and_doubles_nothing(kafka_broker, ledger, running, fault):
    """Failed before its commit the batch comes again; failed after it, it does not."""
    ledger.fail_next.append(fault)
    send(kafka_broker, values(0, 10))
    send(kafka_broker, values(10, 20))
    ledger.wait_until(lambda it: len(it.entries) == 20)
    running.stop()
    assert [offset for _, offset in ledger.seen] == list(range(20))


@pytest.mark.parametrize("after", [5, 40])
def test_a_broker_restarted_empty_under_a_live_loop(kafka_broker, ledger, running, after):
    """With fewer records than before and with more: all of the new life are read, from 0.

    Emitters send again what has no receipt, so known values come a second time, too.
    """
    send(kafka_broker, values(0, 20))
    ledger.wait_until(lambda it: len(it.entries) == 20)
    kafka_broker.forget()
    send(kafka_broker, values(15, 15 + after))
    ledger.wait_until(lambda it: it.entries == values(0, max(20, 15 + after)))
    ledger.wait_until(lambda it: len(it.seen) == 20 + after)
    running.stop()
    lives = list(dict.fromkeys(incarnation for incarnation, _ in ledger.seen))
    assert [[n for life, n in ledger.seen if life == each] for each in lives] == [
        list(range(20)),
        list(range(after)),
    ]


def test_a_broker_away_for_a_while_is_waited_for(kafka_broker, ledger, running):
    """Method: stop it, start it empty, and see the loop go on in the new life."""
    send(kafka_broker, values(0, 3))
    ledger.wait_until(lambda it: len(it.entries) == 3)
    kafka_broker.stop()
    with running.readiness.changed:
        assert running.readiness.changed.wait_for(lambda: running.readiness.reason, WAIT_S)
    assert "Kafka" in running.readiness.reason
    kafka_broker.start()
    kafka_broker.create_topics()
    send(kafka_broker, values(3, 6))
    ledger.wait_until(lambda it: len(it.entries) == 6)
    running.stop()
    assert running.readiness.reason == ""


def test_an_offset_out_of_range_ends_the_loop(kafka_broker, ledger, running):
    """The tracking row counts records that the same incarnation does not have."""
    send(kafka_broker, values(0, 3))
    ledger.wait_until(lambda it: len(it.entries) == 3)
    running.stop()
    (name,) = ledger.tracking
    ledger.tracking[name] = 1_000
    again = Running(kafka_broker, ledger)
    again.thread.join(WAIT_S)
    with pytest.raises(PartitionStoppedError):
        again.stop()


def test_another_number_of_partitions_ends_the_loop(kafka_broker, ledger):
    """Half the acts would be refused: nobody starts."""
    kafka_broker.create_topics(case_logs=2)
    loop = Running(kafka_broker, ledger)
    loop.thread.join(WAIT_S)
    with pytest.raises(PartitionStoppedError):
        loop.stop()
