"""The projections as a program: every view fed by a thread of its own.

Read before: ``portal/cli/roles.py``. Read next: ``consumers/project.py``.

Each view has connections of its own; lost ones are opened anew, within bounds. A view that fails
for good ends the program, so that the supervisor sees it and starts it again; views do not depend
on each other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import psycopg
import structlog
from prometheus_client import Gauge
from psycopg import Connection

from consumers.entry_source import DatabaseEntrySource, PromiseListener
from consumers.project import FactsFollower, Progress, Projector
from consumers.rebuild import rebuild_view
from consumers.retrying import Backoff, Readiness
from ledger.domain.projection import EntryProof
from ledger.errors import LedgerError, UnavailableError
from ledger.store.environment import LOST_HOST
from ledger.store.outage import postgres_away
from portal.cli.settings import RoleSettings
from portal.programs.proofs import promised_trees
from portal.programs.views import VIEWS, open_view
from portal.role_server import RoleState, serve_state

LAG = Gauge("lianzheng_projection_lag_events", "Promised entries a view has not taken in", ["view"])
ENTRIES = Gauge(
    "lianzheng_projection_reached_seq", "Entries of a log a view took in", ["view", "log"]
)
STOP_LIMIT_S: Final = 20.0
STILL_S: Final = 30.0  # A view that has not looked for so long hangs: PostgreSQL does not answer.
READY_CHECK_S: Final = 0.1

log = structlog.get_logger()


def connect(url: str) -> Connection[Any]:
    """Open a connection in autocommit mode. Raises UnavailableError."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10, **LOST_HOST)
    except psycopg.OperationalError as error:
        raise postgres_away(error) from error


class ViewThread:
    """One view's loop; keeps what ended it, and says why it is not at work."""

    def __init__(
        self,
        name: str,
        url: str,
        proofs: Mapping[str, EntryProof],
        stopping: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._proofs = proofs
        self.error: LedgerError | None = None
        self._url = url
        self._stopping = stopping
        self._monotonic = monotonic
        self._reason = "starting"
        self._looked_at = 0.0
        self._backoff = Backoff()
        self.thread = threading.Thread(target=self._run, name=f"view-{name}")

    def _run(self) -> None:
        # Stands if anything else ends the thread; what it was goes to the thread hook.
        error: LedgerError | None = LedgerError(f"view {self.name}: its thread died of a fault")
        try:
            while not self._stopping.is_set():
                try:
                    self._run_connected()
                except UnavailableError as failure:
                    self._wait(str(failure))
                    pause_s = self._backoff.next_pause(failure)
                    log.warning("view_reconnected", view=self.name, pause_s=round(pause_s, 3))
                    self._stopping.wait(pause_s)
            error = None
        except LedgerError as failure:
            error = failure
        finally:
            self.error = error
            self._stopping.set()

    def _run_connected(self) -> None:
        """Feed the view until ``stopping`` is set. Raises UnavailableError: connect again."""
        with (
            connect(self._url) as writing,
            connect(self._url) as reading,
            connect(self._url) as listening,
        ):
            connections = (writing, reading, listening)
            source = DatabaseEntrySource(reading, self._proofs)
            facts = FactsFollower(source)
            view = open_view(self.name, writing)
            if not view.is_current:  # New, or made by other code: the same road as a rebuild.
                rebuild_view(view, source, facts)
            Projector(view, source, facts).run(
                PromiseListener(listening),
                self._stopping,
                self._observe,
                self._wait,
                lambda: any(connection.closed for connection in connections),
            )

    def why_not_ready(self) -> str:
        """Return why the view is not being fed now, empty if it is."""
        if not self._reason and self._monotonic() - self._looked_at > STILL_S:
            return f"view {self.name}: PostgreSQL does not answer"
        return self._reason and f"view {self.name}: {self._reason}"

    def _wait(self, reason: str) -> None:
        self._reason = reason

    def _observe(self, progress: Progress) -> None:
        self._looked_at = self._monotonic()
        self._reason = ""
        self._backoff.reset()
        LAG.labels(progress.view).set(progress.lag)
        for name, size in progress.reached.items():
            ENTRIES.labels(progress.view, name).set(size)


def run_project(settings: RoleSettings, stopping: threading.Event) -> None:
    """Feed all views until ``stopping`` is set.

    Raises:
        LedgerError: A view cannot go on; what it was is raised, or that its thread died.
        VerificationError: So too where the database holds another entry than was promised.
    """
    state = RoleState("project")
    serve_state(state, settings.health_host, settings.health_port)
    url = settings.database_url.get_secret_value()
    proofs = promised_trees(settings.data, settings.tile_store)
    views = [ViewThread(name, url, proofs, stopping) for name in VIEWS]
    for view in views:
        view.thread.start()
    while not stopping.wait(READY_CHECK_S):
        tell(views, state)
    for view in views:
        view.thread.join(STOP_LIMIT_S)
    for view in views:
        if view.error is not None:
            raise view.error


def tell(views: Sequence[ViewThread], readiness: Readiness) -> None:
    """Say that the role is ready while every view is fed, else why the first one is not."""
    reason = next(filter(None, (view.why_not_ready() for view in views)), "")
    if reason:
        readiness.set_waiting(reason)
    else:
        readiness.set_ready()
