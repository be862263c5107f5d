"""``POST /v1/acts``: from a container to the ledger and back, within five seconds.

Read before: ``portal/intake/container.py``. Read next: ``portal/intake/answers.py``.

A plain ASGI route, because it is hot. It produces to Kafka, where the acts are as durable as the
broker, and answers only with what the ledger has promised; without an outcome in time it says 503
and never 202. A repeat is harmless: the same act gives the same receipt. No login: an act proves
its origin itself. Whoever sends a body controls it, so body, acts and bytes under way are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from consumers.emitter.transport import Topics
from ledger.errors import LedgerError
from portal.api.body_limit import announced_size, refuse
from portal.api.edge import ACTS_PATH
from portal.api.json_route import media_type
from portal.api.problem import (
    ProblemError,
    problem,
    problem_of_error,
    problem_response,
    wanted_language,
)
from portal.intake.answers import accepted_document, accepted_status, batch_item, problem_of
from portal.intake.container import CONTENT_TYPE, read_container
from portal.intake.delivery import Delivery
from portal.intake.outcome_board import Answer
from portal.intake.records import IntakeRecord, intake_record

BODY_SIZE_BYTES_MAX: Final = 16 * 1024 * 1024
BYTES_UNDER_WAY_MAX: Final = 128 * 1024 * 1024
UNAVAILABLE: Final = 503

log = structlog.get_logger()


class IntakeRoute:
    """The ASGI application behind ``POST /v1/acts``.

    Args:
        delivery: Takes records to the ledger and waits.
        topics: Returns which topic an act belongs on, by the catalogue in force.
    """

    def __init__(self, delivery: Delivery, topics: Callable[[], Topics]) -> None:
        self._delivery = delivery
        self._topics = topics
        self._bytes_under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope["headers"])
        if announced_size(headers) > BODY_SIZE_BYTES_MAX:
            await refuse(scope, receive, send)
            return
        language = wanted_language(headers.get(b"accept-language", b"").decode("latin-1"))
        reader = _Reader(scope["state"]["trace_id"], language)
        size = 0
        try:
            if media_type(headers.get(b"content-type", b"").decode("latin-1")) != CONTENT_TYPE:
                raise problem("UNSUPPORTED_MEDIA_TYPE", headers={"accept-post": CONTENT_TYPE})
            parts: list[bytes] = []
            has_more = True
            while has_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                part = message.get("body", b"")
                has_more = message.get("more_body", False)
                # What has arrived counts as under way until the request is answered.
                size += len(part)
                self._bytes_under_way += len(part)
                self._check_room(size)
                parts.append(part)
            await self._answer(b"".join(parts), reader, send)
        except LedgerError as error:
            fault = problem_of_error(error)
            if fault.status == UNAVAILABLE:
                log.warning(
                    "request_unavailable",
                    route=ACTS_PATH,
                    code=fault.code,
                    reason=str(error),
                    trace_id=reader.trace_id,
                )
            response = problem_response(fault, trace_id=reader.trace_id, language=language)
            await response(scope, receive, send)
        finally:
            self._bytes_under_way -= size

    def _check_room(self, size: int) -> None:
        if size > BODY_SIZE_BYTES_MAX:
            raise problem("BODY_TOO_LARGE")
        if self._bytes_under_way > BYTES_UNDER_WAY_MAX:
            raise problem("UNAVAILABLE")

    async def _answer(self, body: bytes, reader: _Reader, send: Send) -> None:
        topics = self._topics()
        records = [intake_record(item, topics) for item in read_container(body)]
        answers = await self._delivery.deliver(records)
        if len(records) > 1:
            await _send_json(send, 200, _batch_document(answers, records, reader))
            return
        (record,), (answer,) = records, answers
        fault = problem_of(answer, record.event_id)
        if fault is not None:
            raise ProblemError(fault)
        assert answer is not None
        location = (b"location", f"/v1/receipts/{record.event_id}".encode())
        document = accepted_document(answer, record.event_id)
        await _send_json(send, accepted_status(answer), document, location)


class _Reader(NamedTuple):
    """Who reads the answer: under which trace id, in which language."""

    trace_id: str
    language: str


def _batch_document(
    answers: Sequence[Answer | None], records: Sequence[IntakeRecord], reader: _Reader
) -> dict[str, Any]:
    if not any(answers):
        raise problem("NO_OUTCOME")
    return {
        "outcomes": [
            batch_item(answer, record.event_id, trace_id=reader.trace_id, language=reader.language)
            for answer, record in zip(answers, records, strict=True)
        ]
    }


async def _send_json(
    send: Send, status: int, document: dict[str, Any], *headers: tuple[bytes, bytes]
) -> None:
    body = msgspec.json.encode(document)
    start = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
