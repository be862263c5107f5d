"""``POST /v1/acts``: from a container to the ledger and back, within five seconds.

Read before: ``portal/intake/container.py``. Read next: ``portal/intake/answers.py``.

A plain ASGI route, because it is hot. It produces to Kafka, where the acts are as durable as the
broker, and answers only with what the ledger has promised; without an outcome in time it says 503
and never 202. A repeat is harmless: the same act gives the same receipt. No login: an act proves
its origin itself. Whoever sends a body controls it, so body, acts and bytes under way are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from consumers.emitter.transport import Topics
from ledger.errors import LedgerError
from portal.api.problem import problem, problem_of_error, problem_response, wanted_language
from portal.intake.answers import accepted_document, accepted_status, batch_item, problem_of
from portal.intake.container import CONTENT_TYPE, read_container
from portal.intake.delivery import Delivery
from portal.intake.outcome_board import Answer
from portal.intake.records import IntakeRecord, intake_record

BODY_SIZE_BYTES_MAX: Final = 16 * 1024 * 1024
BYTES_UNDER_WAY_MAX: Final = 128 * 1024 * 1024


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
        request = Request(scope, receive)
        trace_id = scope["state"]["trace_id"]
        language = wanted_language(request.headers.get("accept-language", ""))
        try:
            response = await self._answer(request, trace_id, language)
        except LedgerError as error:
            response = problem_response(
                problem_of_error(error), trace_id=trace_id, language=language
            )
        await response(scope, receive, send)

    async def _answer(self, request: Request, trace_id: str, language: str) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip() != CONTENT_TYPE:
            raise problem("UNSUPPORTED_MEDIA_TYPE", headers={"accept-post": CONTENT_TYPE})
        size = 0
        parts: list[bytes] = []
        try:
            # What has arrived counts as under way until the request is answered.
            async for part in request.stream():
                size += len(part)
                self._bytes_under_way += len(part)
                self._check_room(size)
                parts.append(part)
            items = read_container(b"".join(parts))
            topics = self._topics()
            records = [intake_record(item, topics) for item in items]
            answers = await self._delivery.deliver(records)
        finally:
            self._bytes_under_way -= size
        if len(records) == 1:
            return _single_response(answers[0], records[0], trace_id, language)
        return _batch_response(answers, records, trace_id, language)

    def _check_room(self, size: int) -> None:
        if size > BODY_SIZE_BYTES_MAX:
            raise problem("BODY_TOO_LARGE")
        if self._bytes_under_way > BYTES_UNDER_WAY_MAX:
            raise problem("UNAVAILABLE")


def _single_response(
    answer: Answer | None, record: IntakeRecord, trace_id: str, language: str
) -> Response:
    fault = problem_of(answer, record.event_id)
    if fault is not None:
        return problem_response(fault, trace_id=trace_id, language=language)
    assert answer is not None
    return _json_response(
        accepted_document(answer, record.event_id),
        accepted_status(answer),
        {"location": f"/v1/receipts/{record.event_id}"},
    )


def _batch_response(
    answers: Sequence[Answer | None], records: Sequence[IntakeRecord], trace_id: str, language: str
) -> Response:
    if not any(answers):
        fault = problem("NO_OUTCOME").problem
        return problem_response(fault, trace_id=trace_id, language=language)
    items = [
        batch_item(answer, record.event_id, trace_id=trace_id, language=language)
        for answer, record in zip(answers, records, strict=True)
    ]
    return _json_response({"outcomes": items}, 200)


def _json_response(
    document: dict[str, Any], status: int, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        json.dumps(document, ensure_ascii=False).encode(),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )
