"""One outside channel over HTTP: a record goes out, its receipt comes back.

Read before: docs/spec/disclosure-push.md, ``push``. Read next: ``portal/programs/push.py``.

A receipt counts only with the hash of what was sent, so who answers "received" to everything
acknowledges nothing. Where a channel is, and how one is let in, comes from settings and is in no
act, no view and no line of diagnostics. No redirect is followed and no proxy asked.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import Final, NamedTuple

from consumers.emitter.http_line import intake_address
from ledger.domain.push import WITHDRAW, Push
from ledger.errors import MalformedError, RejectedError, UnavailableError

ACCEPTED: Final = "ACCEPTED"
REFUSED: Final = "REFUSED"
_TIMEOUT_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_ANSWERED: Final = frozenset({200, 201, 202, 409, 422})


class ChannelAddress(NamedTuple):
    """Where a channel takes pushes. Secret: never shown."""

    url: str
    token: str

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "ChannelAddress(…)"


class HttpChannel:
    """Sends pushes to one address; a connection a message.

    Args:
        address: Where, and what lets in.
        timeout_s: How long connecting, then question and answer together, may take.

    Raises:
        MalformedError: The address or the token cannot be sent; neither is repeated.
    """

    def __init__(self, address: ChannelAddress, timeout_s: float = _TIMEOUT_S) -> None:
        self._address = address
        self._timeout_s = timeout_s
        try:
            self._parts = intake_address(address.url)
        except MalformedError as error:
            raise MalformedError("a channel's url is no HTTP address") from error
        if not all(_is_visible(text) for text in (self._parts.path, self._parts.query)):
            raise MalformedError("a channel's url is no HTTP address")
        if not _is_visible(address.token):
            raise MalformedError("a channel's token is ASCII without spaces")
        is_here = self._parts.hostname in _LOOPBACK
        if address.token and self._parts.scheme != "https" and not is_here:
            raise MalformedError("a channel that takes a token is asked over https")
        if self._parts.username is not None:
            raise MalformedError("a channel is let in by its token, not by a user in its url")

    def send(self, push: Push, record: bytes) -> str:
        """Send a message; return what the channel says to it: ACCEPTED or REFUSED.

        Args:
            push: What is sent; sent again it has the same batch and hash.
            record: The public record's bytes; empty for a withdrawal.

        Raises:
            UnavailableError: No answer, or none that is a receipt; send it again later.
            RejectedError: ``RECEIPT_MISMATCH``: the receipt is for another hash.
        """
        status, body = self._post(push, record)
        document = _document(body)
        if status not in _ANSWERED or document.get("status") not in (ACCEPTED, REFUSED):
            raise UnavailableError(f"{push.target} answers {status} without a receipt")
        if document.get("record_hash") != push.record_hash:
            raise RejectedError("RECEIPT_MISMATCH", f"{push.target} names another hash")
        return str(document["status"])

    def _post(self, push: Push, record: bytes) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)
        target = (self._parts.path or "/") + (self._parts.query and f"?{self._parts.query}")
        try:
            connection.connect()
            with _cut_after(connection.sock, self._timeout_s):
                connection.request("POST", target, record, self._headers(push))
                response = connection.getresponse()
                return response.status, response.read(_ANSWER_BYTES_MAX)
        except (OSError, HTTPException) as error:
            raise UnavailableError(f"{push.target} is away: {type(error).__name__}") from error
        finally:
            connection.close()

    def _headers(self, push: Push) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json"
            if push.action != WITHDRAW
            else "application/octet-stream",
            "Idempotency-Key": f"{push.action}:{push.record_hash}",
            "Lianzheng-Action": push.action,
            "Lianzheng-Agency": push.agency_id,
            "Lianzheng-Batch": push.batch_id,
            "Lianzheng-Disclosure": push.disclosure_id,
            "Lianzheng-Record-Hash": push.record_hash,
        }
        if self._address.token:
            headers["Authorization"] = f"Bearer {self._address.token}"
        return headers


@contextmanager
def _cut_after(line: socket.socket, seconds: float) -> Iterator[None]:
    """End a connection after so long: who sends a byte now and then would hold it for days."""
    timer = Timer(seconds, _cut, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # It is closed already.
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # Beneath TLS, which another thread reads.


def _is_visible(text: str) -> bool:
    """Tell whether a text can stand in a line of HTTP."""
    return text.isascii() and text.isprintable() and " " not in text


def _document(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
