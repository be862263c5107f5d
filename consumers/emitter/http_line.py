"""Sends acts by ``POST /v1/acts`` and hears of them in the answer.

Read before: ``transport``. Read next: ``client``.

The intake answers after the promise, so an answer is final; acts without one in time come back
as 503 and are sent again, verbatim. One connection, one request at a time: whoever needs more
sends by Kafka.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from consumers.emitter.answers import Answer
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE, container
from ledger.chain.outcomes import COMMITTED, GATE_REFUSED, REJECTED
from ledger.errors import MalformedError, UnavailableError

BODY_ITEMS_MAX: Final = 256
_TIMEOUT_S: Final = 30.0
_ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
_UNAVAILABLE: Final = 503  # Of one act; it is sent again.
_AWAY: Final = frozenset({408, 503})  # Of a whole body: it came too slowly, or nothing answers it.
_OUTCOME_STATUS: Final = frozenset({200, 201, 400, 403, 409, 413, 415, 422})


class HttpLine:
    """One connection to a ledger's intake; not thread-safe.

    Attributes:
        life: Counts up whenever acts that were sent must be sent again.
    """

    def __init__(self, url: str) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: The portal's address, ``http://host:port`` or ``https://host``.

        Raises:
            MalformedError: Not such an address.
        """
        parts = intake_address(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
        self._path = parts.path.rstrip("/") + "/v1/acts"
        self._answers: list[tuple[int, Answer]] = []
        self.life = 0

    def send(self, items: Sequence[tuple[int, SubmissionItem]]) -> None:
        """Send acts in order and keep their answers for ``receive``.

        Raises:
            UnavailableError: The intake is away or has no answer in time.
            MalformedError: The intake does not understand the body as a whole.
        """
        for start in range(0, len(items), BODY_ITEMS_MAX):
            self._post(items[start : start + BODY_ITEMS_MAX])

    def receive(self, timeout_s: float) -> list[tuple[int, Answer]]:  # noqa: ARG002
        """Return the answers that came with the last requests; never waits."""
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, items: Sequence[tuple[int, SubmissionItem]]) -> None:
        status, document = self._request(container([item for _, item in items]))
        outcomes = document.get("outcomes")
        if outcomes is None:
            outcomes = [{"status": status, "problem": document, **document}]
        if status in _AWAY:
            self.life += 1
            raise UnavailableError(f"the intake answers {status}")
        if len(outcomes) != len(items) or status not in _OUTCOME_STATUS:
            raise MalformedError(f"the intake answers {status} to a whole body")
        for (number, _), outcome in zip(items, outcomes, strict=True):
            if outcome["status"] == _UNAVAILABLE:
                self.life += 1  # This one is sent again.
            else:
                self._answers.append((number, _answer(outcome)))

    def _request(self, body: bytes) -> tuple[int, Mapping[str, Any]]:
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": CONTAINER_TYPE})
            response = self._connection.getresponse()
            data = response.read(_ANSWER_BYTES_MAX)
            document = json.loads(data)
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()
            self.life += 1
            raise UnavailableError(f"the intake is away: {type(error).__name__}") from error
        if not isinstance(document, dict):
            raise MalformedError("the intake's answer is no JSON object")
        return response.status, document


def intake_address(url: str) -> SplitResult:
    """Return the parts of a portal's address: http or https, a host, perhaps a port.

    Raises:
        MalformedError: It is none.
    """
    fault = f"{url!r} is not an HTTP address such as http://127.0.0.1:8080"
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # A port or an IPv6 address that is none.
        raise MalformedError(fault) from error
    if parts.scheme not in ("http", "https") or not has_host:
        raise MalformedError(fault)
    return parts


def _answer(outcome: Mapping[str, Any]) -> Answer:
    """Return the answer in one outcome of a batch, or in the answer to a lone act."""
    receipt = outcome.get("receipt")
    if receipt is not None:
        index = int(outcome["index"])
        return Answer(outcome.get("outcome", COMMITTED), index, str(receipt).encode())
    problem = outcome.get("problem") or {}
    failed = tuple(problem.get("failed") or ())
    kind = outcome.get("outcome") or (GATE_REFUSED if failed else REJECTED)
    return Answer(kind, None, None, problem.get("code"), failed)
