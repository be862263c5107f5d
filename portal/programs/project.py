"""The projections as a program: every view fed by a thread of its own.

Read before: ``portal/cli/roles.py``. Read next: ``consumers/project.py``.

A view that fails for good ends the program, so that the supervisor sees it and starts it again;
views do not depend on each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from prometheus_client import Gauge
from psycopg import Connection

from consumers.entry_source import DatabaseEntrySource, PromiseListener
from consumers.project import FactsFollower, Progress, Projector
from consumers.rebuild import rebuild_view
from ledger.domain.projection import EntryProof
from ledger.errors import LedgerError, UnavailableError
from portal.cli.settings import RoleSettings
from portal.programs.proofs import promised_trees
from portal.programs.views import VIEWS, open_view
from portal.role_server import RoleState, serve_state

LAG = Gauge("lianzheng_projection_lag_events", "Promised entries a view has not taken in", ["view"])
ENTRIES = Gauge(
    "lianzheng_projection_reached_seq", "Entries of a log a view took in", ["view", "log"]
)
STOP_LIMIT_S = 20.0


def connect(url: str) -> Connection[Any]:
    """Open a connection in autocommit mode. Raises UnavailableError."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise UnavailableError("PostgreSQL does not answer") from error


class ViewThread:
    """One view's loop; keeps what ended it."""

    def __init__(
        self,
        name: str,
        url: str,
        proofs: Mapping[str, EntryProof],
        stopping: threading.Event,
    ) -> None:
        self.name = name
        self._proofs = proofs
        self.error: LedgerError | None = None
        self._url = url
        self._stopping = stopping
        self.ready = False
        self.thread = threading.Thread(target=self._run, name=f"view-{name}")

    def _run(self) -> None:
        # Stands if anything else ends the thread; what it was goes to the thread hook.
        error: LedgerError | None = LedgerError(f"view {self.name}: its thread died of a fault")
        try:
            with (
                connect(self._url) as writing,
                connect(self._url) as reading,
                connect(self._url) as listening,
            ):
                source = DatabaseEntrySource(reading, self._proofs)
                facts = FactsFollower(source)
                view = open_view(self.name, writing)
                if not view.is_current:  # New, or made by other code: the same road as a rebuild.
                    rebuild_view(view, source, facts)
                projector = Projector(view, source, facts)
                projector.run(PromiseListener(listening), self._stopping, self._observe)
            error = None
        except LedgerError as failure:
            error = failure
        finally:
            self.error = error
            self._stopping.set()

    def _observe(self, progress: Progress) -> None:
        self.ready = True
        LAG.labels(progress.view).set(progress.lag)
        for log, size in progress.reached.items():
            ENTRIES.labels(progress.view, log).set(size)


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
    wait_ready(lambda: all(view.ready for view in views), state, stopping)
    stopping.wait()
    for view in views:
        view.thread.join(STOP_LIMIT_S)
    for view in views:
        if view.error is not None:
            raise view.error


def wait_ready(ready: Callable[[], bool], state: RoleState, stopping: threading.Event) -> None:
    """Say that the role is ready once every view has looked at its source."""
    while not stopping.wait(0.05):
        if ready():
            state.set_ready()
            return
