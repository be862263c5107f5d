"""The roles as separate programs, from ``append`` to ``portal``.

Each reads its settings from ``LEDGER_*``, says on /readyz what it waits for, and ends in order on
SIGTERM. ``lianzheng up`` runs the same programs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ledger.errors import LedgerError, UnavailableError
from portal.cli.context import LogOption
from portal.cli.settings import RoleSettings, read_portal_settings, read_role_settings


@contextmanager
def role(name: str) -> Iterator[None]:
    """Set up a role's diagnostics; what ends it is a line of them, and its exit code."""
    from portal.telemetry import configure, role_ended

    configure(name)
    try:
        yield
    except LedgerError as error:
        role_ended(error, os.environ.get("LEDGER_DATA", "DATA"))
        raise typer.Exit(error.exit_code) from None
    except OSError as error:
        sys.excepthook(type(error), error, error.__traceback__)  # As diagnostics: places, no text.
        raise typer.Exit(UnavailableError.exit_code) from None


def stopping_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def role_settings() -> RoleSettings:
    """Return a role's settings, its database looked at: it has the layout of this version."""
    from ledger.store.layout import require_layout

    settings = read_role_settings()
    require_layout(settings.database_url.get_secret_value())
    return settings


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""

    @app.command()
    def append(log: LogOption) -> None:
        """Append one log: Kafka in, entries, promise and outcomes out."""
        with role(f"append-{log}"):
            from portal.programs.append import run_append

            run_append(role_settings(), log, stopping_event())

    @app.command()
    def relay() -> None:
        """Publish committed entries of all logs to the ledger topics."""
        with role("relay"):
            from portal.programs.relay import run_relay_program

            run_relay_program(role_settings(), stopping_event())

    @app.command()
    def project() -> None:
        """Feed every view from the promised entries."""
        with role("project"):
            from portal.programs.project import run_project

            run_project(role_settings(), stopping_event())

    @app.command()
    def supervise() -> None:
        """Judge every entry by the violation rules and raise alerts."""
        with role("supervise"):
            from portal.programs.supervise import run_supervise

            run_supervise(role_settings(), stopping_event())

    @app.command()
    def portal() -> None:
        """Serve the HTTP API, the pages and the static files of the logs."""
        with role("portal"):
            from ledger.store.layout import require_layout
            from portal.serve import serve

            settings = read_portal_settings()
            require_layout(settings.database_url.get_secret_value())
            serve(settings)
