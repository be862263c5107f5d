"""Problem documents, their languages, and the framework's own errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import FastAPI, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from structlog.testing import capture_logs

from ledger.clock import system_random
from ledger.errors import (
    ChainBrokenError,
    LedgerError,
    MalformedRecordError,
    OriginError,
    RejectedError,
    UnavailableError,
)
from portal.api.edge import Edge
from portal.api.faults import faults_of
from portal.api.problem import Problem, install_problem_handlers, problem_document, wanted_language
from portal.api.problem_codes import PROBLEMS, problem_kind
from tests.support.asgi import AsgiClient


class Given(BaseModel):
    """A body with a rule of most kinds."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=3)
    code: str = Field(default="A", pattern="^[A-Z]$")
    kind: Literal["X", "Y"] = "X"
    of: UUID | None = None
    at: AwareDatetime | None = None
    items: list[int] = Field(default_factory=list, max_length=1)


@pytest.fixture
def client() -> AsgiClient:
    """A small application with the handlers, and one route for each kind of error."""
    app = FastAPI()
    install_problem_handlers(app)
    errors: dict[str, Exception] = {
        "rejected": RejectedError("R4_EVENT_ID_REUSED", pointer="/eventId"),
        "origin": OriginError("R2_SIGNATURE"),
        "malformed": MalformedRecordError("王小明 430102199001011234"),
        "unavailable": UnavailableError("postgresql://user:secret@host/db"),
        "missing": UnavailableError("the object store has no sha256:00"),
        "broken": ChainBrokenError(3, expected=b"\x01", found=b"\x02"),
        "bug": RuntimeError("王小明 430102199001011234"),
    }

    @app.get("/v1/errors/{name}")
    def fail(name: str) -> None:
        raise errors[name]

    @app.get("/v1/number")
    def number(n: Annotated[int, Query(ge=0)]) -> int:
        return n

    @app.post("/v1/body")
    def body(given: Given) -> str:
        return given.name

    return AsgiClient(Edge(app, random=system_random))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/errors/rejected", 409, "R4_EVENT_ID_REUSED"),
        ("/v1/errors/origin", 403, "R2_SIGNATURE"),
        ("/v1/errors/malformed", 400, "R1_MALFORMED"),
        ("/v1/errors/unavailable", 503, "UNAVAILABLE"),
        ("/v1/errors/broken", 500, "NOT_PROVEN"),
        ("/v1/errors/bug", 500, "INTERNAL"),
        ("/v1/nothing", 404, "NOT_FOUND"),
        ("/v1/number?n=x", 422, "INVALID"),
        ("/v1/number?n=-1", 422, "INVALID"),
    ],
)
def test_every_error_is_a_problem_document(
    client: AsgiClient, path: str, status: int, code: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == f"/problems/{code}"


def test_no_value_secret_or_path_leaves_in_a_problem(client: AsgiClient) -> None:
    for name in ("malformed", "unavailable", "bug"):
        text = client.get(f"/v1/errors/{name}").text
        assert "王小明" not in text
        assert "1234" not in text
        assert "secret" not in text


def test_a_method_that_is_not_there_is_405_with_allow(client: AsgiClient) -> None:
    answer = client.request("DELETE", "/v1/number")

    assert answer.status_code == 405
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "GET"


def test_unavailable_says_when_to_come_back(client: AsgiClient) -> None:
    assert client.get("/v1/errors/unavailable").headers["retry-after"] == "2"


def test_unavailable_writes_the_line_that_its_trace_id_leads_to(client: AsgiClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}

    with capture_logs() as lines:
        client.get("/v1/errors/missing", headers=headers)
        client.get("/v1/errors/rejected", headers=headers)

    assert [(line["event"], line["trace_id"], line["reason"]) for line in lines] == [
        ("request_unavailable", trace, "the object store has no sha256:00")
    ]


def test_the_callers_trace_id_is_kept(client: AsgiClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"

    answer = client.get("/v1/x", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})

    assert answer.json()["trace_id"] == trace


def test_a_malformed_traceparent_is_not_echoed(client: AsgiClient) -> None:
    answer = client.get("/v1/x", headers={"traceparent": "00-<script>-x-01"})

    assert len(answer.json()["trace_id"]) == 32


def test_every_answer_carries_the_security_headers(client: AsgiClient) -> None:
    for path in ("/v1/number?n=1", "/v1/nothing"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "zh"), ("en-GB,en;q=0.9", "en"), ("zh-CN,en;q=0.8", "zh"), ("fr,en;q=0.5", "en")],
)
def test_the_language_is_the_first_of_ours_that_is_asked_for(header: str, language: str) -> None:
    assert wanted_language(header) == language


