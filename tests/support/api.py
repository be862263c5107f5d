"""Asks a running portal over HTTP: as the public, or with a role's token."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.running import RunningLedger


class Reply(NamedTuple):
    """One answer, headers by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def ask(
    ledger: RunningLedger,
    path: str,
    method: str = "GET",
    body: Any = None,
    *,
    role: str | None = None,
    **headers: str,
) -> Reply:
    """Ask the portal, as the public or with a role's token."""
    parts = urlsplit(ledger.run["http"])
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given |= bearer(ledger, role)
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        given["content-type"] = "application/json"
    try:
        connection.request(method, path, data, given)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, answer.read())
    finally:
        connection.close()


def bearer(ledger: RunningLedger, role: str | None) -> dict[str, str]:
    """Return the header that a role's token goes in."""
    if role is None:
        return {}
    token = Path(ledger.run["logins"][role]["password_file"]).with_suffix(".token")
    return {"authorization": "Bearer " + token.read_text().strip()}


def send_bytes(
    ledger: RunningLedger, path: str, body: bytes, kind: str, role: str | None = None
) -> Reply:
    """Post bytes of a media type; an empty one is not named."""
    parts = urlsplit(ledger.run["http"])
    assert parts.hostname is not None
    headers = bearer(ledger, role) | ({"content-type": kind} if kind else {})
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)) as connection:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, answer.read())


def post_form(ledger: RunningLedger, path: str, form: str, cookie: str = "") -> Reply:
    """Post a form as a browser does."""
    parts = urlsplit(ledger.run["http"])
    assert parts.hostname is not None
    headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie}
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)) as connection:
        connection.request("POST", path, form, headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, answer.read())
