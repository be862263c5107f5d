"""A command survives a restart of the ledger: what it has to read is read again, within bounds."""

from __future__ import annotations

import threading

import pytest

from consumers.generate.commands import Command
from consumers.generate.records import SimulatedRecord
from consumers.platform.performer import FilePerformer
from consumers.retrying import RETRIES_MAX
from ledger.errors import UnavailableError
from ledger.store.outage import postgres_away


class Restarting:
    """Commands of a ledger that is away for a while: at the look-up, then at the building."""

    def __init__(self, away: int, stopping: threading.Event | None = None) -> None:
        self.away = away
        self.looks = 0
        self._stopping = stopping

    def earlier(self, *_given):
        """Know nothing of it, when the ledger is there."""
        self._look()

    def archive_case(self, *_given):
        """Return an act, when the ledger is there."""
        self._look()
        return ["an act"]

    def _look(self) -> None:
        self.looks += 1
        if self.looks <= self.away or self.looks == self.away + 2:
            if self._stopping is not None:
                self._stopping.set()
            raise postgres_away(ConnectionRefusedError("Connection refused"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("consumers.retrying.RETRY_FIRST_S", 0.0)


COMMAND = Command(
    "archive_case", "agency:1", "officer:5", case_id="case:1", archive_no="ARC-1", retention="Y10"
)
RECORD = SimulatedRecord(1, "platform", "case:1", None, (), COMMAND)


def test_a_command_waits_for_the_ledger_and_is_sent_once():
    sent = []
    FilePerformer(Restarting(3), sent.append).perform(RECORD)
    assert sent == [["an act"]]


def test_a_ledger_that_stays_away_is_told():
    commands = Restarting(1_000)
    with pytest.raises(UnavailableError, match="connection refused"):
        FilePerformer(commands, lambda _acts: None).perform(RECORD)
    assert commands.looks == RETRIES_MAX + 1


def test_nothing_is_sent_once_it_is_stopped():
    stopping, sent = threading.Event(), []
    FilePerformer(Restarting(1, stopping), sent.append, stopping).perform(RECORD)
    assert sent == []
