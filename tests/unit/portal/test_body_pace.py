"""A body that does not come on ends its request, and slow bodies are bounded by sender and in all."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from ledger.clock import system_random
from portal.api.body_pace import BodyPace, Pace
from portal.api.edge import Edge
from portal.api.problem import install_problem_handlers
from tests.support.apart import run_apart
from tests.support.asgi import AsgiClient

QUICK = Pace(slow_after_s=0.01, grace_s=0.05, bytes_per_s=1_000_000)


class NotedCounter(Counter[str]):
    """Tells when something was counted."""

    def __init__(self) -> None:
        super().__init__()
        self.is_noted = asyncio.Event()

    def __setitem__(self, key: str, value: int) -> None:
        super().__setitem__(key, value)
        self.is_noted.set()


async def stalled(parts: int = 1) -> AsyncIterator[bytes]:
    """Some bytes, and then no more of them, for ever."""
    for _ in range(parts):
        yield b"a"
    await asyncio.Event().wait()


def app_behind(layer: BodyPace) -> Edge:
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/v1/raw")
    async def take_raw(request: Request) -> int:
        return len(await request.body())

    @app.post("/v1/none")
    def take_nothing() -> int:
        threading.Event().wait(4 * QUICK.grace_s)
        return 0

    return Edge(layer.over(app), random=system_random)


def test_a_body_that_stops_coming_is_answered_408() -> None:
    answer = AsgiClient(app_behind(BodyPace(QUICK))).request(
        "POST", "/v1/raw", content=stalled(), headers={"accept-language": "en"}
    )

    assert (answer.status_code, answer.json()["code"]) == (408, "BODY_TOO_SLOW")
    assert answer.headers["connection"] == "close"


def test_a_body_that_keeps_up_the_pace_is_taken_however_long_it_takes() -> None:
    """No grace at all: only the bytes of the first part pay for the time until the second."""
    layer = BodyPace(Pace(slow_after_s=0.01, grace_s=0, bytes_per_s=1))
    layer.slow = counted = NotedCounter()

    async def parts() -> AsyncIterator[bytes]:
        yield b"x" * 600
        await asyncio.wait_for(counted.is_noted.wait(), 10)
        yield b"x"

    answer = AsgiClient(app_behind(layer)).request("POST", "/v1/raw", content=parts())

    assert (answer.status_code, answer.json()) == (200, 601)
    assert not layer.slow


def test_only_the_wait_for_a_body_is_measured() -> None:
    answer = AsgiClient(app_behind(BodyPace(QUICK))).request("POST", "/v1/none", content=b"{}")

    assert (answer.status_code, answer.json()) == (200, 0)


@pytest.mark.parametrize(
    ("pace", "senders"),
    [
        (Pace(slow_after_s=0.01, grace_s=3_600, slow_bodies_per_sender_max=3), ["a"] * 8),
        (Pace(slow_after_s=0.01, grace_s=3_600, slow_bodies_max=3), [f"s{n}" for n in range(8)]),
    ],
)
def test_slow_bodies_are_bounded(pace: Pace, senders: list[str]) -> None:
    """All but three are told at once; the three may go on, and are counted down when they end."""
    layer = BodyPace(pace)
    app = app_behind(layer)

    async def scene() -> tuple[list[int], int]:
        refused: asyncio.Queue[int] = asyncio.Queue()
        ended = [asyncio.Event() for _ in senders]
        tasks = [
            asyncio.create_task(one_post(app, sender, event, refused))
            for sender, event in zip(senders, ended, strict=True)
        ]
        statuses = [await asyncio.wait_for(refused.get(), 10) for _ in range(len(senders) - 3)]
        still = layer.slow.total()
        for event in ended:
            event.set()
        await asyncio.gather(*tasks)
        statuses += [refused.get_nowait() for _ in range(3)]
        return statuses, still

    statuses, still = run_apart(scene())

    assert statuses == [408] * 5 + [200] * 3
    assert still == 3
    assert not layer.slow


async def one_post(
    app: Edge, sender: str, ended: asyncio.Event, statuses: asyncio.Queue[int]
) -> None:
    """Send a byte, and the end of the body when ``ended`` is set; note the status."""
    has_begun = False

    async def receive() -> Message:
        nonlocal has_begun
        if not has_begun:
            has_begun = True
            return {"type": "http.request", "body": b"a", "more_body": True}
        await ended.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.put_nowait(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/raw",
        "raw_path": b"/v1/raw",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": (sender, 1),
    }
    await app(scope, receive, send)
