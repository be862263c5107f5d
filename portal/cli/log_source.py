"""A log on a server, as the command line reads it: static files below a prefix.

Read before: ``ledger/chain/sources.py``. Read next: ``portal/cli/verifying.py``.

The server is trusted with nothing: it can withhold and alter, and the verification says so.
Reading is anonymous but for a token that some entries need; the token goes to the server of
the prefix only, never into a message.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from ledger.chain.sources import READ_SIZE_BYTES_MAX, MissingObjectError
from ledger.errors import MalformedError, UnavailableError
from ledger.limits import CHECKPOINT_SIZE_BYTES_MAX

TIMEOUT_S: Final = 30.0
RETRY_DELAYS_S: Final = (0.2, 1.0, 5.0)  # Before the second, third and fourth attempt.
_GONE: Final = (404, 410)
_LATER: Final = (429, 500, 502, 503, 504)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token must not go to another server."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Return no request, which makes the redirect an error."""


@dataclass(frozen=True)
class HttpSource:
    """A log served below a prefix, as C2SP tlog-tiles has it."""

    prefix: str  # Such as http://localhost:8080/logs/0; http and https only.
    token: str | None = field(default=None, repr=False)
    delays_s: tuple[float, ...] = RETRY_DELAYS_S

    def __post_init__(self) -> None:
        if urlsplit(self.prefix).scheme not in ("http", "https"):
            raise MalformedError("a log's prefix is an http or https URL")

    def checkpoint(self) -> bytes:
        """Return ``<prefix>/checkpoint``."""
        return self._read("checkpoint", CHECKPOINT_SIZE_BYTES_MAX + 1)

    def tile(self, path: str) -> bytes:
        """Return a tile or bundle."""
        return self._read(path, READ_SIZE_BYTES_MAX)

    def paths(self) -> None:
        """Return None: a server lists nothing."""
        return

    def _read(self, path: str, size_max: int) -> bytes:
        url = f"{self.prefix.rstrip('/')}/{path}"
        request = urllib.request.Request(url)  # noqa: S310 - __post_init__ checked the scheme.
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        for delay_s in (*self.delays_s, None):
            try:
                with _opener().open(request, timeout=TIMEOUT_S) as answer:
                    data: bytes = answer.read(size_max)
                    return data
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in _GONE:
                    raise MissingObjectError("no such object") from error
                if error.code not in _LATER or delay_s is None:
                    raise UnavailableError(f"{path}: the server answers {error.code}") from error
            except (OSError, http.client.HTTPException) as error:
                if delay_s is None:
                    raise UnavailableError(f"{path}: the server cannot be reached") from error
            time.sleep(delay_s)
        raise UnavailableError(f"{path}: no attempt left")


@cache
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)
