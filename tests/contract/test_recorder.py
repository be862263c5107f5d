"""The library's own test cases for recorders, run against ``LedgerRecorder``.

They prove that select, subscribe, notification and tracking mean what the library says, so its
applications and projections stand on our tables.
"""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from eventsourcing.utils import Environment

from ledger.store.environment import open_recorder, recorder_environment
from ledger.store.log_tables import create_log_tables
from ledger.store.recorder import LedgerRecorder


class _OnPostgres:
    """Gives each test a log of its own in a database of its own."""

    @pytest.fixture(autouse=True)
    def _log(self, database_url: str):
        with psycopg.connect(database_url) as connection:
            create_log_tables(connection, "0", "tests.example/log/0", "international")
        self.database_url = database_url
        self.opened: list[LedgerRecorder] = []
        yield
        for recorder in self.opened:
            recorder.datastore.close()

    def create_recorder(self) -> LedgerRecorder:
        recorder = open_recorder(self.database_url, "0")
        recorder.create_table()
        self.opened.append(recorder)
        return recorder

    def new_originator_id(self) -> str:
        return f"case:{uuid4()}"


class TestApplicationRecorder(_OnPostgres, ApplicationRecorderTestCase):
    """What applications and projections rely on."""

    def test_subscribe(self) -> None:
        """A subscription gets what was there and what comes."""
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(_OnPostgres, TrackingRecorderTestCase):
    """What a consumer's position relies on."""


class TestProcessRecorder(_OnPostgres, ProcessRecorderTestCase):
    """Events and position in one transaction."""


class TestNotificationOrder(_OnPostgres, NonInterleavingNotificationIDsBaseCase):
    """Two writers at once: the numbers of one batch stand together."""


def test_the_library_builds_our_recorder_from_the_pinned_environment(
    database_url: str, monkeypatch
):
    """Stray variables of the surroundings change neither the class nor the stored bytes."""
    with psycopg.connect(database_url) as connection:
        create_log_tables(connection, "control", "tests.example/control", "international")
    stray = {
        "COMPRESSOR_TOPIC": "zlib",
        "POSTGRES_SCHEMA": "public",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    }
    env = Environment("control", stray | recorder_environment(database_url, "control"))
    with InfrastructureFactory.construct(env) as factory:
        recorder = factory.application_recorder()
        assert isinstance(recorder, LedgerRecorder)
        assert recorder.log == "control"
        assert factory.compressor() is None
        recorder.insert_events([StoredEvent("ledger", 1, "T.v1", b"state")])
        assert recorder.entry(0) == b"state"
        assert recorder.frontier().size == 1
