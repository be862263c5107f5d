"""Views read from the ledger topics are those read from the event store."""

from __future__ import annotations

import pytest

from consumers import topic_source
from consumers.project import FactsFollower, Projector
from consumers.record_batch import OutRecord
from consumers.topic_source import TopicEntrySource
from consumers.topics import log_topics
from ledger.chain.entry import decode_entry
from ledger.domain.projection import CONTROL_LOG
from ledger.errors import ChainBrokenError, IncompleteError, UnavailableError
from projections.case_replay.projection import CaseReplayProjection
from projections.disclosure.projection import DisclosureProjection
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import LedgerCopy, MemorySource
from tests.support.views import MemoryView, memory_view

pytestmark = pytest.mark.kafka
LOOKS_MAX = 200


@pytest.fixture
def ledger() -> LedgerCopy:
    ledger = LedgerCopy(2, schemas=TYPES)
    register_agencies(ledger)
    for number in range(1, 5):
        case = Case(ledger, number, str(number % 2))
        case.filed()
        case.decided()
        case.published()
        case.retrieved()
    return ledger


def records(
    ledger: LedgerCopy, log: str, start: int = 0, end: int | None = None
) -> list[OutRecord]:
    """Return entries of a log as the relay publishes them."""
    place = log_topics(log)
    out = []
    for data in ledger.logs[log][start:end]:
        entry = decode_entry(data)
        headers = [
            ("lz-origin", f"copy.example/{log}".encode()),
            ("lz-leaf-index", b"%d" % entry.leaf_index),
        ]
        key = entry.stream_id.encode()
        out.append(OutRecord(place.outgoing, key, data, headers, place.partition))
    return out


def publish_all(broker, ledger: LedgerCopy) -> None:
    for log in ledger.logs:
        broker.produce(records(ledger, log))


def read_until(source: TopicEntrySource, wanted: dict[str, int]) -> None:
    """Look until the source has come so far."""
    for _ in range(LOOKS_MAX):
        sizes = source.sizes()
        if all(sizes.get(log, 0) >= size for log, size in wanted.items()):
            return
    raise AssertionError("the topics were not read to their end")


def project_all(view: MemoryView, broker, ledger: LedgerCopy) -> None:
    """Feed a view from the topics until it has taken in everything."""
    whole = {log: len(entries) for log, entries in ledger.logs.items()}
    with (
        TopicEntrySource(broker.address, view.sizes) as source,
        TopicEntrySource(broker.address, {}) as control,
    ):
        projector = Projector(view, source, FactsFollower(control))
        for _ in range(LOOKS_MAX):
            try:
                projector.project_batch(7)
            except UnavailableError:
                continue  # The control log's copy for the facts is a look behind.
            if view.sizes == whole:
                return
    raise AssertionError("the topics were not read to their end")


@pytest.mark.parametrize("definition", [DisclosureProjection, CaseReplayProjection])
def test_topics_and_event_store_give_the_same_digest(kafka_broker, ledger, definition):
    """Entries come in other batches and another interleaving."""
    kafka_broker.create_topics(2)
    publish_all(kafka_broker, ledger)
    view = MemoryView(definition())
    project_all(view, kafka_broker, ledger)
    assert view.digest == memory_view(definition(), MemorySource(ledger.logs)).digest


def test_a_reader_goes_on_where_its_view_is(kafka_broker, ledger):
    """Begun in the middle, it hands out the rest and nothing twice."""
    kafka_broker.create_topics(2)
    publish_all(kafka_broker, ledger)
    size = len(ledger.logs["1"])
    with TopicEntrySource(kafka_broker.address, {"1": 5}) as source:
        read_until(source, {"1": size})
        found = source.read("1", 5, 100, None)
        assert [entry.data for entry in found.entries] == ledger.logs["1"][5:]
        assert found.end == size
        some = source.read("1", 5, 100, {"DisclosurePublished"})
        assert {entry.leaf_index for entry in some.entries} < set(range(5, size))
        with pytest.raises(IncompleteError):
            source.read("1", 4, 1, None)


def test_what_nobody_takes_is_not_read_further(kafka_broker, ledger, monkeypatch):
    """A full buffer stops its topic; when entries were taken, it goes on and lacks none."""
    monkeypatch.setattr(topic_source, "BUFFERED_ENTRIES_MAX", 4)
    kafka_broker.create_topics(2)
    kafka_broker.produce(records(ledger, "0", 0, 4))
    with TopicEntrySource(kafka_broker.address, {}) as source:
        read_until(source, {"0": 4})
        kafka_broker.produce(records(ledger, "0", 4))
        assert [source.sizes()["0"] for _ in range(5)] == [4] * 5
        source.read("0", 3, 1, None)
        read_until(source, {"0": len(ledger.logs["0"])})
        found = source.read("0", 3, 1_000, None)
        assert [entry.data for entry in found.entries] == ledger.logs["0"][3:]


def test_a_topic_published_again_from_the_start_is_read_once(kafka_broker, ledger):
    """The broker forgot everything under the reader; equal bytes are skipped."""
    kafka_broker.create_topics(2)
    half = len(ledger.logs["0"]) // 2
    kafka_broker.produce(records(ledger, "0", 0, half))
    with TopicEntrySource(kafka_broker.address, {}) as source:
        read_until(source, {"0": half})
        kafka_broker.forget(2)
        publish_all(kafka_broker, ledger)
        for _ in range(LOOKS_MAX):
            try:
                read_until(source, {log: len(entries) for log, entries in ledger.logs.items()})
                break
            except UnavailableError:
                continue  # The new life was noticed; the next look begins in it.
        found = source.read("0", 0, 1_000, None)
        assert [entry.data for entry in found.entries] == ledger.logs["0"]


def test_other_bytes_under_a_known_leaf_index_stop_the_reader(kafka_broker, ledger):
    """A copy that contradicts itself is tampering."""
    kafka_broker.create_topics(2)
    first = records(ledger, "0")
    other = first[3]._replace(value=first[4].value)
    kafka_broker.produce([*first, other])
    with TopicEntrySource(kafka_broker.address, {}) as source, pytest.raises(ChainBrokenError):
        read_until(source, {"0": 10_000})


def test_a_gap_stops_the_reader(kafka_broker, ledger):
    """An entry that is missing is never passed over."""
    kafka_broker.create_topics(2)
    control = records(ledger, CONTROL_LOG)
    kafka_broker.produce([*control[:3], *control[4:]])
    with TopicEntrySource(kafka_broker.address, {}) as source, pytest.raises(IncompleteError):
        read_until(source, {CONTROL_LOG: 10_000})
