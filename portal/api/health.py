"""``/healthz``, ``/readyz`` and ``/metrics`` of the portal.

Read before: ``docs/reference/metrics.md``. Read next: ``portal/api/app.py``.

Alive means that the process answers; ready means that it can serve pages and take acts now. The
reason why it is not is one of a few fixed words, so a probe may print it. A database that is frozen
holds every thread that asks it, so a probe has threads of its own and waits for them not long.
"""

from __future__ import annotations

import json
from typing import Any, Final

from anyio import CapacityLimiter, move_on_after
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from ledger.errors import LedgerError
from portal.api.described import TEXT, content
from portal.resources import Resources
from portal.telemetry import READY

router = APIRouter(tags=["运行状态"])

ROLE: Final = "portal"
PROBE_LIMIT_S: Final = 3.0
PROBE_THREADS_MAX: Final = 4
BEHIND: Final = Gauge(
    "lianzheng_database_behind_promise",
    "1 where the database has fewer entries of a log than were promised.",
    ["log"],
)
_READINESS: Final[dict[str, Any]] = {
    "description": "是否就绪；未就绪时 503，reason 说明原因（供探针，不是问题文档）",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}},
}


@router.get("/healthz", summary="进程是否存活")
async def healthz() -> dict[str, bool]:
    """Return that the process answers."""
    return {"alive": True}


@router.get("/readyz", summary="是否可以服务", responses={200: _READINESS, 503: _READINESS})
async def readyz(request: Request) -> Response:
    """Return whether pages can be served and acts be taken; 503 with the reason where not."""
    reason = await _reason_in_time(request)
    document = {"role": ROLE, "ready": not reason, "reason": reason}
    return Response(
        json.dumps(document).encode(),
        status_code=503 if reason else 200,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


@router.get(
    "/metrics",
    summary="Prometheus 指标",
    response_class=Response,
    responses=content(TEXT, "Prometheus 文本"),
)
def metrics(request: Request) -> Response:
    """Return the metrics in Prometheus' text format."""
    resources: Resources = request.app.state.resources
    READY.labels(ROLE).set(0 if not_ready_reason(resources) else 1)
    behind = resources.logs_behind()
    for log in resources.recorders:
        BEHIND.labels(log).set(log in behind)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _reason_in_time(request: Request) -> str:
    state = request.app.state
    if not hasattr(state, "probe_threads"):
        state.probe_threads = CapacityLimiter(PROBE_THREADS_MAX)
    with move_on_after(PROBE_LIMIT_S):
        # A thread that hangs is left behind; it counts until it ends.
        return await run_sync(
            not_ready_reason, state.resources, abandon_on_cancel=True, limiter=state.probe_threads
        )
    return "database does not answer"


def not_ready_reason(resources: Resources) -> str:
    """Return why the portal is not ready, empty if it is."""
    try:
        sizes = resources.recorders["control"].promised_sizes()
    except LedgerError:
        return "database away"
    try:
        resources.promised_size("control")
    except LedgerError:
        return "tile store away"
    if "control" not in sizes:
        return "ledger not born"
    return "" if resources.tail.is_ready else "kafka away"
