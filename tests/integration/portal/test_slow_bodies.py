"""The portal's own server goes on answering, whatever one client does with its connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI, Request

from ledger.clock import system_random
from portal import serve
from portal.api.body_pace import BodyPace, Pace
from portal.api.edge import Edge
from portal.stack.process import free_port
from tests.support.apart import run_apart

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

SLOW = 1_150  # More than the server once held.
HOST = "127.0.0.1"
BEGUN = b"POST /v1/raw HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\na"


def app() -> Edge:
    inner = FastAPI()

    @inner.get("/healthz")
    def healthz() -> bool:
        return True

    @inner.post("/v1/raw")
    async def take_raw(request: Request) -> int:
        return len(await request.body())

    return Edge(BodyPace(Pace(grace_s=4)).over(inner), random=system_random)


async def opened(port: int, text: bytes) -> tuple[StreamReader, StreamWriter]:
    while True:
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
        except ConnectionRefusedError:
            continue  # The server is still starting; the test's own limit ends this.
        writer.write(text)
        return reader, writer


async def asked(port: int, text: bytes) -> bytes:
    reader, writer = await opened(port, text)
    line = await reader.readline()
    writer.close()
    return line


async def scene() -> tuple[bytes, list[bytes]]:
    port = free_port()
    server = serve.server_of(app(), HOST, port)
    serving = asyncio.create_task(server.serve())
    slow = [await opened(port, BEGUN) for _ in range(SLOW)]
    health = await asyncio.wait_for(asked(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 10)
    # All but the sender's share are cut as soon as they count as slow.
    told = asyncio.gather(*(reader.readline() for reader, _ in slow[:SLOW]))
    lines = await asyncio.wait_for(told, 60)
    for _, writer in slow:
        writer.close()
    server.stop()
    await serving
    return health, lines


@pytest.mark.parametrize(
    "text",
    [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["nothing", "half a header", "a request and no more"],
)
def test_a_connection_on_which_nothing_comes_is_closed(
    monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    monkeypatch.setattr(serve, "HEADERS_LIMIT_MS", 200)

    async def silent() -> bytes:
        port = free_port()
        server = serve.server_of(app(), HOST, port)
        serving = asyncio.create_task(server.serve())
        reader, writer = await opened(port, text)
        rest = await reader.read()
        writer.close()
        server.stop()
        await serving
        return rest

    rest = run_apart(asyncio.wait_for(silent(), 30))

    assert rest.endswith(b"true") if text.endswith(b"\r\n") else not rest


def test_slow_bodies_leave_room_for_others() -> None:
    health, lines = run_apart(asyncio.wait_for(scene(), 100))

    assert health.startswith(b"HTTP/1.1 200")
    assert {line.split()[1] for line in lines} == {b"408"}
