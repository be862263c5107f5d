"""RFC 9457 problem documents for every refusal and every error, the framework's own included.

Read before: ``portal/api/problem_codes.py``. Read next: ``portal/api/app.py``.

A document holds code, title, advice, trace id and pointers, never a value that was sent, an SQL
text, a path of this machine or the message of a library: those could hold personal data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledger.errors import (
    LedgerError,
    MalformedError,
    RejectedError,
    TooCostlyError,
    UnavailableError,
    VerificationError,
)
from portal.api.edge import ACTS_PATH, route_label
from portal.api.faults import Fault, faults_of
from portal.api.problem_codes import PROBLEMS, code_of_status, problem_kind

log = structlog.get_logger()

PROBLEM_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = "2"
ERRORS_MAX: Final = 16
LOGIN_PATH: Final = "/console/login"
PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "说明页的路径"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{1,63}$"},
        "trace_id": {"type": "string"},
        "event_id": {"type": "string"},
        "pointer": {"type": "string"},
        "failed": {"type": "array", "items": {"type": "string"}},
        "failed_rules": {
            "type": "array",
            "description": "未通过的规则及其文字（决定前置核验）",
            "items": {"$ref": "#/components/schemas/FailedRule"},
        },
        "stream_version": {"type": "string"},
        "finding": {"type": "string", "description": "何处未能自证：日志、叶序号、链"},
        "errors": {
            "type": "array",
            "description": "有问题的值，附所违反的限度（min_length、pattern 等）",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901，如 /query/limit"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before it is written in a language.

    Attributes:
        code: A key or prefix of ``PROBLEMS``.
        pointer: RFC 6901 pointer of the value at fault.
        failed: Rule ids that refused (gates).
        event_id: The act concerned.
        stream_version: The stream's current version (R5).
        errors: The values at fault, where a request has some.
        headers: Response headers that the status asks for (Allow, WWW-Authenticate).
        members: Further members of the document, by name.
    """

    code: str
    pointer: str | None = None
    failed: Sequence[str] = ()
    event_id: str | None = None
    stream_version: int | None = None
    errors: Sequence[Fault] = ()
    headers: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Return the HTTP status of the code."""
        return problem_kind(self.code).status


class ProblemError(RejectedError):
    """A request is answered with ``problem``; raised by routes, never by the ledger."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def problem(code: str, **details: Any) -> ProblemError:
    """Return the error to raise for ``code``."""
    return ProblemError(Problem(code, **details))


def problem_document(fault: Problem, *, trace_id: str, language: str) -> dict[str, Any]:
    """Return the members of the problem document in the reader's language (``zh`` or ``en``)."""
    kind = problem_kind(fault.code)
    document: dict[str, Any] = {
        **fault.members,
        "type": f"/problems/{fault.code}",
        "title": kind.title_en if language == "en" else kind.title_zh,
        "status": kind.status,
        "detail": kind.title_en + "." if language == "en" else kind.advice_zh,
        "code": fault.code,
        "trace_id": trace_id,
    }
    if fault.event_id is not None:
        document["event_id"] = fault.event_id
    if fault.pointer is not None:
        document["pointer"] = fault.pointer
    if fault.failed:
        document["failed"] = list(fault.failed)
    if fault.stream_version is not None:
        document["stream_version"] = str(fault.stream_version)
    if fault.errors:
        document["errors"] = [one.document(language) for one in fault.errors]
    elif fault.pointer is not None:
        message = kind.title_en if language == "en" else kind.title_zh
        document["errors"] = [{"pointer": fault.pointer, "code": fault.code, "message": message}]
    return document


def wanted_language(accept_language: str) -> str:
    """Return ``en`` if English is asked for before Chinese, else ``zh``."""
    for part in accept_language.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith(("zh", "en")):
            return tag[:2]
    return "zh"


def problem_response(fault: Problem, *, trace_id: str, language: str = "zh") -> Response:
    """Return the answer for ``fault``."""
    document = problem_document(fault, trace_id=trace_id, language=language)
    headers = {"cache-control": "no-store", "content-language": language, **fault.headers}
    if fault.status in {429, 503}:
        headers.setdefault("retry-after", RETRY_AFTER_S)
    return Response(
        json.dumps(document, ensure_ascii=False).encode(),
        status_code=fault.status,
        media_type=PROBLEM_TYPE,
        headers=headers,
    )


def problem_of_error(error: LedgerError) -> Problem:
    """Return the problem of an error of ours, by the reaction its class asks for."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, RejectedError | MalformedError):
        is_known = problem_kind(error.code) is not PROBLEMS["INTERNAL"]
        fallback = "CONFLICT" if isinstance(error, RejectedError) else "R1_MALFORMED"
        return Problem(error.code if is_known else fallback, pointer=error.pointer)
    if isinstance(error, TooCostlyError):
        return Problem("QUESTION_TOO_COSTLY")
    if isinstance(error, UnavailableError):
        return Problem("UNAVAILABLE")
    if isinstance(error, VerificationError):
        # Origin, index, stream and hashes: what an auditor needs, nothing of what an act says.
        return Problem("NOT_PROVEN", members={"finding": str(error)})
    return Problem("INTERNAL")


def install_problem_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem document."""
    from portal.pages import error_page

    def answer(request: Request, fault: Problem) -> Response:
        trace_id = request.scope["state"]["trace_id"]
        if _is_for_people(request):
            if fault.code == "NOT_LOGGED_IN" and request.method == "GET":
                target = quote(f"{request.url.path}?{request.url.query}".rstrip("?"))
                return RedirectResponse(f"{LOGIN_PATH}?next={target}", status_code=303)
            return error_page(request, fault, trace_id=trace_id)
        language = wanted_language(request.headers.get("accept-language", ""))
        return problem_response(fault, trace_id=trace_id, language=language)

    def on_ledger_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, LedgerError)
        facts = {"trace_id": request.scope["state"]["trace_id"], "reason": str(error)}
        if isinstance(error, VerificationError):
            log.error("not_proven", **facts)
        elif isinstance(error, UnavailableError):
            # The reader is told no more than to come back; who is called looks for this line.
            log.warning("request_unavailable", route=route_label(request.scope), **facts)
        return answer(request, problem_of_error(error))

    def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = code_of_status(error.status_code)
        if error.status_code == 405 and request.url.path.startswith(ACTS_PATH):
            code = "R11_APPEND_ONLY"
        return answer(request, Problem(code, headers=dict(error.headers or {})))

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, Problem("INVALID", errors=faults_of(error.errors()[:ERRORS_MAX])))

    def on_bug(request: Request, error: Exception) -> Response:
        trace_id = request.scope["state"]["trace_id"]
        log.error(
            "request_failed", exc_info=error, trace_id=trace_id, route=route_label(request.scope)
        )
        return answer(request, Problem("INTERNAL"))

    app.add_exception_handler(LedgerError, on_ledger_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_bug)


def _is_for_people(request: Request) -> bool:
    """Return whether a page was asked for: a browser, outside the machine's addresses."""
    path = request.url.path
    machine = path.startswith(("/v1/", "/logs/", "/healthz", "/readyz", "/metrics", "/openapi"))
    return not machine and "text/html" in request.headers.get("accept", "")
