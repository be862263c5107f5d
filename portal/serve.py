"""The portal as a program: one process, one port, until it is asked to stop.

Read before: ``portal/settings.py``. Read next: ``portal/api/app.py``.

The server runs inside this process, so that killing the process leaves none behind. It listens
where it is told, on loopback by default; TLS and the way out belong to a proxy in front.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Final

from granian.constants import Interfaces
from granian.server.embed import Server

from ledger.errors import UnavailableError
from portal.api.app import app_of
from portal.resources import Resources
from portal.settings import PortalSettings

BACKLOG: Final = 1_024
BACKPRESSURE: Final = 1_024  # Requests under way; the rest waits in the backlog.
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
    server = Server(
        app_of(resources),
        address=settings.http_host,
        port=settings.http_port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        await server.serve()
    except OSError as error:
        raise UnavailableError("the portal's port cannot be opened") from error
