"""How long the portal lets a broker hold a fetch: by what the broker is."""

import pytest

from ledger.store.birth import LedgerOptions
from portal.cli.settings import read_portal_settings
from portal.stack.broker import EmbeddedBroker
from portal.stack.ledger_stack import LedgerStack, StackPlan
from portal.stack.servers import ExternalBroker

OPTIONS = LedgerOptions("waits.example", "12430000FCT000003D")


@pytest.fixture
def wait_with(tmp_path, monkeypatch):
    """Return the wait of a portal that is started beside a broker."""

    def told(broker):
        stack = LedgerStack(StackPlan(tmp_path, OPTIONS), lambda _line: None)
        stack.broker = broker
        given = {"LEDGER_DATA": str(tmp_path), "LEDGER_KAFKA": "", "LEDGER_DATABASE_URL": ""}
        for name, value in {**given, **stack.fetch_wait()}.items():
            monkeypatch.setenv(name, value)
        return read_portal_settings().kafka_fetch_wait_ms

    return told


def test_a_broker_that_answers_late_is_asked_often(tmp_path, wait_with):
    """The embedded broker holds an empty fetch to its end, though a record comes meanwhile."""
    assert wait_with(EmbeddedBroker(tmp_path)) == EmbeddedBroker.fetch_wait_ms == 10


def test_apache_kafka_may_hold_a_fetch_for_long(wait_with):
    """It answers at once when a record comes: asking often is only work."""
    assert wait_with(ExternalBroker("127.0.0.1:9092")) == 200
