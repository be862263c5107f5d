"""How long a body may take to come: a layer that ends requests whose body does not come on.

Read before: ``portal/api/edge.py``. Read next: ``portal/api/body_limit.py``.

A request holds a connection until its body is there, and connections are bounded. So a body has to
keep up a pace, and only so many bodies that are slow may be under way, of one sender and of all:
nobody can hold every connection by sending a byte now and then. A proxy in front hands on whole
requests and hides its senders' addresses; no body that it hands on is slow.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.api.problem import Problem, problem_response, wanted_language

_BODILESS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Pace:
    """What is asked of a body.

    Attributes:
        slow_after_s: A body that is not whole by then counts as slow.
        grace_s: Seconds a body may take whatever its size.
        bytes_per_s: Bytes that each further second has to bring.
        slow_bodies_max: Slow bodies under way, of all senders.
        slow_bodies_per_sender_max: Of one address.
    """

    slow_after_s: float = 2.0
    grace_s: float = 20.0
    bytes_per_s: int = 16 * 1024
    slow_bodies_max: int = 512
    slow_bodies_per_sender_max: int = 64


class BodyPace:
    """Ends requests whose body is slower than the pace, or one too many of the slow ones.

    One for all of a server's layers, since it counts what is under way in all of them.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.slow: Counter[str] = Counter()  # Slow bodies under way, by address.

    def over(self, app: ASGIApp) -> ASGIApp:
        """Return ``app`` behind this layer."""

        async def paced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] in _BODILESS:
                await app(scope, receive, send)
                return
            await self._run(app, scope, receive, send)

        return paced

    async def _run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        body: _Body | None = None
        try:
            async with asyncio.timeout(None) as limit:
                body = _Body(self, limit, _address(scope), receive)
                await app(scope, body.receive, send_noting)
        except TimeoutError:
            if body is None or not body.is_late:
                raise  # Not ours.
            # An answer that has begun is at its end: what came after it was only thrown away.
            if not has_begun:
                await _refuse(scope, receive, send)
        finally:
            if body is not None:
                body.end()


class _Body:
    """One body on its way: measured until it is whole."""

    def __init__(
        self, layer: BodyPace, limit: asyncio.Timeout, address: str, receive: Receive
    ) -> None:
        self._layer = layer
        self._limit = limit
        self._address = address
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()
        self._size = 0
        self._is_slow = False
        self._is_whole = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_late(self) -> bool:
        """Whether the limit ended the request."""
        return self._limit.expired()

    async def receive(self) -> Message:
        """Return the next part; the request ends here when the body does not keep up."""
        if self._is_whole:
            return await self._receive()
        if self._timer is None:
            delay_s = self._layer.pace.slow_after_s
            self._timer = self._loop.call_later(delay_s, self._has_become_slow)
        message = await self._receive()
        if message.get("more_body", False):
            self._size += len(message.get("body", b""))
            if self._is_slow:
                self._limit.reschedule(self._due_s())
        else:
            self.end()
        return message

    def end(self) -> None:
        """Measure no more: the body is whole, or the request is over."""
        self._is_whole = True
        if self._timer is not None:
            self._timer.cancel()
        if self._is_slow:
            self._is_slow = False
            slow = self._layer.slow
            slow[self._address] -= 1
            if not slow[self._address]:
                del slow[self._address]
            if not self.is_late:
                self._limit.reschedule(None)

    def _has_become_slow(self) -> None:
        slow, pace = self._layer.slow, self._layer.pace
        is_full = slow[self._address] >= pace.slow_bodies_per_sender_max
        if is_full or slow.total() >= pace.slow_bodies_max:
            self._limit.reschedule(self._loop.time())
            return
        self._is_slow = True
        slow[self._address] += 1
        self._limit.reschedule(self._due_s())

    def _due_s(self) -> float:
        pace = self._layer.pace
        return self._started_s + pace.grace_s + self._size / pace.bytes_per_s


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return "" if client is None else str(client[0])


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    headers = dict(scope["headers"])
    language = wanted_language(headers.get(b"accept-language", b"").decode("latin-1"))
    fault = Problem("BODY_TOO_SLOW", headers={"connection": "close"})
    response = problem_response(fault, trace_id=scope["state"]["trace_id"], language=language)
    await response(scope, receive, send)
