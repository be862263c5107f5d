"""What a route says of itself in the API's description: media types, logins, roles.

Read before: ``portal/permissions.py``. Read next: ``portal/api/documentation.py``.

Only said here, never decided: a test asks every route and holds the description against it.
"""

from __future__ import annotations

from typing import Any, Final

from portal.permissions import LOGIN_ROLES, ROLE_NAMES, Permission, may
from portal.sessions import COOKIE_NAME

BEARER: Final = "bearer"
SESSION: Final = "session"
SECURITY_SCHEMES: Final[dict[str, Any]] = {
    BEARER: {"type": "http", "scheme": "bearer", "description": "角色的访问令牌，供程序使用"},
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE_NAME,
        "description": "登录后的会话；提交时另须 X-CSRF-Token",
    },
}
_LOGINS: Final[list[dict[str, list[str]]]] = [{BEARER: []}, {SESSION: []}]
BYTES: Final = "application/octet-stream"
JSON: Final = "application/json"
TEXT: Final = "text/plain"
CSV: Final = "text/csv"
AVRO_JSON: Final = "application/vnd.apache.avro+json"

Responses = dict[int | str, dict[str, Any]]


def needs(permission: Permission, more: str = "") -> dict[str, Any]:
    """Return that a route needs a login whose role has a permission, and what else it needs."""
    return {"security": _LOGINS, **_roles(permission, more)}


def may_need(permission: Permission) -> dict[str, Any]:
    """Return that some of what a route serves needs a login, and the rest none."""
    return {"security": [{}, *_LOGINS], **_roles(permission)}


def content(media_type: str, description: str) -> Responses:
    """Return that a route answers 200 with bytes of a media type."""
    schema: dict[str, Any] = {"type": "string"}
    if media_type == BYTES:
        schema["format"] = "binary"
    elif media_type == JSON or media_type.endswith("+json"):
        schema = {}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def exact(media_type: str, description: str) -> Responses:
    """Return the same for stored bytes, which who has them need not fetch again."""
    headers = {
        "ETag": {"description": "内容的 SHA-256", "schema": {"type": "string"}},
        "Repr-Digest": {"description": "RFC 9530", "schema": {"type": "string"}},
    }
    answers = content(media_type, description)
    answers[200]["headers"] = headers
    not_modified = {
        "description": "与 If-None-Match 所列相同",
        "headers": {"ETag": headers["ETag"]},
    }
    return {**answers, 304: not_modified}


def _roles(permission: Permission, more: str = "") -> dict[str, Any]:
    roles = [role for role in LOGIN_ROLES if may(role, permission)]
    return {
        "x-roles": [str(role) for role in roles],
        "description": f"角色：{'、'.join(ROLE_NAMES[role] for role in roles)}。{more}",
    }
