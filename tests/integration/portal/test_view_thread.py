"""A view whose connections are lost goes on by itself; the role says why it waits, and that it hangs."""

from __future__ import annotations

import queue
import threading

import pytest

from ledger.errors import UnavailableError
from portal.programs.project import STILL_S, Progress, ViewThread, tell


class Told:
    """Keeps what a role was told last."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def set_ready(self) -> None:
        """Note it."""
        self.reason = ""

    def set_waiting(self, reason: str) -> None:
        """Note why."""
        self.reason = reason


class Looks(ViewThread):
    """Puts every look, and every reason to wait, into a queue."""

    def __init__(self, url: str, stopping: threading.Event) -> None:
        self.heard: queue.Queue[str] = queue.Queue()
        super().__init__("registers", url, {}, stopping)

    def _observe(self, progress: Progress) -> None:
        super()._observe(progress)
        self.heard.put("")

    def _wait(self, reason: str) -> None:
        super()._wait(reason)
        self.heard.put(reason)

    def hear(self, *, is_waiting: bool) -> str:
        """Return the next look, or the next reason."""
        while bool(reason := self.heard.get(timeout=30)) != is_waiting:
            pass
        return reason


@pytest.fixture
def view(database_url):
    stopping = threading.Event()
    view = Looks(database_url, stopping)
    view.thread.start()
    yield view
    stopping.set()
    view.thread.join(20)


def test_a_view_opens_lost_connections_anew(view, postgres_server, database):
    """It neither ends nor tries for ever on a connection that is no more."""
    view.hear(is_waiting=False)
    for _ in range(2):
        postgres_server.disconnect(database)
        assert view.hear(is_waiting=True).startswith("PostgreSQL")
        view.hear(is_waiting=False)
    assert view.error is None
    assert view.thread.is_alive()


def progress() -> Progress:
    return Progress("registers", 0, {}, {})


def test_the_role_says_which_view_waits_and_why():
    now = [100.0]
    views = [
        ViewThread(name, "", {}, threading.Event(), lambda: now[0])
        for name in ("registers", "disclosure")
    ]
    told = Told()
    tell(views, told)
    assert told.reason == "view registers: starting"
    for view in views:
        view._observe(progress())
    tell(views, told)
    assert told.reason == ""
    views[1]._wait("PostgreSQL is away: its disk is full")
    tell(views, told)
    assert told.reason == "view disclosure: PostgreSQL is away: its disk is full"
    views[1]._observe(progress())
    now[0] += STILL_S + 1
    views[0]._observe(progress())
    tell(views, told)
    assert told.reason == "view disclosure: PostgreSQL does not answer"


def test_a_database_that_stays_away_ends_the_view(monkeypatch):
    """Within bounds: whoever started the program starts it again."""
    monkeypatch.setattr("consumers.retrying.RETRY_LONGEST_S", 0.001)
    stopping = threading.Event()
    view = ViewThread("registers", "postgresql://nobody@127.0.0.1:1/none", {}, stopping)
    view._run()
    assert isinstance(view.error, UnavailableError)
    assert stopping.is_set()
