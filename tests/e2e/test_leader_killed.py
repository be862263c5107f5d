"""Three brokers, and SIGKILL for the one that leads: nothing is lost, doubled or reordered.

Method: an agency emits without a pause; the leader of one topic is killed, acts emitted after that
must be answered, and the broker is started again. Only Apache Kafka has leaders, so this file is
collected with ``--broker apache`` only (conftest.py).
"""

import signal
from collections import Counter
from pathlib import Path

import pytest
from kafka.admin import ConfigResource

from consumers.kafka_client import KafkaAddress, open_admin
from consumers.relay.log_relay import LogRelay
from consumers.topic_reader import TopicReader
from consumers.topics import ACTS, LEDGER, RECEIPTS, TOPICS, LogTopics
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry, encode_entry
from ledger.chain.tiles import decode_bundle
from ledger.clock import FixedClock
from ledger.errors import UnavailableError
from portal.stack.apache import ApacheBroker
from tests.support.agency import LIMIT_S, Agency, number_of
from tests.support.running import RunningLedger, program, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three brokers on loopback."""
    folder = tmp_path_factory.mktemp("cluster")
    brokers = ApacheBroker(folder / "data", folder, brokers=3)
    try:
        brokers.start()
        yield brokers
    finally:
        brokers.stop()


@pytest.fixture(scope="module")
def ledger(cluster, tmp_path_factory):
    """A ledger that is given the brokers' addresses, as in production."""
    folder = tmp_path_factory.mktemp("ledger")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    running = RunningLedger(folder / "data", "--synthetic", "--broker", cluster.bootstrap)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def described(cluster):
    """Return the partitions of all topics by topic, or nothing while no broker tells."""
    try:
        admin = open_admin(KafkaAddress(cluster.bootstrap))
    except UnavailableError:
        return {}
    try:
        topics = admin.describe_topics([topic.name for topic in TOPICS])
        return {topic["name"]: topic["partitions"] for topic in topics}
    finally:
        admin.close()


def all_in_sync(cluster):
    """Tell whether every partition has three replicas, all in sync."""
    topics = described(cluster).values()
    return topics and all(len(part["isr_nodes"]) == 3 for parts in topics for part in parts)


def topic_records(cluster, topic, count):
    """Return at least ``count`` records of a topic's only partition."""
    records = []
    with TopicReader(KafkaAddress(cluster.bootstrap), topic) as reader:
        reader.assign([0])
        reader.seek(0, None)
        wait_for(lambda: records.extend(reader.poll(200)) or len(records) >= count, LIMIT_S, topic)
    return records


def exported_entries(ledger, folder):
    """Return the entries of the case log, from a verified copy."""
    logs = ledger.run["logs"]
    for log, name in zip(logs, ("control", "0"), strict=True):
        done = program("export", "log", "--log", name, folder / name, "--data", ledger.data)
        assert done.returncode == 0, done.stderr
        words = [folder / name, "--vkey", log["vkey_file"]]
        if name == "0":
            vkeys = folder / "vkeys"
            vkeys.write_text("".join(Path(log["vkey_file"]).read_text() for log in logs))
            words = [folder / name, "--vkey", vkeys, "--control", folder / "control"]
        found = program("verify", "log", *words)
        assert found.returncode == 0, found.stdout + found.stderr
    files = [path for path in (folder / "0/tile/entries").rglob("*") if path.is_file()]
    bundles = [decode_bundle(path.read_bytes()) for path in files]
    return sorted((entry for bundle in bundles for entry in bundle), key=leaf_index)


def leaf_index(entry):
    """Return which entry it is."""
    return decode_entry(entry).leaf_index


def leader_of(cluster, topic):
    """Return which broker leads the only partition of a topic."""
    return wait_for(lambda: described(cluster), LIMIT_S, "a broker")[topic][0]["leader_id"]


def kill(cluster, number):
    """End a broker by force."""
    cluster.nodes[number].signal(signal.SIGKILL)
    assert cluster.nodes[number].wait(60)


