"""The API's description: OpenAPI 3.1 and a page made from it, all from our own files.

Read before: docs/spec/intake.md. Read next: ``portal/templates/docs.html``.

Government networks have no way to a CDN, so the page is made here and has no script. The
description says what is answered in fact: every refusal is a problem document.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.responses import Response

from portal.api.described import SECURITY_SCHEMES
from portal.api.problem import PROBLEM_SCHEMA, PROBLEM_TYPE
from portal.intake.container import CONTENT_TYPE
from portal.pages import page

TITLE: Final = "链证 · 行政执法证据链账本接口"
DESCRIPTION: Final = (
    "行为提交、决定前置核验、回执、证明、日志文件、公示、案件、调阅与监督预警。"
    "所有错误均为 RFC 9457 问题文档；"
    "64 位数字以字符串表示，时间为 RFC 3339。"
)
INTAKE_DESCRIPTION: Final = (
    "请求体为 SubmissionItem 的 Avro 对象容器（codec null）。单个行为返回 201 或 200；"
    "批次返回 200，逐项列出结果。5 秒内没有结果返回 503，重复提交无害。"
)
VERSION: Final = "1.0.0"
_PROBLEM: Final = {
    "description": "问题文档",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_OUTCOME: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["event_id", "outcome", "origin", "index", "tree_size", "receipt"],
    "properties": {
        "event_id": {"type": "string", "format": "uuid"},
        "outcome": {"type": "string", "enum": ["committed", "duplicate"]},
        "origin": {"type": "string"},
        "index": {"type": "string", "description": "叶序号"},
        "tree_size": {"type": "string"},
        "receipt": {"type": "string", "description": "tlog-proof 文本"},
    },
}
_TEXT: Final = {"type": "string"}
_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": PROBLEM_SCHEMA,
    "Outcome": _OUTCOME,
    "CommandDone": {
        "type": "object",
        "required": ["ids", "outcomes", "already_done"],
        "properties": {
            "ids": {
                "type": "object",
                "description": "命令所涉标识，下一步命令按此名填写",
                "properties": {"disclosure_id": _TEXT, "retrieval_id": _TEXT, "access_id": _TEXT},
                "additionalProperties": False,
            },
            "outcomes": {"type": "array", "items": {"$ref": "#/components/schemas/Outcome"}},
            "already_done": {"type": "boolean", "description": "同一幂等键此前已执行"},
        },
    },
    "DecisionGate": {
        "type": "object",
        "required": ["case_id", "gate_id", "outcome", "draft_hash", "is_major", "valid_until"],
        "properties": {
            "case_id": _TEXT,
            "gate_id": {"type": "string", "description": "决定行为的 gateId 填此标识"},
            "outcome": {"type": "string", "enum": ["CLEARED", "REFUSED"]},
            "draft_hash": _TEXT,
            "is_major": {"type": "boolean", "description": "是否重大执法决定"},
            "matched": {
                "type": "array",
                "description": "认定为重大所依据的法定情形或者目录条目",
                "items": {
                    "type": "object",
                    "required": ["rule_id", "catalogue_version", "text"],
                    "properties": {
                        "rule_id": _TEXT,
                        "catalogue_version": _TEXT,
                        "text": {"type": "string", "description": "该条目或者法定情形的文字"},
                    },
                },
            },
            "review_id": {"type": ["string", "null"]},
            "valid_until": {"type": ["string", "null"], "format": "date"},
            "is_expired": {"type": ["boolean", "null"]},
            "failed_rules": {"type": "array", "items": {"$ref": "#/components/schemas/FailedRule"}},
            "permit": {
                "type": ["object", "null"],
                "description": "许可：DecisionGateCleared 的回执，附行为字节（Base64）",
            },
            "already_done": {"type": "boolean", "description": "同一幂等键此前已执行"},
        },
    },
    "FailedRule": {
        "type": "object",
        "required": ["rule_id", "text", "basis"],
        "properties": {"rule_id": _TEXT, "text": _TEXT, "basis": _TEXT},
    },
    "Tombstone": {
        "type": "object",
        "required": ["disclosure_id", "withdrawn_at", "ground", "public_reason", "content_hash"],
        "properties": {
            "disclosure_id": _TEXT,
            "view": _TEXT,
            "agency_id": _TEXT,
            "agency_name": {"type": ["string", "null"]},
            "doc_no": {"type": ["string", "null"]},
            "published_at": {"type": "string", "format": "date-time"},
            "withdrawn_at": {"type": "string", "format": "date-time"},
            "ground": _TEXT,
            "public_reason": _TEXT,
            "content_hash": _TEXT,
        },
    },
    "Readiness": {
        "type": "object",
        "required": ["role", "ready", "reason"],
        "properties": {"role": _TEXT, "ready": {"type": "boolean"}, "reason": _TEXT},
    },
}
_INTAKE: Final[dict[str, Any]] = {
    "post": {
        "tags": ["行为提交"],
        "summary": "提交 1 至 1,024 个执法行为",
        "operationId": "submit_acts",
        "description": INTAKE_DESCRIPTION,
        "requestBody": {
            "required": True,
            "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        "responses": {
            "200": {
                "description": "已有同一行为，或批次的逐项结果",
                "content": {
                    "application/json": {
                        "schema": {
                            "anyOf": [
                                {"$ref": "#/components/schemas/Outcome"},
                                {
                                    "type": "object",
                                    "required": ["outcomes"],
                                    "properties": {
                                        "outcomes": {"type": "array", "items": {"type": "object"}}
                                    },
                                },
                            ]
                        }
                    }
                },
            },
            "201": {
                "description": "已记入账本",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Outcome"}}
                },
            },
            "default": _PROBLEM,
        },
    }
}


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description of the application's machine routes."""
    document = get_openapi(
        title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.router.routes
    )
    document["paths"] = {"/v1/acts": _INTAKE, **document["paths"]}
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= _SCHEMAS
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    for operations in document["paths"].values():
        for operation in operations.values():
            _tell(operation)
    return document


def _tell(operation: dict[str, Any]) -> None:
    """Say what holds for every operation alike."""
    if "x-roles" not in operation and operation is not _INTAKE["post"]:
        operation.pop("description", None)  # Docstrings are for whoever reads the code.
    responses = operation["responses"]
    responses.pop("422", None)
    if operation.get("security"):
        for status in ("401", "403"):
            responses.setdefault(status, _PROBLEM)
    responses.setdefault("default", _PROBLEM)


def install_documentation(app: FastAPI) -> None:
    """Serve ``/openapi.json`` and ``/docs``."""

    def read_openapi(_request: Request) -> JSONResponse:
        return JSONResponse(openapi_document(app))

    def read_docs(request: Request) -> Response:
        return page(request, "docs.html", document=openapi_document(app))

    app.add_api_route("/openapi.json", read_openapi, include_in_schema=False)
    app.add_api_route("/docs", read_docs, include_in_schema=False)
