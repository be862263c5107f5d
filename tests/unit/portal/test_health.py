"""Probes of the portal answer in time while the database hangs and holds every thread of pages."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from ledger.clock import system_random
from portal.api import health
from portal.api.edge import Edge
from tests.support.apart import run_apart

PAGES = 60  # More than the framework has threads.


class Frozen:
    """Resources whose database answers nothing until it is let go."""

    def __init__(self) -> None:
        self.is_free = threading.Event()
        self.recorders = {"control": self}
        self.tail = SimpleNamespace(is_ready=True)

    def promised_sizes(self) -> dict[str, int]:
        """Answer when let go."""
        assert self.is_free.wait(30)
        return {"control": 1}

    def promised_size(self, _log: str) -> int:
        """Answer from the tile store, which is there."""
        return 1


def test_probes_answer_while_the_database_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBE_LIMIT_S", 0.1)
    app, frozen = FastAPI(), Frozen()
    app.state.resources = frozen
    app.include_router(health.router)

    @app.get("/page")
    def page() -> int:
        return frozen.promised_sizes()["control"]

    async def scene() -> list[tuple[int, str]]:
        transport = httpx.ASGITransport(Edge(app, random=system_random))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            pages = [asyncio.create_task(client.get("/page", timeout=60)) for _ in range(PAGES)]
            probes = [
                await asyncio.wait_for(client.get(path), 10)
                for path in ["/healthz"] + ["/readyz"] * (2 * health.PROBE_THREADS_MAX)
            ]
            frozen.is_free.set()
            await asyncio.gather(*pages)
            probes.append(await client.get("/readyz"))
        return [(probe.status_code, probe.json().get("reason")) for probe in probes]

    try:
        first, *waiting, last = run_apart(scene())
    finally:
        frozen.is_free.set()
    assert first == (200, None)
    assert set(waiting) == {(503, "database does not answer")}
    assert last == (200, "")
