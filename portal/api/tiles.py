"""Logs as static files over HTTP: checkpoints, hash tiles, entry bundles (C2SP tlog-tiles).

Read before: docs/spec/tiles.md. Read next: ``portal/api/proofs.py``.

Served straight from the tile store, so the sequencing database does no audit reads. Only what the
promise covers is served: what lies beyond may still be overwritten. Everything but the checkpoint
is immutable. Bundles follow the ledger's ``entries`` option: to everybody, or to auditors only.
Whoever controls the store could serve other bytes; whoever verifies the log would see it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse

from ledger.limits import TILE_WIDTH
from portal.access import require
from portal.api.described import BYTES, TEXT, exact, may_need
from portal.api.problem import problem
from portal.permissions import Permission
from portal.resources import Resources

router = APIRouter(prefix="/logs", tags=["日志文件"])

IMMUTABLE: Final = "public, max-age=31536000, immutable"
LogName = Annotated[
    str, Path(pattern=r"^(control|[0-9]|1[0-5])$", description="control 或案件日志号")
]

# Level, tile number in groups of three digits, width of a partial tile.
_TILE: Final = re.compile(
    r"(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])"
    r"/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@router.get(
    "/{log}/checkpoint",
    summary="最新公布的检查点",
    response_class=Response,
    responses=exact(TEXT, "签名便笺"),
)
def read_checkpoint(request: Request, log: LogName) -> Response:
    """Return the newest published checkpoint: a signed note of origin, size and root."""
    resources: Resources = request.app.state.resources
    resources.check_log(log)
    checkpoint = resources.tile_store.read(log, "checkpoint")
    if checkpoint is None:
        raise problem("NOT_FOUND")
    return exact_bytes(
        request, checkpoint, media_type="text/plain; charset=utf-8", cache_control="no-cache"
    )


@router.get("/{log}/vkey", summary="日志的验证钥", response_class=PlainTextResponse)
def read_vkeys(request: Request, log: LogName) -> PlainTextResponse:
    """Return the keys that sign a log's checkpoints, one vkey a line.

    Who verifies should have them from elsewhere and compare; these are for convenience.
    """
    resources: Resources = request.app.state.resources
    resources.check_log(log)
    return PlainTextResponse(
        "".join(f"{vkey}\n" for vkey in resources.facts.vkeys[log]),
        headers={"cache-control": "no-cache"},
    )


@router.get(
    "/{log}/tile/{path:path}",
    summary="散列瓦片或条目包",
    response_class=Response,
    responses=exact(BYTES, "C2SP tlog-tiles 的文件"),
    openapi_extra=may_need(Permission.READ_ENTRIES),
)
def read_tile(request: Request, log: LogName, path: str) -> Response:
    """Return a hash tile or an entry bundle that the promise covers."""
    resources: Resources = request.app.state.resources
    resources.check_log(log)
    size = entries_needed(path)
    if size is None:
        raise problem("NOT_FOUND")
    is_bundle = path.startswith("entries/")
    is_open = not is_bundle or resources.facts.are_entries_public
    if not is_open:
        require(request, Permission.READ_ENTRIES)
    if size > resources.promised_size(log):
        raise problem("NOT_FOUND")
    data = resources.tile_store.read(log, f"tile/{path}")
    if data is None:
        raise problem("NOT_FOUND")
    return exact_bytes(
        request,
        data,
        media_type="application/octet-stream",
        cache_control=IMMUTABLE if is_open else "private, max-age=31536000, immutable",
    )


def exact_bytes(request: Request, data: bytes, *, media_type: str, cache_control: str) -> Response:
    """Return stored bytes with a strong ETag and RFC 9530 digest; 304 where the reader has them."""
    digest = hashlib.sha256(data)
    tag = f'"{digest.hexdigest()}"'
    headers = {"etag": tag, "cache-control": cache_control}
    known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    headers["repr-digest"] = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    return Response(data, media_type=media_type, headers=headers)


def entries_needed(path: str) -> int | None:
    """Return the tree size from which on a tile is immutable; None if there is no such tile."""
    match = _TILE.fullmatch(path)
    if match is None:
        return None
    groups = match["number"].split("/")
    if len(groups) > 1 and groups[0] == "x000":
        return None  # No leading zeros: one tile has one name.
    number = int("".join(group.lstrip("x") for group in groups))
    width = TILE_WIDTH if match["width"] is None else int(match["width"])
    level = 0 if match["level"] == "entries" else int(match["level"])
    return int((number * TILE_WIDTH + width) * TILE_WIDTH**level)
