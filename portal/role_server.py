"""Health and metrics of a role that serves nothing else: ``/healthz``, ``/readyz``, ``/metrics``.

``/healthz`` says that the process lives, ``/readyz`` whether it does its work now and, if not, why
(503). Loopback by default; nothing secret or personal is in any answer.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from portal.telemetry import READY

STILL_S: Final = 30.0  # The loops turn within a second; a call of theirs gives up within this.


class RoleState:
    """What a role says of itself. Written by its loop, read by the server's threads."""

    def __init__(self, role: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.role = role
        self._monotonic = monotonic
        self._reason = "starting"
        self._said_at = 0.0
        READY.labels(role).set_function(lambda: float(not self.reason()))

    def set_ready(self) -> None:
        """Say that the role does its work; to be said again at every turn of its loop."""
        self._reason, self._said_at = "", self._monotonic()

    def set_waiting(self, reason: str) -> None:
        """Say why it does not."""
        self._reason = reason

    def reason(self) -> str:
        """Return why it does not do its work, empty if it does.

        A loop that is silent hangs in a call: a server that is frozen answers nothing and refuses
        nothing either.
        """
        if not self._reason and self._monotonic() - self._said_at > STILL_S:
            return f"nothing done for over {STILL_S:.0f} s: a server does not answer"
        return self._reason

    def document(self) -> tuple[bool, str]:
        """Return whether it is ready, and the JSON answer of ``/readyz``."""
        reason = self.reason()
        return not reason, json.dumps({"role": self.role, "ready": not reason, "reason": reason})


def serve_state(state: RoleState, host: str, port: int) -> ThreadingHTTPServer:
    """Serve a role's state from a daemon thread; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ready, document = state.document()
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path == "/healthz":
                self._answer(200, "application/json", b'{"alive": true}')
            elif self.path == "/readyz":
                self._answer(200 if ready else 503, "application/json", document.encode())
            else:
                problem = {"type": "about:blank", "title": "Not Found", "status": 404}
                self._answer(404, "application/problem+json", json.dumps(problem).encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep request lines out of the diagnostics."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="role-server").start()
    return server
