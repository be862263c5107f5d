"""Opaque, signed cursors: where the next page of a list begins.

Read before: ``portal/auth.py``. Read next: ``portal/api/disclosures.py``.

A cursor carries the key of the last row shown, bound to the list and its filters, so a cursor of
one search cannot be used on another, and nobody can probe keys with made-up ones.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from typing import Final

from portal.api.problem import problem
from portal.auth import derived_key

SEAL_SIZE_BYTES: Final = 16
CURSOR_CHARS_MAX: Final = 1_024


class Cursors:
    """Makes and reads cursors."""

    def __init__(self, session_key: bytes) -> None:
        self._key = derived_key(session_key, "cursor v1")

    def write(self, scope: str, position: Sequence[str | int]) -> str:
        """Return the cursor of ``position`` in the list that ``scope`` names with its filters."""
        body = json.dumps(list(position), ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._seal(scope, body) + body).decode().rstrip("=")

    def read(self, scope: str, cursor: str | None) -> list[str | int] | None:
        """Return the position of a cursor, None for the first page.

        Raises:
            ProblemError: BAD_CURSOR: not a cursor of ours for this list.
        """
        if cursor is None:
            return None
        try:
            data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError) as error:
            raise problem("BAD_CURSOR") from error
        seal, body = data[:SEAL_SIZE_BYTES], data[SEAL_SIZE_BYTES:]
        if not hmac.compare_digest(seal, self._seal(scope, body)):
            raise problem("BAD_CURSOR")
        position: list[str | int] = json.loads(body)
        return position

    def _seal(self, scope: str, body: bytes) -> bytes:
        whole = scope.encode() + b"\0" + body
        return hmac.digest(self._key, whole, "sha256")[:SEAL_SIZE_BYTES]
