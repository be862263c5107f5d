"""What every request passes: a trace id, security headers, and its metrics.

Read before: ``portal/api/app.py``. Read next: ``portal/api/problem.py``.

Plain ASGI, because the intake's route is hot. Labels of metrics are route templates, never paths:
a path may hold the id of a case. Nothing of a request is logged here.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.clock import Random

ACTS_PATH: Final = "/v1/acts"
TRACE_ID_SIZE_BYTES: Final = 16
TRACE_IDS_DRAWN: Final = 256
# No inline script or style, nothing from another host: the pages are checked for it in tests.
_POLICY: Final = (
    b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    b"object-src 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
# Scripts of other sites may read what everybody may; no browser shows them an answer that it
# asked for with a cookie.
_OPEN_PATHS: Final = ("/v1/", "/logs/")
_OPEN_HEADERS: Final = [*_HEADERS, (b"access-control-allow-origin", b"*")]
_TRACEPARENT: Final = re.compile(rb"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")

REQUESTS: Final = Counter(
    "lianzheng_http_requests_total",
    "HTTP requests answered.",
    ["route", "method", "status"],
)
DURATION: Final = Histogram(
    "lianzheng_http_request_duration_seconds",
    "Time from the first byte of a request to the end of its answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TraceIds:
    """Draws trace ids, many from one call of the operating system: the intake is hot."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._drawn: list[str] = []

    def next(self) -> str:
        """Return 32 hex digits that were not returned before."""
        if not self._drawn:
            block = self._random(TRACE_IDS_DRAWN * TRACE_ID_SIZE_BYTES).hex()
            size = 2 * TRACE_ID_SIZE_BYTES
            self._drawn = [block[at : at + size] for at in range(0, len(block), size)]
        return self._drawn.pop()


class Edge:
    """The outermost layer of the application.

    Args:
        app: Everything but the intake.
        intake: Gets ``POST /v1/acts`` directly; None where all goes to ``app``.
        random: Trace ids come from it.
    """

    def __init__(self, app: ASGIApp, *, intake: ASGIApp | None = None, random: Random) -> None:
        self._app = app
        self._intake = intake
        self._trace_ids = TraceIds(random)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        status = 500
        scope.setdefault("state", {})["trace_id"] = self._trace_id(scope)

        is_head = scope["method"] == "HEAD"
        if is_head:
            # Whatever can be read can be asked for its headers: the body stays here.
            scope["method"] = "GET"

        extra = _HEADERS
        if scope["method"] == "GET" and scope["path"].startswith(_OPEN_PATHS):
            extra = _OPEN_HEADERS

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        is_intake = scope["method"] == "POST" and scope["path"] == ACTS_PATH
        app = self._intake if is_intake and self._intake is not None else self._app
        try:
            await app(scope, receive, send_with_headers)
        finally:
            route = route_label(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            REQUESTS.labels(route, method, str(status)).inc()
            DURATION.labels(route).observe(time.perf_counter() - started_s)

    def _trace_id(self, scope: Scope) -> str:
        """Return the caller's W3C trace id, or a new one."""
        for name, value in scope["headers"]:
            if name == b"traceparent" and (match := _TRACEPARENT.match(value)):
                return match[1].decode()
        return self._trace_ids.next()


def route_label(scope: dict[str, Any] | Scope) -> str:
    """Return the template of the route that answered, from a small, fixed set."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is not None:
        return path
    if scope["path"] == ACTS_PATH:
        return ACTS_PATH
    return "/static" if scope["path"].startswith("/static/") else "none"