def test_details_of_a_gate_are_members() -> None:
    fault = Problem("GATE_REFUSED", failed=("V-DIS-03",), event_id="e", stream_version=7)

    document = problem_document(fault, trace_id="t", language="zh")

    assert document["failed"] == ["V-DIS-03"]
    assert document["stream_version"] == "7"
    assert document["event_id"] == "e"


@pytest.mark.parametrize(
    ("code", "status"),
    [("R2_NEW_SUB_CODE", 403), ("R9_OPENING", 422), ("R11_APPEND_ONLY", 405), ("R5_VERSION", 409)],
)
def test_a_sub_code_takes_the_row_of_its_prefix(code: str, status: int) -> None:
    assert problem_kind(code).status == status


def test_an_error_of_ours_without_a_class_of_its_own_is_internal(client: AsgiClient) -> None:
    assert problem_kind("SOMETHING") is PROBLEMS["INTERNAL"]
    assert LedgerError("x").exit_code == 1


SECRET = "王小明4301"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"pointer": "/body/name", "code": "MISSING", "message": "required"}),
        (
            {"name": "a"},
            {
                "pointer": "/body/name",
                "code": "TOO_SHORT",
                "min_length": 2,
                "message": "at least 2 characters",
            },
        ),
        (
            {"name": SECRET},
            {
                "pointer": "/body/name",
                "code": "TOO_LONG",
                "max_length": 3,
                "message": "at most 3 characters",
            },
        ),
        (
            {"name": "ab", "code": SECRET},
            {
                "pointer": "/body/code",
                "code": "PATTERN",
                "pattern": "^[A-Z]$",
                "message": "must match ^[A-Z]$",
            },
        ),
        (
            {"name": "ab", "kind": SECRET},
            {
                "pointer": "/body/kind",
                "code": "NOT_A_CHOICE",
                "expected": "'X' or 'Y'",
                "message": "must be one of 'X' or 'Y'",
            },
        ),
        (
            {"name": "ab", "of": SECRET},
            {"pointer": "/body/of", "code": "NOT_A_UUID", "message": "must be a UUID"},
        ),
        (
            {"name": "ab", "at": SECRET},
            {"pointer": "/body/at", "code": "NOT_A_TIME", "message": "must be an RFC 3339 time"},
        ),
        (
            {"name": "ab", "at": "2026-11-25T00:00:00"},
            {"pointer": "/body/at", "code": "NO_TIME_ZONE", "message": "must have a time zone"},
        ),
        (
            {"name": "ab", "items": [SECRET]},
            {"pointer": "/body/items/0", "code": "NOT_AN_INTEGER", "message": "must be an integer"},
        ),
        (
            {"name": "ab", "items": [1, 2]},
            {
                "pointer": "/body/items",
                "code": "TOO_MANY",
                "max_length": 1,
                "message": "at most 1 items",
            },
        ),
        (
            {"name": "ab", SECRET: 1},
            {
                "pointer": "/body",
                "code": "UNKNOWN_MEMBER",
                "message": "has a member that is not known",
            },
        ),
        (
            [SECRET],
            {"pointer": "/body", "code": "NOT_AN_OBJECT", "message": "must be a JSON object"},
        ),
    ],
)
def test_an_invalid_request_learns_the_rule_and_gets_no_value_back(
    client: AsgiClient, body: Any, expected: dict[str, Any]
) -> None:
    """Which value, which rule, its limit; in the reader's language; nothing that was sent."""
    answer = client.request("POST", "/v1/body", json=body, headers={"accept-language": "en"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [expected]
    assert "王" not in answer.text
    assert "4301" not in answer.text


def test_what_is_no_json_says_so_in_chinese(client: AsgiClient) -> None:
    headers = {"content-type": "application/json"}

    answer = client.request("POST", "/v1/body", content=b"{", headers=headers)

    fault = {"pointer": "/body", "code": "NOT_JSON", "message": "不是 JSON"}
    assert answer.json()["errors"] == [fault]


def test_each_rule_has_both_sentences_for_its_limits() -> None:
    """No sentence asks for a limit that a rule has not got."""
    limits = {"min_length": 1, "max_length": 2, "pattern": "p", "ge": 1, "le": 2, "lt": 3}
    for rule in ("less_than", "less_than_equal", "greater_than_equal", "bool_parsing", "other"):
        (fault,) = faults_of([{"type": rule, "loc": ("query", "a/b~c"), "ctx": limits}])
        assert fault.pointer == "/query/a~1b~0c"
        assert "{" not in fault.message("zh") + fault.message("en")
