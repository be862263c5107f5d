"""The roles as separate programs: ``append``, ``relay``, ``project``, ``portal``.

Each reads its settings from ``LEDGER_*``, says on /readyz what it waits for, and ends in order on
SIGTERM. ``lianzheng up`` runs the same programs.
"""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from portal.cli.settings import RoleSettings, read_role_settings


def stopping_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""

    @app.command()
    def append(
        log: Annotated[str, typer.Option(metavar="control|N", help="Log to append to.")],
    ) -> None:
        """Append one log: Kafka in, entries, promise and outcomes out."""
        from portal.programs.append import run_append

        run_append(_start(f"append-{log}"), log, stopping_event())

    @app.command()
    def relay() -> None:
        """Publish committed entries of all logs to the ledger topics."""
        from portal.programs.relay import run_relay_program

        run_relay_program(_start("relay"), stopping_event())

    @app.command()
    def project() -> None:
        """Feed every view from the promised entries."""
        from portal.programs.project import run_project

        run_project(_start("project"), stopping_event())

    @app.command()
    def portal() -> None:
        """Serve the HTTP API, the pages and the static files of the logs."""
        from portal.cli.settings import read_portal_settings
        from portal.serve import serve
        from portal.telemetry import configure

        configure("portal")
        serve(read_portal_settings())


def _start(role: str) -> RoleSettings:
    from portal.telemetry import configure

    configure(role)
    return read_role_settings()