def begin(cluster, ledger, word):
    """Return an agency that is emitting, on brokers that are all well."""
    agency = Agency(ledger, word)
    agency.start()
    wait_for(agency.goes_on(), LIMIT_S, "answers before")
    wait_for(lambda: all_in_sync(cluster), LIMIT_S, "replicas before")
    return agency


def end(cluster, ledger, agency, folder):
    """Wait until all is well again; then look at every answer, entry and relayed record."""
    wait_for(lambda: all_in_sync(cluster), LIMIT_S, "replicas after")
    wait_for(agency.goes_on(), LIMIT_S, "answers after")
    agency.finish()
    assert Counter(agency.answers) == Counter(range(agency.made))
    entries = exported_entries(ledger, folder)
    acts = [decode_entry(entry).act for entry in entries]
    ours = [act for act in acts if decode_act(act).emitter_id == agency.office.emitter_id]
    assert [number_of(act) for act in ours] == list(range(agency.made))
    records = topic_records(cluster, LEDGER, len(entries))
    assert [record.value for record in records][: len(entries)] == entries


def test_topics_are_kept_three_times_with_two_in_sync(cluster, ledger):
    """`up` asks the brokers how many they are."""
    wait_for(lambda: all_in_sync(cluster), LIMIT_S, "replicas")
    admin = open_admin(KafkaAddress(cluster.bootstrap))
    asked = [ConfigResource("TOPIC", topic.name, ["min.insync.replicas"]) for topic in TOPICS]
    found = admin.describe_configs(asked)["topic"]
    admin.close()
    assert {topic.name for topic in TOPICS} == set(found)
    assert {rows["min.insync.replicas"]["value"] for rows in found.values()} == {"2"}


@pytest.mark.parametrize("topic", [ACTS, RECEIPTS, LEDGER])
def test_acts_survive_the_death_of_a_leader(cluster, ledger, tmp_path, topic):
    """Each is answered once with a good receipt, is one entry, in order, and is relayed once."""
    agency = begin(cluster, ledger, topic.split(".")[1])
    victim = leader_of(cluster, topic)
    kill(cluster, victim)
    wait_for(agency.goes_on(), LIMIT_S, "answers without a leader")
    assert leader_of(cluster, topic) != victim
    cluster.restart_node(victim)
    end(cluster, ledger, agency, tmp_path)


class Entries:
    """A log of twenty entries in memory, behind the recorder's method."""

    def __init__(self):
        self.stored = [
            encode_entry(Entry(n, "case:1", n + 1, bytes(32), 1, 1, 0, None, b"proof", b"act"))
            for n in range(20)
        ]

    def read_entries(self, start, limit):
        """Return what the recorder would."""
        return list(enumerate(self.stored))[start : start + limit]


def refusal(relay, size):
    """Relay; return why that failed, nothing where it did not."""
    try:
        relay.relay(size)
    except UnavailableError as error:
        return str(error)
    return ""


def test_what_the_leader_alone_has_is_relayed_once(cluster):
    """A write that waits for two dead replicas gets no answer, and is no reader's to see."""
    kafka, entries, topic = KafkaAddress(cluster.bootstrap), Entries(), "tests.ledger"
    admin = open_admin(kafka)
    settings = {"num_partitions": 1, "replication_factor": 3}
    admin.create_topics({topic: {**settings, "configs": {"min.insync.replicas": "2"}}})
    relay = LogRelay(kafka, admin, LogTopics(ACTS, topic, 0), 1, "o", entries, FixedClock(1_000))
    wait_for(lambda: not refusal(relay, 10) and relay.next_index == 10, LIMIT_S, "ten entries")
    leader = admin.describe_topics([topic])[0]["partitions"][0]["leader_id"]
    others = [number for number in range(3) if number != leader]
    for number in others:
        kill(cluster, number)
    assert refusal(relay, 20)
    wait_for(lambda: "not in sync yet" in refusal(relay, 20), LIMIT_S, "a look at the leader")
    for number in others:
        cluster.restart_node(number)
    wait_for(lambda: not refusal(relay, 20) and relay.next_index == 20, LIMIT_S, "the other ten")
    admin.close()
    records = topic_records(cluster, topic, 20)
    assert [record.value for record in records] == entries.stored
