"""Asks an ASGI application in this process, without a server and without a lifespan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.support.apart import run_apart

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class AsgiClient:
    """Sends requests to one application; errors of the application become its own answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to one request; options as httpx's ``request``."""

        async def ask() -> httpx.Response:
            # The framework answers 500 and then raises for the server's log: the answer counts.
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)  # type: ignore[arg-type]
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                return await client.request(method, path, **options)

        return run_apart(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a GET."""
        return self.request("GET", path, **options)
