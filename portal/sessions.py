"""Sessions: a signed cookie, its CSRF token, and a brake on guessing passwords.

Read before: ``portal/auth.py``. Read next: ``portal/api/app.py``.

A session is ``base64url(user|issued|nonce) . base64url(HMAC-SHA256)``; nothing is stored, so a
restart ends no login. The CSRF token is derived from the cookie, so a page of another site,
which cannot read the cookie, cannot make it. Whoever has the session key can be anybody here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ledger.clock import MICROS_PER_SECOND, Clock, Random
from portal.auth import derived_key

COOKIE_NAME: Final = "lz_session"
NONCE_SIZE_BYTES: Final = 16
SESSION_CHARS_MAX: Final = 512
FAILURES_MAX: Final = 5  # Wrong passwords for one name before it has to wait.
FAILURE_WINDOW_S: Final = 60
NAMES_REMEMBERED_MAX: Final = 1_000  # A flood of invented names cannot fill the memory.


@dataclass(frozen=True, slots=True)
class Session:
    """A login that was made, and the token its forms must carry."""

    user: str
    csrf_token: str


class Sessions:
    """Issues and reads session cookies."""

    def __init__(self, session_key: bytes, *, lifetime_s: int, clock: Clock) -> None:
        self._cookie_key = derived_key(session_key, "session v1")
        self._csrf_key = derived_key(session_key, "csrf v1")
        self._lifetime_s = lifetime_s
        self._clock = clock

    def issue(self, user: str, random: Random) -> str:
        """Return the cookie value of a fresh session for ``user``."""
        issued_s = self._clock.now_micros() // MICROS_PER_SECOND
        body = f"{user}|{issued_s}|{random(NONCE_SIZE_BYTES).hex()}".encode()
        return f"{_text(body)}.{_text(hmac.digest(self._cookie_key, body, 'sha256'))}"

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, or ``None`` if it is forged, malformed or too old."""
        if cookie is None or len(cookie) > SESSION_CHARS_MAX:
            return None
        body_text, _, seal_text = cookie.partition(".")
        body, seal = _bytes(body_text), _bytes(seal_text)
        if not hmac.compare_digest(hmac.digest(self._cookie_key, body, "sha256"), seal):
            return None
        user, issued_s, _ = body.decode().split("|")
        age_s = self._clock.now_micros() // MICROS_PER_SECOND - int(issued_s)
        if not 0 <= age_s < self._lifetime_s:
            return None
        return Session(user, self.csrf_token(cookie))

    def csrf_token(self, cookie: str) -> str:
        """Return the token that forms of this session carry."""
        return _text(hmac.digest(self._csrf_key, cookie.encode(), "sha256"))


class LoginBrake:
    """Makes guessing slow: a name with five wrong passwords in a minute has to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[int]] = OrderedDict()
        # Request threads share the table; the lock is held for dictionary work only.
        self._lock = threading.Lock()

    def wait_s(self, user: str) -> int:
        """Return how many seconds ``user`` still has to wait; 0 is none."""
        now_s = self._clock.now_micros() // MICROS_PER_SECOND
        with self._lock:
            recent = [at for at in self._failures.get(user, []) if at > now_s - FAILURE_WINDOW_S]
        return 0 if len(recent) < FAILURES_MAX else recent[0] + FAILURE_WINDOW_S - now_s

    def failed(self, user: str) -> None:
        """Remember a wrong password for ``user``."""
        now_s = self._clock.now_micros() // MICROS_PER_SECOND
        with self._lock:
            self._failures.setdefault(user, []).append(now_s)
            del self._failures[user][:-FAILURES_MAX]
            self._failures.move_to_end(user)
            while len(self._failures) > NAMES_REMEMBERED_MAX:
                self._failures.popitem(last=False)

    def succeeded(self, user: str) -> None:
        """Forget the wrong passwords of ``user``."""
        with self._lock:
            self._failures.pop(user, None)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
