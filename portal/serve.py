"""The portal as a program: one process, one port, until it is asked to stop.

Read before: ``portal/settings.py``. Read next: ``portal/api/app.py``.

The server runs inside this process, so that killing the process leaves none behind. It listens
where it is told, on loopback by default; TLS and the way out belong to a proxy in front.

Connections are bounded, so what is slow on one is cut: silence and headers here, bodies in
``portal/api/body_pace.py``.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

from ledger.errors import UnavailableError
from portal.api.app import app_of
from portal.resources import Resources
from portal.settings import PortalSettings

BACKLOG: Final = 1_024
CONNECTIONS_MAX: Final = 4_096  # The rest waits in the backlog.
OTHER_FILES_MAX: Final = 256  # Connections to servers, tiles being read, templates.
HEADERS_LIMIT_MS: Final = 15_000
GC_THRESHOLD: Final = 20_000  # Objects made between two collections of the youngest.


def serve(settings: PortalSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        UnavailableError: What the portal needs is away, or the port is taken.
    """
    resources = Resources(settings)
    # What is there by now stays: schemas, routes, templates. Looking through it again at every full
    # collection would stop all requests for tens of milliseconds.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    try:
        asyncio.run(_serve(resources))
    finally:
        resources.close()


async def _serve(resources: Resources) -> None:
    settings = resources.settings
    server = server_of(app_of(resources), settings.http_host, settings.http_port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        await server.serve()
    except OSError as error:
        raise UnavailableError("the portal's port cannot be opened") from error


def server_of(app: ASGIApp, host: str, port: int) -> Server:
    """Return the server of an application; it listens when its ``serve`` is awaited."""
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        # Where the server has to find out which HTTP is spoken, who says nothing is never cut.
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=_connections_max(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_LIMIT_MS),
        log_enabled=False,
    )


def _connections_max() -> int:
    """Return how many connections to hold, after asking for as many open files."""
    files, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + OTHER_FILES_MAX
    if files < wanted:
        files = wanted if files_max == resource.RLIM_INFINITY else min(wanted, files_max)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files_max))
    return max(1, min(CONNECTIONS_MAX, files - OTHER_FILES_MAX))
