"""Bodies that are too large are refused, announced or not, and no more of them is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Form, Request
from pydantic import BaseModel

from ledger.clock import system_random
from portal.api.body_limit import BodyLimit
from portal.api.edge import Edge
from portal.api.problem import install_problem_handlers
from tests.support.asgi import AsgiClient

BOUND = 1_000
PART = b"x" * 300
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Given(BaseModel):
    text: str


@pytest.fixture
def client() -> AsgiClient:
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/v1/json")
    def take_json(given: Given) -> int:
        return len(given.text)

    @app.post("/v1/form")
    def take_form(text: Annotated[str, Form()]) -> int:
        return len(text)

    @app.post("/v1/raw")
    async def take_raw(request: Request) -> int:
        return len(await request.body())

    return AsgiClient(Edge(BodyLimit(app, BOUND), random=system_random))


class Parts:
    """A body in parts, without a length; counts how many were taken."""

    def __init__(self, count: int) -> None:
        self.taken = 0
        self._count = count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._count):
            self.taken += 1
            yield PART


@pytest.mark.parametrize(
    ("path", "headers"), [("json", JSON), ("form", FORM), ("raw", JSON), ("raw", FORM)]
)
def test_a_body_that_goes_on_too_long_is_refused(
    client: AsgiClient, path: str, headers: dict[str, str]
) -> None:
    """The fourth part of 300 bytes passes 1,000; what follows is not asked for."""
    parts = Parts(1_000)

    answer = client.request("POST", f"/v1/{path}", content=parts, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert parts.taken <= 5


@pytest.mark.parametrize("size", [str(BOUND + 1), "209715200", "9" * 5_000])
def test_a_body_that_announces_too_much_is_refused_before_any_of_it(
    client: AsgiClient, size: str
) -> None:
    """The answer is there first; what comes then is thrown away, for senders that send all first."""
    parts = Parts(20)
    headers = {**JSON, "content-length": size, "accept-language": "en"}

    answer = client.request("POST", "/v1/json", content=parts, headers=headers)

    assert (answer.status_code, answer.json()["title"]) == (413, "Body too large")
    assert parts.taken == 20


def test_no_more_than_a_bound_is_thrown_away(
    client: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.api.body_limit.THROWN_AWAY_BYTES_MAX", BOUND)
    parts = Parts(1_000)

    client.request("POST", "/v1/json", content=parts, headers={**JSON, "content-length": "300000"})

    assert parts.taken <= 5


def test_a_body_of_just_the_bound_is_taken(client: AsgiClient) -> None:
    body = b'{"text": "' + b"a" * (BOUND - 12) + b'"}'
    assert len(body) == BOUND

    answer = client.request("POST", "/v1/json", content=body, headers=JSON)

    assert (answer.status_code, answer.json()) == (200, BOUND - 12)
