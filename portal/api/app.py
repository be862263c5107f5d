"""The application: every door in one place, opened at start and closed at the end.

Read before: ``portal/resources.py``. Read next: ``portal/public/decision.py``.

Layers from outside: ``Edge`` (trace id, headers, metrics), ``BodyPace``, ``BodyLimit``, the
framework's error handling (``problem``), routes. The intake is a plain ASGI route; all else are
plain functions that the framework runs in its threads, because everything below them is
synchronous.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.clock import system_random
from portal.api import (
    alerts,
    cases,
    commands,
    correlation,
    deadlines,
    decision_gate,
    disclosures,
    discretion,
    downloads,
    health,
    indicators,
    organisation,
    proofs,
    reconciliation,
    registers,
    retrievals,
    review_catalogues,
    tiles,
)
from portal.api.body_limit import BodyLimit
from portal.api.body_pace import BodyPace
from portal.api.documentation import install_documentation
from portal.api.edge import ACTS_PATH, Edge
from portal.api.problem import install_problem_handlers
from portal.audit import problems, state
from portal.console import alerts as console_alerts
from portal.console import case_list, disclosure_work, login, replay, withdrawal
from portal.console import correlation as console_correlation
from portal.console import deadlines as console_deadlines
from portal.console import discretion as console_discretion
from portal.console import indicators as console_indicators
from portal.console import organisation as console_organisation
from portal.console import reconciliation as console_reconciliation
from portal.console import retrievals as console_retrievals
from portal.intake.route import IntakeRoute
from portal.pages import STATIC
from portal.public import decision, disclosure_list
from portal.public import registers as public_registers
from portal.public import review_catalogues as public_review_catalogues
from portal.resources import Resources
from portal.settings import PortalSettings

ROUTERS: Final = (
    tiles.router,
    proofs.router,
    downloads.router,
    disclosures.router,
    cases.router,
    retrievals.router,
    alerts.router,
    indicators.router,
    deadlines.router,
    organisation.router,
    correlation.router,
    discretion.router,
    reconciliation.router,
    registers.router,
    review_catalogues.router,
    commands.router,
    decision_gate.router,
    health.router,
    disclosure_list.router,
    decision.router,
    public_registers.router,
    public_review_catalogues.router,
    login.router,
    case_list.router,
    replay.router,
    console_retrievals.router,
    console_alerts.router,
    console_indicators.router,
    console_deadlines.router,
    console_organisation.router,
    console_correlation.router,
    console_discretion.router,
    console_reconciliation.router,
    withdrawal.router,  # Before the work on disclosures, whose buttons are any other word.
    disclosure_work.router,
    state.router,
    problems.router,
)

# The framework's own pages load their scripts from a public CDN.
_NO_DOCS: Final[dict[str, Any]] = {"docs_url": None, "redoc_url": None, "openapi_url": None}


def create_app(settings: PortalSettings) -> ASGIApp:
    """Return the ASGI application; it opens its resources when a server starts it.

    Raises:
        UnavailableError: At start: database, tile store or the ledger itself is away.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources = await run_in_threadpool(Resources, settings)
        app.state.resources = resources
        try:
            yield
        finally:
            await run_in_threadpool(resources.close)

    return _layers(FastAPI(lifespan=lifespan, **_NO_DOCS))


def app_of(resources: Resources) -> ASGIApp:
    """Return the ASGI application over resources that the caller opened and will close."""
    app = FastAPI(**_NO_DOCS)
    app.state.resources = resources
    return _layers(app)


def _layers(app: FastAPI) -> ASGIApp:
    app.router.redirect_slashes = False
    install_problem_handlers(app)
    intake = _LazyIntake(app)
    # What is not a POST comes here and learns that acts are only ever added.
    app.router.routes.append(Route(ACTS_PATH, intake, methods=["POST"]))
    for router in ROUTERS:
        app.include_router(router)
    install_documentation(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    pace = BodyPace()
    return Edge(pace.over(BodyLimit(app)), intake=pace.over(intake), random=system_random)


class _LazyIntake:
    """The intake route; made at the first request, when the resources are open."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._route: IntakeRoute | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if self._route is None:
            resources: Resources = self._app.state.resources
            self._route = IntakeRoute(resources.delivery, resources.topics)
        await self._route(scope, receive, send)
