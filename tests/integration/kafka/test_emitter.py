"""Emitter, broker, appenders and PostgreSQL together: every act once, every emitter answered."""

import threading
from collections import Counter

import pytest

from consumers.emitter.client import EmitterClient
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.receipt_folder import ReceiptFolder
from consumers.emitter.submission import UnsealedAct, VaultKey, build_items
from consumers.emitter.transport import Topics
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import uuid_text
from ledger.chain.note_keys import VerifierKey
from ledger.chain.receipt import verify_receipt
from ledger.clock import SystemClock, system_random
from schemas.catalogue import load_catalogue
from tests.support import control as control_data
from tests.support.append_stage import TRANSPORT_PUBLIC, Stage, make
from tests.support.running_ledger import RunningLedger

pytestmark = pytest.mark.kafka

VAULT_KEY = VaultKey(1, TRANSPORT_PUBLIC.public_bytes_raw())


def acts(start, end, stream="case:1"):
    """Return small acts that anybody registered may send."""
    return [
        make(
            "CaseClosed",
            {"reason": "EXECUTED"},
            f"{stream}{n % 3}",
            event_id=control_data.event_id(f"{stream}/{n}"),
        )
        for n in range(start, end)
    ]


def items_of(sealed, signer=None):
    """Return acts as one submission."""
    signer = signer or control_data.signer(control_data.AGENCY_EMITTER)
    unsealed = [UnsealedAct(one.act.stream_key, one.value, one.openings) for one in sealed]
    return build_items(
        control_data.LEDGER, unsealed, [signer], VAULT_KEY, SystemClock(), system_random
    )


class Emitter:
    """A client with its answers."""

    def __init__(self, broker, resend_after_s=1.0):
        self.answers = []
        line = KafkaLine(broker.address, Topics(load_catalogue()).topic, SystemClock())
        self.client = EmitterClient(
            line,
            lambda item, answer: self.answers.append((item, answer)),
            threading.Event(),
            SystemClock(),
            resend_after_s=resend_after_s,
        )

    def emit(self, items):
        """Send and wait for every answer."""
        self.client.wait(self.client.send(items))
        return Counter(answer.outcome for _, answer in self.answers)


@pytest.fixture
def stage(database_url, tmp_path, kafka_broker):
    """A published ledger and a broker with its topics."""
    kafka_broker.create_topics()
    stage = Stage(database_url, tmp_path)
    stage.found()
    stage.publish_everything()
    yield stage
    stage.close()


@pytest.fixture
def ledger(kafka_broker, stage):
    """The same, with appenders running."""
    with RunningLedger(kafka_broker, stage) as running:
        yield running


@pytest.fixture
def emitter(kafka_broker):
    """An emitter of that broker."""
    emitter = Emitter(kafka_broker)
    yield emitter
    emitter.client.close()


def event_ids(stage):
    """Return the event ids of the case log's entries that came from an emitter."""
    entries = [decode_entry(data) for data in stage.entries("0")]
    return [
        decode_act(entry.act).event_id
        for entry in entries
        if entry.source is not None and entry.submission
    ]


def test_acts_come_back_with_receipts_that_hold(stage, ledger, emitter, tmp_path):
    """One submission, one of them with a sealed opening; every receipt is checked and kept."""
    sent = items_of(acts(0, 20))
    assert emitter.emit(sent) == {"committed": 20}
    key = VerifierKey.from_vkey(stage.signer("0").vkey)
    folder = ReceiptFolder(tmp_path / "receipts", [key])
    for item, answer in emitter.answers:
        folder.keep(item, answer)
    names = {path.name for path in (tmp_path / "receipts").iterdir()}
    assert names == {f"{uuid_text(item.event_id)}.tlog-proof" for item in sent}
    item, answer = emitter.answers[-1]
    report = verify_receipt(answer.receipt, item.act, [key])
    assert (report.index, report.stream_id) == (answer.leaf_index, item.key)


def test_the_same_acts_again_get_the_same_place(ledger, emitter):
    """Another submission of the same bytes: duplicates, at the same leaf index."""
    emitter.emit(items_of(acts(0, 5)))
    first = [answer.leaf_index for _, answer in emitter.answers]
    assert emitter.emit(items_of(acts(0, 5))) == {"committed": 5, "duplicate": 5}
    assert [answer.leaf_index for _, answer in emitter.answers[5:]] == first


def test_lost_answers_are_asked_for_again(stage, ledger, emitter):
    """Method: the first answers are given up; the same bytes are sent again and answered."""
    lost = []
    ledger.answers.lose = lambda deliveries: (
        bool(deliveries.receipts) and not lost and (lost.append(1) or True)
    )
    outcomes = emitter.emit(items_of(acts(0, 10)))
    assert outcomes.total() == 10
    assert outcomes["duplicate"] > 0
    assert len(event_ids(stage)) == 10


@pytest.mark.parametrize("after", [3, 300])
def test_a_broker_that_forgot_under_live_consumers_loses_and_doubles_nothing(
    kafka_broker, stage, ledger, emitter, after
):
    """With fewer and with more records than before; what was sent in the old life is kept."""
    sent = items_of(acts(0, 40))
    emitter.emit(sent)
    kafka_broker.forget()
    assert emitter.emit(items_of(acts(40, 40 + after))).total() == 40 + after
    found = event_ids(stage)
    assert sorted(found) == sorted({one.act.event_id for one in acts(0, 40 + after)})


def test_acts_in_flight_when_the_broker_forgets_are_sent_again(kafka_broker, stage, emitter):
    """No appender runs while the first acts are sent: they exist only in the broker."""
    numbers = emitter.client.send(items_of(acts(0, 30)))
    kafka_broker.forget()
    with RunningLedger(kafka_broker, stage):
        emitter.client.wait(numbers)
    assert event_ids(stage) == [one.act.event_id for one in acts(0, 30)]


def test_an_unknown_key_is_heard_of_on_the_rejected_topic(ledger, emitter):
    """The ledger answers to nobody whom it cannot prove; the notice is matched on the source."""
    stranger = control_data.signer("agy.stranger")
    items = items_of(
        [make("CaseClosed", {"reason": "EXECUTED"}, "case:9", emitter_id="agy.stranger")], stranger
    )
    assert emitter.emit(items) == {"rejected": 1}
    assert emitter.answers[0][1].code == "R2_KEY_UNKNOWN"
