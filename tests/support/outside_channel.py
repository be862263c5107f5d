"""An outside channel: an HTTP server on loopback that answers pushes as it is told to."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

TOKEN = "channel-secret-7f3a"


class Arrived(NamedTuple):
    """A message as it arrived."""

    action: str
    batch: str
    record_hash: str
    record: bytes
    authorization: str | None


class OutsideChannel:
    """What arrived, and how the next messages are answered.

    Attributes:
        arrived: Every message, in order.
        held: What the channel shows, by record hash; a message that comes twice changes nothing.
        mode: ``receipt``, ``refuse``, ``other hash``, ``no answer``, ``drip`` (a byte
            now and then, for ever) or ``error``.
    """

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.held: dict[str, bytes] = {}
        self.mode = "receipt"
        self.url = ""
        self.is_over = threading.Event()

    def config(self, folder: Path, *targets: str) -> Path:
        """Write the file that says where the channels are."""
        file = folder / "channels.json"
        document = {one: {"url": self.url, "token": TOKEN} for one in targets}
        file.write_text(json.dumps(document))
        return file

    def take(self, message: Arrived) -> tuple[int, dict[str, Any]]:
        """Take a message in; return status and document."""
        self.arrived.append(message)
        if self.mode == "error":
            return 500, {"detail": "down"}
        said = message.record_hash
        if message.action == "WITHDRAW":
            self.held.pop(said, None)
        else:
            # The receiver computes the hash itself: that is what the receipt is worth.
            said = "sha256:" + hashlib.sha256(message.record).hexdigest()
            self.held.setdefault(said, message.record)
        if self.mode == "other hash":
            said = "sha256:" + "0" * 64
        status = "REFUSED" if self.mode == "refuse" else "ACCEPTED"
        return 200, {"status": status, "record_hash": said}


@contextmanager
def outside_channel() -> Iterator[OutsideChannel]:
    """Run a channel on a free port."""
    channel = OutsideChannel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            message = Arrived(
                self.headers["Lianzheng-Action"],
                self.headers["Lianzheng-Batch"],
                self.headers["Lianzheng-Record-Hash"],
                self.rfile.read(length),
                self.headers.get("Authorization"),
            )
            status, document = channel.take(message)
            if channel.mode == "no answer":
                self.close_connection = True
                return
            if channel.mode == "drip":
                self.send_response(200)
                self.end_headers()
                with suppress(OSError):
                    while not channel.is_over.wait(0.01):
                        self.wfile.write(b" ")
                return
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    channel.url = f"http://127.0.0.1:{server.server_port}/push"
    try:
        yield channel
    finally:
        channel.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
