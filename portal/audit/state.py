"""The ledger's state: logs, checkpoints, keys, versions, and how to verify without us.

Read before: ``portal/freshness.py``. Read next: ``ledger/chain/verify.py``.

The commands are whole, with this site's addresses in them, because a page that says "can be
verified" and not how, proves nothing. Keys shown here are for comparing: who takes them from here
trusts this server.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from portal.api.proofs import published_root
from portal.names import agency_names
from portal.pages import page
from portal.resources import Resources

router = APIRouter(prefix="/audit", include_in_schema=False)


@router.get("")
def show_state(request: Request) -> Response:
    """Show logs, checkpoints, keys and the versions that entries are judged by."""
    resources: Resources = request.app.state.resources
    facts = resources.facts
    with resources.registers() as reader:
        publications = reader.publications()
        schemas = reader.schemas()
        emitters = reader.emitters()
    lines = resources.freshness.lines(facts, None, facts.logs)
    roots = [published_root(resources, log) for log in facts.logs]
    return page(
        request,
        "audit.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        logs_shown=list(zip(facts.logs, lines, roots, strict=True)),
        agencies=agency_names(resources),
        publications=[row for row in publications if row.kind != "TRANSPORT_KEY"],
        transport_keys=[row for row in publications if row.kind == "TRANSPORT_KEY"],
        schema_count=len(schemas),
        emitter_count=len(emitters),
    )


@router.get("/emitters")
def show_emitters(request: Request) -> Response:
    """Show the systems that may send acts, with their newest keys."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.emitters()
    return page(
        request,
        "emitters.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        emitters=[(row, _listed(row.agency_ids), _listed(row.event_types)) for row in rows],
        agencies=agency_names(resources),
        terms=_terms(resources),
    )


@router.get("/verify")
def show_how_to_verify(request: Request) -> Response:
    """Show the exact commands to verify the logs, a receipt, or this site's tiles by oneself."""
    return page(request, "verify.html", base=str(request.base_url).rstrip("/"))


@router.get("/schemas")
def show_schemas(request: Request) -> Response:
    """Show all published schemas."""
    resources: Resources = request.app.state.resources
    with resources.registers() as reader:
        rows = reader.schemas()
    return page(
        request,
        "schemas.html",
        view_sizes=resources.view_sizes("registers"),
        logs=["control"],
        rows=rows,
    )


def _listed(text: str) -> list[str]:
    """Return the parts of a text that the register separates by commas."""
    return text.split(",") if text else []


def _terms(resources: Resources) -> dict[str, str]:
    """Return what each event type is called in Chinese, by its newest published schema."""
    with resources.registers() as reader:
        return {row.subject: row.cn for row in reader.schemas()}
