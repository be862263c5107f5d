"""A 503 of the intake leaves a line with its trace id and the cause; a refusal leaves none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import CONTAINER_TYPE, Topics, container
from ledger.clock import system_random
from ledger.errors import LedgerError, UnavailableError
from portal.api.edge import ACTS_PATH, Edge
from portal.intake.route import IntakeRoute
from schemas.catalogue import load_catalogue
from tests.support.asgi import AsgiClient
from tests.support.vectors import load

ACT = bytes.fromhex(load("submissions")["batches"][2]["acts"][0])
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Delivery:
    """Gives no answer in time, or raises."""

    def __init__(self, error: LedgerError | None) -> None:
        self._error = error

    async def deliver(self, records: Sequence[Any]) -> list[None]:
        """Play the ledger."""
        if self._error is not None:
            raise self._error
        return [None for _ in records]


def post(error: LedgerError | None, body: bytes) -> tuple[int, list[Any]]:
    topics = Topics(load_catalogue())
    route = IntakeRoute(Delivery(error), lambda: topics)  # type: ignore[arg-type]
    client = AsgiClient(Edge(route, intake=route, random=system_random))
    headers = {"content-type": CONTAINER_TYPE, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    with capture_logs() as lines:
        answer = client.request("POST", ACTS_PATH, content=body, headers=headers)
    return answer.status_code, lines


BODY = container([SubmissionItem("case:1", ACT, b"proof")])


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (UnavailableError("Kafka: send: NoBrokers"), "UNAVAILABLE", "Kafka: send: NoBrokers"),
        (None, "NO_OUTCOME", "NO_OUTCOME"),
    ],
)
def test_what_is_away_is_one_line(error, code, reason):
    status, (line,) = post(error, BODY)
    assert (status, line["event"], line["code"]) == (503, "request_unavailable", code)
    assert (line["trace_id"], line["route"]) == (TRACE, ACTS_PATH)
    assert reason in line["reason"]


def test_a_refusal_is_no_line():
    assert post(None, b"no container") == (400, [])
