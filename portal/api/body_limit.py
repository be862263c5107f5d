"""How much of a body is read: a layer that refuses what is larger, announced or not.

Read before: ``portal/api/edge.py``. Read next: ``portal/api/problem.py``.

Anybody may send a body to the public search, so without a bound anybody could fill this process's
memory. The intake bounds its own, larger bodies (``portal/intake/route.py``).
"""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.api.problem import Problem, problem_response, wanted_language

BODY_SIZE_BYTES_MAX: Final = 1024 * 1024  # No command, search or form comes near it.
TOO_LARGE: Final = 413
THROWN_AWAY_BYTES_MAX: Final = 32 * 1024 * 1024  # Twice the intake's bound.
SIZE_DIGITS_MAX: Final = 20


class BodyLimit:
    """Hands on requests whose body is within the bound.

    Args:
        app: The application behind.
        size_bytes_max: The bound.
    """

    def __init__(self, app: ASGIApp, size_bytes_max: int = BODY_SIZE_BYTES_MAX) -> None:
        self._app = app
        self._size_bytes_max = size_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what announces too much; count what comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if announced_size(headers) > self._size_bytes_max:
            await refuse(scope, receive, send)
            return
        size = 0

        async def receive_within() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._size_bytes_max:
                # The framework lets this error of its own through where it reads a body.
                raise HTTPException(TOO_LARGE)
            return message

        await self._app(scope, receive_within, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413 at once, then throw away what still comes.

    Most senders read an answer only when they have sent all; a closed connection would tell them
    nothing. What is thrown away is bounded, and none of it is kept.
    """
    headers = dict(scope["headers"])
    language = wanted_language(headers.get(b"accept-language", b"").decode("latin-1"))
    response = problem_response(
        Problem("BODY_TOO_LARGE"), trace_id=scope["state"]["trace_id"], language=language
    )
    await response(scope, receive, send)
    left = THROWN_AWAY_BYTES_MAX
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))


def announced_size(headers: dict[bytes, bytes]) -> int:
    """Return what Content-Length says, 0 where it says nothing that is a number."""
    text = headers.get(b"content-length", b"")
    # More digits than these are no size of anything, and a number of a million digits is slow.
    return int(text[:SIZE_DIGITS_MAX]) if text.isdigit() else 0
